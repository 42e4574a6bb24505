// Latent explorer: the plane of two-number codes, decoded under the pointer.
// Question: where on the plane does the decoder draw digits, and is there anything where the prior would look?
//
// Model keys (type, shape, unit; who writes):
//   name     string                       how the address names this figure; Python
//   planes   list of {name, box, decoder, codes}  Python; one model each:
//              box      [left, right, bottom, top] in units of z, what is shown
//              decoder  {widths, activation, weights: bytes}   see core/decoder.mjs
//              codes    bytes, (n, 2) uint16  test codes as fractions of the box, shared order with labels
//   labels   bytes, (n,) uint8, 0 to 9     digit of each test code; Python
//   colors   list of 10 strings            colour of each digit; Python
//   plane    integer                       which plane is shown; the reader, Python
//   z        [number, number]              the code that is decoded; the reader, Python
import { drawAxes, drawImage, fitCanvas, format, linearScale, ticks, widthIn } from "./core/canvas.mjs";
import { button, choice, h, movable, readout, slider } from "./core/controls.mjs";
import { decode, readDecoder, sayError } from "./core/decoder.mjs";
import { drawNames, medians } from "./core/digits.mjs";
import { begin, bytesOf, inkOf } from "./core/life.mjs";
import { normalGenerator } from "./core/random.mjs";

const NEIGHBOURS = 15;
const LEGEND = "Dots: codes of test images. Dashed: N(0, I) at one, two and three standard deviations.";

/** Codes as a flat array z1, z2, z1, z2, … from 16-bit fractions of a box. */
export function readCodes(bytes, /** @type {number[]} */ [left, right, bottom, top]) {
  const fraction = (i) => bytes.getUint16(2 * i, true) / 65535;
  return Float32Array.from({ length: bytes.byteLength / 2 }, (_, i) =>
    i % 2 ? bottom + fraction(i) * (top - bottom) : left + fraction(i) * (right - left),
  );
}

/** The digits of the nearest codes, most frequent first, as [digit, count] pairs; and how far the very nearest is. */
export function nearestDigits(codes, labels, /** @type {number[]} */ [z1, z2], count = NEIGHBOURS) {
  const nearest = []; // [squared distance, digit], in order; kept short, as this runs in every frame
  for (let i = 0; i < labels.length; i++) {
    const squared = (codes[2 * i] - z1) ** 2 + (codes[2 * i + 1] - z2) ** 2;
    if (nearest.length === count && squared >= nearest[count - 1][0]) continue;
    nearest.splice(nearest.findLastIndex((one) => one[0] <= squared) + 1, 0, [squared, labels[i]]);
    nearest.length = Math.min(nearest.length, count);
  }
  const votes = new Array(10).fill(0);
  for (const [, digit] of nearest) votes[digit]++;
  return { votes: [...votes.entries()].filter(([, n]) => n).sort((a, b) => b[1] - a[1]), distance: Math.sqrt(nearest[0][0]) };
}

/** The density of N(0, I) at z, as a share of its highest value. */
export function priorShare(/** @type {number[]} */ [z1, z2]) {
  return Math.exp(-(z1 * z1 + z2 * z2) / 2);
}

/** What the reader's place means, in words. */
export function sentence(z, { votes, distance }) {
  const around = votes.map(([digit, n]) => `${n} × ${digit}`).join(", ");
  const prior = 100 * priorShare(z);
  return (
    `z = (${format(z[0])}, ${format(z[1])}). The ${NEIGHBOURS} nearest test codes: ${around}, the closest ` +
    `${format(distance)} away. Density of N(0, I): ${prior < 0.1 ? "under 0.1" : format(prior, prior < 10 ? 1 : 0)} % of its peak.`
  );
}

function clampTo(/** @type {number[]} */ [left, right, bottom, top], /** @type {number[]} */ [z1, z2]) {
  return [Math.min(right, Math.max(left, z1)), Math.min(top, Math.max(bottom, z2))];
}

// ---- View ----

const MARGIN = { left: 44, right: 8, top: 8, bottom: 40 };

function planeGeometry(width, box) {
  const side = width - MARGIN.left - MARGIN.right;
  const area = { left: MARGIN.left, top: MARGIN.top, width: side, height: side };
  const x = linearScale([box[0], box[1]], [area.left, area.left + side]);
  const y = linearScale([box[2], box[3]], [area.top + side, area.top]);
  return { area, x, y, height: side + MARGIN.top + MARGIN.bottom };
}

// What does not move with the pointer: painted once, then copied.
function drawMap(canvas, width, plane, labels, colors, ink) {
  const { area, x, y, height } = planeGeometry(width, plane.box);
  const context = fitCanvas(canvas, width, height);
  drawAxes(context, area, x, y, {
    xTicks: ticks(plane.box.slice(0, 2)), yTicks: ticks(plane.box.slice(2)), xLabel: "z₁", yLabel: "z₂", ink,
  });
  context.save();
  context.beginPath();
  context.rect(area.left, area.top, area.width, area.height);
  context.clip();
  for (let i = 0; i < labels.length; i++) {
    context.fillStyle = colors[labels[i]];
    context.globalAlpha = 0.75;
    context.fillRect(x.toPixel(plane.codes[2 * i]) - 1.4, y.toPixel(plane.codes[2 * i + 1]) - 1.4, 2.8, 2.8);
  }
  context.globalAlpha = 1;
  drawPrior(context, x, y, ink);
  drawNames(context, medians(plane.codes, labels), x, y, ink);
  context.restore();
}

