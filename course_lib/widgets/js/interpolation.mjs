// Interpolation strip: the straight line between the codes of two digits, in the planes of several models.
// Question: does the way from one digit to another lead through digits, and is it the VAE that knows a better one?
//
// Model keys (type, shape, unit; who writes):
//   name      string                      how the address names this figure; Python
//   planes    list of {name, box, decoder, codes, ends, verdicts}  Python; one model each, the first above:
//               box       [left, right, bottom, top] in units of z, what is shown of the plane
//               decoder   {widths, activation, weights: bytes}   see core/decoder.mjs
//               codes     bytes, (m, 2) uint16   test codes as fractions of the box, shared order with labels
//               ends      bytes, (n, 2) float32  codes of the n digits to choose from, in units of z
//               verdicts  bytes, (n (n + 1) / 2, 11, 2) uint8  for every two digits i ≤ j in the order (0, 0), (0, 1), …:
//                         the judge's class and its confidence in 255ths, frame by frame from i to j
//   labels    bytes, (m,) uint8, 0 to 9   digit of each test code; Python
//   colors    list of 10 strings          colour of each digit; Python
//   digits    bytes, (n, 784) uint8       the pictures to choose from, 255 is ink; Python
//   classes   bytes, (n,) uint8, 0 to 9   and which digits they are; Python
//   start     integer, 0 to n − 1         where the way begins; the reader, Python
//   end       integer, 0 to n − 1         where it ends; the reader, Python
//   t         number, 0 to 1              fraction of the way that is shown large; the reader, Python
import { drawAxes, drawImage, fitCanvas, format, linearScale, ticks } from "./core/canvas.mjs";
import { h, readout, slider } from "./core/controls.mjs";
import { decode, readDecoder, sayError } from "./core/decoder.mjs";
import { begin, bytesOf, inkOf } from "./core/life.mjs";

const FRAMES = 11;

/** The code at the fraction t of the straight line from a to b. */
export function between(a, b, t) {
  return a.map((value, i) => (1 - t) * value + t * b[i]);
}

/** Where the pair i ≤ j of n things stands in the order (0, 0), (0, 1), …, (1, 1), …. */
export function pairIndex(i, j, n) {
  return i * n - (i * (i - 1)) / 2 + (j - i);
}

/** What the judge says along the way from one digit to another: eleven times {digit, sure}, sure in [0, 1]. */
export function verdictsAlong(bytes, start, end, n) {
  const first = pairIndex(Math.min(start, end), Math.max(start, end), n) * FRAMES;
  const way = Array.from({ length: FRAMES }, (_, k) => ({
    digit: bytes.getUint8(2 * (first + k)),
    sure: bytes.getUint8(2 * (first + k) + 1) / 255,
  }));
  return start > end ? way.reverse() : way;
}

/** The frame of which the judge is least sure, the first of them; as {frame, sure}. */
export function weakest(way) {
  const sure = Math.min(...way.map((one) => one.sure));
  return { frame: way.findIndex((one) => one.sure === sure), sure };
}

/** The digits that the judge names along the way, each run of equal ones once. */
export function stations(way) {
  return way.map((one) => one.digit).filter((digit, i, all) => digit !== all[i - 1]);
}

/** A confidence in percent; 100 only if it is. */
export function percent(sure) {
  return String(sure === 1 ? 100 : Math.min(99, Math.round(100 * sure)));
}

function readPlane({ name, box, decoder, codes, ends, verdicts }, n) {
  const fraction = (i) => codes.getUint16(2 * i, true) / 65535;
  return {
    name, box, verdicts, decoder: readDecoder(decoder),
    codes: Float32Array.from({ length: codes.byteLength / 2 }, (_, i) => {
      const [low, high] = box.slice(i % 2 ? 2 : 0);
      return low + fraction(i) * (high - low);
    }),
    ends: Array.from({ length: n }, (_, i) => [ends.getFloat32(8 * i, true), ends.getFloat32(8 * i + 4, true)]),
  };
}

// ---- View ----

const MARGIN = { left: 34, right: 4, top: 4, bottom: 38 };

