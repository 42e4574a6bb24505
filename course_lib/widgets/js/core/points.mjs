// Points of a plane, as one flat array x, y, x, y, …: unpacked, searched by place, by direction, by rectangle.

/**
 * Unpack what `course_lib.widgets._maps.pack_twelve_bits` wrote: numbers of twelve bits, one behind the other.
 * @param {DataView} bytes  the lowest bit of the first byte comes first
 * @returns {Float32Array}  fractions, 0 to 1 in steps of 1/4095
 */
export function unpackTwelveBits(bytes) {
  // A number begins at a byte or in its middle, so that two bytes hold it.
  return Float32Array.from({ length: Math.floor((8 * bytes.byteLength) / 12) }, (_, i) => {
    const [byte, bit] = [(12 * i) >> 3, (12 * i) & 7];
    return (((bytes.getUint8(byte) | (bytes.getUint8(byte + 1) << 8)) >> bit) & 4095) / 4095;
  });
}

/** Each number the fraction t of its way from a to b. */
export function blend(a, b, t) {
  return a.map((value, i) => value + t * (b[i] - value));
}

/** The point nearest to a place, by its number; −1 if none is within `reach`. */
export function nearestPoint(points, /** @type {number[]} */ [x, y], reach = Infinity) {
  let [best, least] = [-1, reach * reach];
  for (let i = 0; 2 * i < points.length; i++) {
    const squared = (points[2 * i] - x) ** 2 + (points[2 * i + 1] - y) ** 2;
    if (squared < least) [best, least] = [i, squared];
  }
  return best;
}

/**
 * The k nearest other points of each point, nearest first.
 * @returns {Uint16Array}  k numbers for each of the n points
 */
export function nearestTable(points, k) {
  const n = points.length / 2;
  if (n <= k) throw new Error(`got ${n} points, expected more than k = ${k}`);
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => points[2 * a] - points[2 * b]);
  const table = new Uint16Array(n * k);
  const squares = new Float64Array(k);
  order.forEach((i, place) => {
    const row = table.subarray(i * k, (i + 1) * k);
    squares.fill(Infinity);
    // To the left and to the right in the order of x, until x alone is too far away.
    for (const step of [-1, 1]) {
      for (let at = place + step; at >= 0 && at < n; at += step) {
        const across = (points[2 * order[at]] - points[2 * i]) ** 2;
        if (across >= squares[k - 1]) break;
        insert(row, squares, order[at], across + (points[2 * order[at] + 1] - points[2 * i + 1]) ** 2);
      }
    }
  });
  return table;
}

function insert(row, squares, point, squared) {
  let slot = row.length - 1;
  if (squared >= squares[slot]) return;
  for (; slot > 0 && squares[slot - 1] > squared; slot--) {
    squares[slot] = squares[slot - 1];
    row[slot] = row[slot - 1];
  }
  squares[slot] = squared;
  row[slot] = point;
}

/** The nearest point in a direction, no more than 45° aside; the point itself if there is none. */
export function nextPoint(points, from, /** @type {number[]} */ [dx, dy]) {
  let [best, least] = [from, Infinity];
  for (let i = 0; 2 * i < points.length; i++) {
    const [x, y] = [points[2 * i] - points[2 * from], points[2 * i + 1] - points[2 * from + 1]];
    const [ahead, aside] = [x * dx + y * dy, Math.abs(x * dy - y * dx)];
    const squared = x * x + y * y;
    if (ahead > 0 && aside <= ahead && squared < least) [best, least] = [i, squared];
  }
  return best;
}

/** Which points lie in a rectangle, 1 or 0 for each, its edges included; none in one without area. */
export function inRectangle(points, /** @type {number[]} */ [left, bottom, right, top]) {
  const empty = !(right > left && top > bottom);
  return Uint8Array.from({ length: points.length / 2 }, (_, i) => {
    const [x, y] = [points[2 * i], points[2 * i + 1]];
    return Number(!empty && x >= left && x <= right && y >= bottom && y <= top);
  });
}

/** The rectangle between two corners, whichever they are: [left, bottom, right, top] in thousandths, cut off at 0 and 1. */
export function rectangle(/** @type {number[]} */ [x0, y0], /** @type {number[]} */ [x1, y1]) {
  const cut = (value) => Math.min(1, Math.max(0, Math.round(1000 * value) / 1000)); // no more digits than an address has
  return [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)].map(cut);
}

/** A rectangle made wider by `step` on the side of a direction. */
export function widened(/** @type {number[]} */ [left, bottom, right, top], /** @type {number[]} */ [dx, dy], step) {
  const low = [left + step * Math.min(0, dx), bottom + step * Math.min(0, dy)];
  return rectangle(low, [right + step * Math.max(0, dx), top + step * Math.max(0, dy)]);
}
