// The width of a linear bottleneck: an image redrawn from its first d principal coordinates.
// Question: from how many numbers can the digit be named, and what does each further number add?
//
// Model keys (type, shape, unit; who writes):
//   name         string                        how the address names this figure; Python
//   pictures     list of p strings             what each test image is called; Python
//   images       bytes, (p, 784) uint8         the test images, 255 is ink 1; Python
//   mean         bytes, (784,) float32         the average training image; Python
//   axes         bytes, (K,) float32, then (K, 784) int8  principal axes: a scale each, then integers; Python
//   codes        bytes, (p, K) float32         coordinates of the test images along the axes; Python
//   train_error  list of K + 1 numbers         mean squared error from 0 to K numbers: the dropped eigenvalues; Python
//   test_error   list of K + 1 numbers         the same, measured on all test images; Python
//   picture      integer                       which test image is shown; the reader, Python
//   d            integer, 0 to K               numbers that pass through the bottleneck; the reader, Python
import { drawAxes, drawImage, fitCanvas, format, linearScale, ticks, widthIn } from "./core/canvas.mjs";
import { choice, h, movable, readout, slider } from "./core/controls.mjs";
import { begin, inkOf } from "./core/life.mjs";

const PIXELS = 784;
const STRONG = 0.5; // a left-over of this size is drawn in full colour

function floatsAt(bytes, at, n) {
  return Float32Array.from({ length: n }, (_, i) => bytes.getFloat32(at + 4 * i, true));
}

/** Unpack what `PCAComponents.from_pca` wrote: numbers, and images as rows of pixels in [0, 1]. */
export function readComponents({ mean, axes, codes, images }) {
  const width = axes.byteLength / (PIXELS + 4);
  const count = images.byteLength / PIXELS;
  if (!Number.isInteger(width) || mean.byteLength !== 4 * PIXELS || codes.byteLength !== 4 * width * count) {
    throw new Error(`got ${axes.byteLength} bytes of axes and ${codes.byteLength} of codes, expected those of PCAComponents.from_pca`);
  }
  const scales = floatsAt(axes, 0, width);
  const rows = (n, read) => Array.from({ length: n }, (_, row) => Float32Array.from({ length: PIXELS }, (_, i) => read(row, i)));
  return {
    mean: floatsAt(mean, 0, PIXELS),
    axes: rows(width, (j, i) => scales[j] * axes.getInt8(4 * width + j * PIXELS + i)),
    codes: Array.from({ length: count }, (_, p) => floatsAt(codes, 4 * width * p, width)),
    images: rows(count, (p, i) => images.getUint8(p * PIXELS + i) / 255),
  };
}

/** The decoder: the mean plus the first d axes, each as far as the code says; not clipped to [0, 1]. */
export function redraw({ mean, axes }, code, d) {
  const x_hat = Float32Array.from(mean);
  for (let j = 0; j < d; j++) for (let i = 0; i < PIXELS; i++) x_hat[i] += code[j] * axes[j][i];
  return x_hat;
}

/** The sum over the pixels of (true − drawn)². */
export function squaredError(x, x_hat) {
  return x.reduce((sum, value, i) => sum + (value - x_hat[i]) ** 2, 0);
}

/** By Pythagoras: the squared error of one image from 0, 1, …, K numbers. */
export function errorCurve({ mean }, x, code) {
  const errors = [squaredError(x, mean)];
  for (const z of code) errors.push(Math.max(0, errors.at(-1) - z * z));
  return errors;
}

/** What the figure says in words. */
export function sayWidth(name, d, own, average) {
  const numbers = d === 0 ? "no number at all: the average image" : `${d} ${d === 1 ? "number" : "numbers"} instead of ${PIXELS}`;
  const share = own[0] > 0 ? Math.round(100 * (1 - own[d] / own[0])) : 0;
  return (
    `The test image “${name}” redrawn from ${numbers}. Its squared error is ${format(own[d], 1)}, ${share} % less than the ${format(own[0], 1)} of the average image; ` +
    `over all test images the mean error is ${format(average[d], 1)}.`
  );
}

// ---- View ----

const MARGIN = { left: 46, right: 12, top: 10, bottom: 40 };
const CURVE_HEIGHT = 352;

function curveGeometry(width, most, top) {
  const area = { left: MARGIN.left, top: MARGIN.top, width: width - MARGIN.left - MARGIN.right, height: CURVE_HEIGHT - MARGIN.top - MARGIN.bottom };
  const x = linearScale([0, most], [area.left, area.left + area.width]);
  const y = linearScale([0, top], [area.top + area.height, area.top]);
  return { area, x, y };
}

// Positive is a full square, negative a small one: the sign does not hang on the colour.
function drawSigned(context, values, size, ink) {
  const cell = size / 28;
  for (let i = 0; i < PIXELS; i++) {
    const [value, inset] = [values[i], values[i] < 0 ? 0.22 * cell : 0];
    if (Math.abs(value) < 0.02) continue;
    context.globalAlpha = Math.min(1, Math.abs(value) / STRONG);
    context.fillStyle = value < 0 ? ink.mean : ink.x;
    context.fillRect((i % 28) * cell + inset, Math.floor(i / 28) * cell + inset, cell - 2 * inset, cell - 2 * inset);
  }
  context.globalAlpha = 1;
}