function drawPrior(context, x, y, ink) {
  Object.assign(context, { strokeStyle: ink.text, lineWidth: 1.2 });
  context.setLineDash([5, 4]);
  for (const radius of [1, 2, 3]) {
    context.beginPath();
    context.ellipse(x.toPixel(0), y.toPixel(0), x.toPixel(radius) - x.toPixel(0), y.toPixel(0) - y.toPixel(radius), 0, 0, 7);
    context.stroke();
  }
  context.setLineDash([]);
}

function drawCross(context, /** @type {number[]} */ [px, py], ink) {
  for (const [color, width] of [[ink.page, 5], [ink.z, 2.5]]) {
    Object.assign(context, { strokeStyle: color, lineWidth: width });
    context.beginPath();
    context.arc(px, py, 7, 0, 7);
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(px + 7 * dx, py + 7 * dy);
      context.lineTo(px + 13 * dx, py + 13 * dy);
    }
    context.stroke();
  }
}

// ---- Controller ----

function render({ model, el, signal }) {
  const labels = bytesOf(model, "labels");
  const planes = model.get("planes").map(({ name, box, decoder, codes }) => ({
    name, box, decoder: readDecoder(decoder), codes: readCodes(codes, box),
  }));
  const plane = () => planes[Math.min(planes.length - 1, Math.max(0, Math.round(model.get("plane"))))];
  const life = begin({ model, el, signal }, draw);
  const normal = normalGenerator(1);

  const map = document.createElement("canvas");
  const canvas = h("canvas", { className: "le-plane" });
  const digit = h("canvas", { className: "le-digit", role: "img", "aria-label": "the decoded image" });
  const said = readout(life.signal);
  const place = (z) => life.update({ z: clampTo(plane().box, z) });
  const step = () => (plane().box[1] - plane().box[0]) / 100;
  const geometry = () => planeGeometry(width(), plane().box);
  const width = () => widthIn(canvas, 220, 440);

  movable(canvas, {
    label: "Plane of codes. Arrow keys move the code, with shift ten times as far.",
    hover: true,
    signal: life.signal,
    onPoint: (px, py) => place([geometry().x.toData(px), geometry().y.toData(py)]),
    onStep: (dx, dy) => place(model.get("z").map((value, i) => value + step() * [dx, dy][i])),
  });
  const models = choice({
    legend: "Model",
    options: planes.map(({ name }, i) => [String(i), name]),
    value: String(planes.indexOf(plane())),
    signal: life.signal,
    onChange: (key) => {
      life.update({ plane: Number(key) });
      place(model.get("z"));
    },
  });
  const sliders = [0, 1].map((i) =>
    slider({
      label: i ? "z₂" : "z₁", min: 0, max: 1, step: 0.001, value: 0, say: (fraction) => format(fromFraction(i, fraction)),
      signal: life.signal,
      onInput: (fraction) => place(model.get("z").map((value, j) => (i === j ? fromFraction(i, fraction) : value))),
    }),
  );
  const note = h("p", { className: "cw-note" });
  const draws = button("Draw z from the prior N(0, I)", () => place([normal(), normal()]), life.signal);

  function fromFraction(i, fraction) {
    const [low, high] = plane().box.slice(2 * i, 2 * i + 2);
    return low + fraction * (high - low);
  }

  el.append(
    ...(planes.length > 1 ? [h("div", { className: "cw-row" }, models.el)] : []),
    h("div", { className: "cw-row le-row" }, h("div", { className: "cw-grow" }, canvas), h("div", { className: "le-side" }, digit, said.el)),
    h("div", { className: "cw-row" }, ...sliders.map((one) => one.el), draws),
    note,
  );

  let painted = "";
  function draw() {
    const ink = inkOf(el);
    const { name, box, decoder, codes } = plane();
    const z = clampTo(box, model.get("z"));
    const key = [name, width(), ink.page, devicePixelRatio].join();
    if (key !== painted) drawMap(map, width(), plane(), labels, model.get("colors"), ink);
    painted = key;

    const { x, y, height } = geometry();
    const context = fitCanvas(canvas, width(), height);
    context.drawImage(map, 0, 0, width(), height);
    drawCross(context, [x.toPixel(z[0]), y.toPixel(z[1])], ink);
    drawImage(fitCanvas(digit, 196, 196), decode(decoder, z), { size: 196, ink });

    models.set(String(planes.indexOf(plane())));
    note.textContent = `${LEGEND} ${sayError(decoder)}`;
    sliders.forEach((one, i) => one.set((z[i] - box[2 * i]) / (box[2 * i + 1] - box[2 * i])));
    said.say(sentence(z, nearestDigits(codes, labels, z)));
  }
  return life.end;
}

export default { render };