function drawPlane(canvas, width, { box, codes }, labels, colors, way, t, ink) {
  const side = width - MARGIN.left - MARGIN.right;
  const area = { left: MARGIN.left, top: MARGIN.top, width: side, height: side };
  const context = fitCanvas(canvas, width, side + MARGIN.top + MARGIN.bottom);
  const x = linearScale(box.slice(0, 2), [area.left, area.left + side]);
  const y = linearScale(box.slice(2), [area.top + side, area.top]);
  drawAxes(context, area, x, y, { xTicks: ticks(box.slice(0, 2), 4), yTicks: ticks(box.slice(2), 4), xLabel: "z₁", ink });
  context.globalAlpha = 0.6;
  for (let i = 0; i < labels.length; i++) {
    context.fillStyle = colors[labels[i]];
    context.fillRect(x.toPixel(codes[2 * i]) - 1, y.toPixel(codes[2 * i + 1]) - 1, 2, 2);
  }
  context.globalAlpha = 1;
  const at = (time) => between(way[0], way[1], time);
  const pixel = (/** @type {number[]} */ [z1, z2]) => [x.toPixel(z1), y.toPixel(z2)];
  const [from, to, here] = [0, 1, t].map((time) => pixel(at(time)));
  for (const [color, line] of [[ink.page, 6], [ink.z, 2.5]]) {
    Object.assign(context, { strokeStyle: color, fillStyle: color, lineWidth: line, lineCap: "round" });
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
    for (let k = 0; k < FRAMES; k++) dot(context, pixel(at(k / (FRAMES - 1))), 1 + line / 2);
    dot(context, here, 4 + line);
  }
  Object.assign(context, { fillStyle: ink.page });
  dot(context, here, 3.5);
}

function dot(context, /** @type {number[]} */ [px, py], radius) {
  context.beginPath();
  context.arc(px, py, radius, 0, 7);
  context.fill();
}

const stripHeight = (size) => size + 38;

// Eleven frames; under each one the class and the confidence, as a number and as the length of a bar.
function drawStrip(canvas, width, frames, way, marked, ink) {
  const size = width / FRAMES;
  const context = fitCanvas(canvas, width, stripHeight(size));
  frames.forEach((pixels, k) => {
    const left = k * size;
    drawImage(context, pixels, { x: left + 1, y: 1, size: size - 2, ink });
    Object.assign(context, { textAlign: "center", textBaseline: "top", fillStyle: ink.text, font: "bold 13px system-ui, sans-serif" });
    context.fillText(way[k].digit, left + size / 2, size + 3);
    Object.assign(context, { fillStyle: ink.text, font: "11.5px system-ui, sans-serif" });
    context.fillText(percent(way[k].sure), left + size / 2, size + 18);
    context.fillStyle = ink.line;
    context.fillRect(left + 3, size + 34, size - 6, 1);
    context.fillStyle = ink.x_hat;
    context.fillRect(left + 3, size + 32, (size - 6) * way[k].sure, 4);
  });
  Object.assign(context, { strokeStyle: ink.z, lineWidth: 2.5 });
  context.strokeRect(marked * size + 1.25, 1.25, size - 2.5, size - 2.5);
}

// ---- Controller ----

// One of the pictures, as radio buttons that show them.
function pictures({ legend, count, draw, name, onChange, signal }) {
  globalThis.courseChoices = (globalThis.courseChoices ?? 0) + 1; // as in `choice`: names are the document's
  const inputs = Array.from({ length: count }, (_, i) =>
    h("input", { type: "radio", name: `cw-${globalThis.courseChoices}`, value: String(i), "aria-label": name(i) }));
  const canvases = inputs.map(() => h("canvas", { "aria-hidden": "true" }));
  for (const input of inputs) input.addEventListener("change", () => onChange(Number(input.value)), { signal });
  const el = h("fieldset", { className: "is-pictures" }, h("legend", {}, legend),
    h("div", {}, ...inputs.map((input, i) => h("label", {}, input, canvases[i]))));
  return {
    el,
    set: (index) => inputs.forEach((input, i) => (input.checked = i === index)),
    paint: (ink) => canvases.forEach((canvas, i) => draw(fitCanvas(canvas, 28, 28), i, ink)),
  };
}