function drawCurve(canvas, width, d, curves, top, ink) {
  const most = curves[0].values.length - 1;
  const { area, x, y } = curveGeometry(width, most, top);
  const context = fitCanvas(canvas, width, CURVE_HEIGHT);
  drawAxes(context, area, x, y, { xTicks: ticks([0, most]), yTicks: ticks([0, top]), xLabel: "numbers in the code, d", yLabel: "squared error", ink });
  const stroke = (points, style) => {
    Object.assign(context, { lineWidth: 2.25, lineJoin: "round", ...style });
    context.setLineDash(style.dash);
    context.beginPath();
    for (const point of points) context.lineTo(...point);
    context.stroke();
    context.setLineDash([]);
  };
  stroke([[x.toPixel(d), area.top], [x.toPixel(d), area.top + area.height]], { strokeStyle: ink.muted, dash: [], lineWidth: 1 });
  [...curves.entries()].reverse().forEach(([i, { text, color, dash, values }]) => {
    const style = { strokeStyle: ink[color], dash };
    stroke(values.map((value, k) => [x.toPixel(k), y.toPixel(value)]), style);
    const [left, height] = [area.left + area.width - 168, area.top + 18 + 20 * i];
    Object.assign(context, { fillStyle: ink.page, textAlign: "left", textBaseline: "middle", font: "13px system-ui, sans-serif" });
    context.fillRect(left - 4, height - 10, 168, 20);
    stroke([[left, height], [left + 28, height]], style);
    context.fillStyle = ink.text;
    context.fillText(text, left + 35, height);
  });
  for (const { color, values } of [...curves].reverse()) {
    Object.assign(context, { fillStyle: ink[color], strokeStyle: ink.page, lineWidth: 2 });
    context.beginPath();
    context.arc(x.toPixel(d), y.toPixel(values[d]), 6, 0, 7);
    context.fill();
    context.stroke();
  }
}

// ---- Controller ----

function tile() {
  const canvas = h("canvas", { role: "img" });
  const caption = h("figcaption");
  return { canvas, caption, el: h("figure", { className: "pco-tile" }, canvas, caption) };
}

function render({ model, el, signal }) {
  const content = readComponents({ mean: model.get("mean"), axes: model.get("axes"), codes: model.get("codes"), images: model.get("images") });
  const names = model.get("pictures");
  const most = content.axes.length;
  const own = content.images.map((x, p) => errorCurve(content, x, content.codes[p]));
  const top = 1.06 * Math.max(...own.map((errors) => errors[0]), model.get("test_error")[0]);

  const life = begin({ model, el, signal }, draw);
  const within = (value, last) => Math.min(last, Math.max(0, Math.round(value)));
  const picture = () => within(model.get("picture"), names.length - 1);
  const d = () => within(model.get("d"), most);
  const widen = (value) => life.update({ d: within(value, most) });

  const tiles = Array.from({ length: 4 }, tile);
  const key = h("p", { className: "pco-key" }, h("span", { className: "pco-more" }, "■"), " more ink  ", h("span", { className: "pco-less" }, "▪"), " less ink");
  const curve = h("canvas");
  const said = readout(life.signal);
  const width = () => widthIn(curve, 230, 440);
  movable(curve, {
    label: "Squared error over the number of numbers in the code. Arrow keys change it by one, with shift by ten.",
    signal: life.signal,
    onPoint: (px) => widen(curveGeometry(width(), most, top).x.toData(px)),
    onStep: (dx, dy) => widen(d() + dx + dy),
  });
  const digits = choice({
    legend: "Test image",
    options: names.map((name, p) => [String(p), name]),
    value: String(picture()),
    signal: life.signal,
    onChange: (key) => life.update({ picture: Number(key) }),
  });
  const numbers = slider({ label: "Numbers, d", min: 0, max: most, step: 1, value: d(), signal: life.signal, onInput: widen });

  el.append(
    digits.el,
    h("div", { className: "cw-row" }, numbers.el),
    h("div", { className: "cw-row pco-row" }, h("div", { className: "pco-tiles" }, ...tiles.map((one) => one.el), key), h("div", { className: "pco-curve" }, curve)),
    said.el,
  );

  function draw() {
    const ink = inkOf(el);
    const [x, code, count, name] = [content.images[picture()], content.codes[picture()], d(), names[picture()]];
    const x_hat = redraw(content, code, count);
    const last = count ? content.axes[count - 1].map((value) => code[count - 1] * value) : new Float32Array(PIXELS);
    const captions = [
      "test image x",
      `x̂ from ${count} ${count === 1 ? "number" : "numbers"}`,
      "left over, x − x̂",
      count ? `added by number ${count}` : "nothing added yet",
    ];
    tiles.forEach(({ canvas, caption }, i) => {
      const context = fitCanvas(canvas, 140, 140);
      if (i < 2) drawImage(context, [x, x_hat][i].map((value) => Math.min(1, Math.max(0, value))), { size: 140, ink });
      else drawSigned(context, i === 2 ? x.map((value, k) => value - x_hat[k]) : last, 140, ink);
      caption.textContent = captions[i];
      canvas.setAttribute("aria-label", `${name}: ${captions[i]}`);
    });
    const curves = [
      { text: "this image", color: "z", dash: [], values: own[picture()] },
      { text: "mean, test", color: "loss", dash: [9, 3], values: model.get("test_error") },
      { text: "mean, training", color: "x", dash: [2, 3], values: model.get("train_error") },
    ];
    drawCurve(curve, width(), count, curves, top, ink);
    digits.set(String(picture()));
    numbers.set(count);
    said.say(sayWidth(name, count, own[picture()], model.get("test_error")));
  }
  return life.end;
}

export default { render };
