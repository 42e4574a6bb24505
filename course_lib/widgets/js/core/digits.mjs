// Digits as points of a plane: where each one's name stands, and their pictures four bits a pixel.

/** Where to write each digit: the median of its codes. */
export function medians(codes, labels) {
  const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  return Array.from({ length: 10 }, (_, digit) => {
    const own = Array.from(labels.keys()).filter((i) => labels[i] === digit);
    return own.length ? [middle(own.map((i) => codes[2 * i])), middle(own.map((i) => codes[2 * i + 1]))] : null;
  });
}

/** Write the digits at their places; x and y are scales, as from `linearScale`. */
export function drawNames(context, places, x, y, ink, size = 17) {
  Object.assign(context, { font: `bold ${size}px system-ui, sans-serif`, textAlign: "center", textBaseline: "middle", lineJoin: "round" });
  places.forEach((place, digit) => {
    if (!place) return;
    Object.assign(context, { lineWidth: 5, strokeStyle: ink.page, fillStyle: ink.text });
    context.strokeText(digit, x.toPixel(place[0]), y.toPixel(place[1]));
    context.fillText(digit, x.toPixel(place[0]), y.toPixel(place[1]));
  });
}

/** One of many images of `size` pixels, in [0, 1], from two pixels a byte: the left one in the high four bits. */
export function unpackImage(bytes, index, size = 784) {
  const first = (index * size) / 2;
  return Float32Array.from({ length: size }, (_, i) => ((i % 2 ? bytes[first + (i >> 1)] : bytes[first + (i >> 1)] >> 4) & 15) / 15);
}

/** Bytes that `zlib.compress` made smaller, as they were. */
export async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