function render({ model, el, signal }) {
  const [labels, classes, digits] = ["labels", "classes", "digits"].map((key) => bytesOf(model, key));
  const n = classes.length;
  const planes = model.get("planes").map((one) => readPlane(one, n));
  const life = begin({ model, el, signal }, draw);
  const index = (key) => Math.min(n - 1, Math.max(0, Math.round(model.get(key))));
  const time = () => Math.min(1, Math.max(0, model.get("t")));

  const nth = (i) => classes.slice(0, i + 1).filter((digit) => digit === classes[i]).length;
  const thumbnails = (legend, key) =>
    pictures({
      legend, count: n, name: (i) => `${classes[i]}, number ${nth(i)}`, signal: life.signal,
      onChange: (i) => life.update({ [key]: i }),
      draw: (context, i, ink) => drawImage(context, Array.from(digits.subarray(784 * i, 784 * (i + 1)), (v) => v / 255), { size: 28, ink }),
    });
  const chosen = { start: thumbnails("From", "start"), end: thumbnails("To", "end") };
  const way = slider({
    label: "Fraction t", min: 0, max: 1, step: 0.02, value: time(), say: (t) => format(t),
    onInput: (t) => life.update({ t }), signal: life.signal,
  });
  const said = readout(life.signal);
  const rows = planes.map(({ name }) => {
    const [plane, strip, large] = ["plane", "strip", "large"].map((part) => h("canvas", { className: `is-${part}`, role: "img" }));
    const seen = (event) => {
      const { left, width } = strip.getBoundingClientRect();
      life.update({ t: Math.min(1, Math.max(0, Math.floor(((event.clientX - left) / width) * FRAMES) / (FRAMES - 1))) });
    };
    strip.addEventListener("pointerdown", seen, { signal: life.signal });
    strip.addEventListener("pointermove", (event) => event.buttons && seen(event), { signal: life.signal });
    const box = h("div", { className: "is-strip-box" }, strip);
    const el = h("div", { className: "is-model" }, h("p", { className: "is-name" }, name), h("div", { className: "is-pair" }, plane, large), box);
    return { el, plane, strip, large, box };
  });
  const note = h("p", { className: "is-note" }, `Under each frame: the digit that the judge names, and how sure it is, in percent. ${sayError(planes[0].decoder)}`);
  el.append(chosen.start.el, chosen.end.el, h("div", { className: "cw-row is-way" }, way.el), ...rows.map((row) => row.el), note, said.el);

  let painted = "";
  let frames = { key: "", all: [] };
  function draw() {
    const ink = inkOf(el);
    const [start, end, t] = [index("start"), index("end"), time()];
    const marked = Math.round(t * (FRAMES - 1));
    if (painted !== ink.pixel1.join() + devicePixelRatio) for (const one of Object.values(chosen)) one.paint(ink);
    painted = ink.pixel1.join() + devicePixelRatio;
    chosen.start.set(start);
    chosen.end.set(end);
    way.set(t);

    if (frames.key !== `${start},${end}`) {
      const along = ({ decoder, ends }) => Array.from({ length: FRAMES }, (_, k) =>
        decode(decoder, between(ends[start], ends[end], k / (FRAMES - 1))).slice());
      frames = { key: `${start},${end}`, all: planes.map(along) };
    }
    const reports = planes.map((plane, i) => {
      const { strip, large, plane: map, box } = rows[i];
      const ends = [plane.ends[start], plane.ends[end]];
      const verdicts = verdictsAlong(plane.verdicts, start, end, n);
      drawStrip(strip, Math.max(220, box.clientWidth), frames.all[i], verdicts, marked, ink);
      drawPlane(map, 176, plane, labels, model.get("colors"), ends, t, ink);
      drawImage(fitCanvas(large, 112, 112), decode(plane.decoder, between(ends[0], ends[1], t)), { size: 112, ink });
      const { frame, sure } = weakest(verdicts);
      const by = stations(verdicts).join(" → ");
      map.setAttribute("aria-label", `${plane.name}: the line from (${ends[0].map((v) => format(v, 1)).join(", ")}) to (${ends[1].map((v) => format(v, 1)).join(", ")})`);
      large.setAttribute("aria-label", `${plane.name}: the picture at t = ${format(t)}`);
      strip.setAttribute("aria-label", `${plane.name}: ${verdicts.map((one) => `${one.digit}, ${percent(one.sure)} %`).join("; ")}`);
      const here = verdicts[marked];
      const name = plane.name[0].toUpperCase() + plane.name.slice(1);
      const least = `least sure, ${percent(sure)} %, at ${format(frame / (FRAMES - 1), 1)}`;
      return `${name} at t = ${format(marked / (FRAMES - 1), 1)}: a ${here.digit}, ${percent(here.sure)} % sure; the way leads ${by}, ${least}.`;
    });
    said.say(`The judge sees: ${reports.join(" ")}`);
  }
  return life.end;
}

export default { render };
