// Rate and distortion: one VAE trained under several weights β of the KL, each a point, with its pictures.
// Question: which β gives the best reconstructions, which the best samples, and which the best ELBO?
//
// Model keys (type, shape, unit; who writes):
//   name             string                     how the address names this figure; Python
//   betas            list of m numbers, rising  weight of the KL in each model's loss; Python
//   rates            list of m numbers, nats    mean KL on the test images; Python
//   distortions      list of m numbers, nats    minus mean log p(x|z) on the test images; Python
//   active           list of m integers         dimensions in use; Python
//   dimensions       integer                    of the code; Python
//   originals        bytes, (k, 784) uint8      test images, 255 is ink; Python
//   reconstructions  bytes, (m, k, 784) uint8   each from one draw of its code; Python
//   samples          bytes, (m, s, 784) uint8   drawn from the prior, the same codes for all; Python
//   beta             number, one of betas       which model is shown; the reader, Python
import { drawAxes, drawImage, drawLine, fitCanvas, format, linearScale, ticks, widthIn } from "./core/canvas.mjs";
import { h, movable, readout, slider } from "./core/controls.mjs";
import { begin, inkOf } from "./core/life.mjs";

const PIXELS = 784;

/** The picture at a place of a block of pictures, as numbers in [0, 1]. */
export function pictureAt(bytes, index) {
  return Float32Array.from({ length: PIXELS }, (_, i) => bytes.getUint8(index * PIXELS + i) / 255);
}

/** The ELBO of each model: minus distortion minus rate, with β = 1 whatever the model was trained with. */
export function elbos({ rates, distortions }) {
  return rates.map((rate, i) => -distortions[i] - rate);
}

/** Which model has a weight nearest to `beta`, in ratio. */
export function indexOf(betas, beta) {
  const far = betas.map((one) => Math.abs(Math.log(one / beta)));
  return Math.max(0, far.indexOf(Math.min(...far)));
}

/** Which of some [x, y] is nearest to a place. */
export function nearest(places, /** @type {number[]} */ [x, y]) {
  const far = places.map(([px, py]) => (px - x) ** 2 + (py - y) ** 2);
  return far.indexOf(Math.min(...far));
}

/** The two ends, within a box of rates and distortions, of the line distortion + weight · rate = what it is at a point. */
export function lineOfEqualLoss(/** @type {number[]} */ [rate, distortion], weight, { rates, distortions }) {
  const [[left, right], [bottom, top]] = [rates, distortions];
  const sum = distortion + weight * rate;
  const at = (r) => [r, sum - weight * r];
  const from = (d) => [(sum - d) / weight, d];
  return [at(left)[1] > top ? from(top) : at(left), at(right)[1] < bottom ? from(bottom) : at(right)];
}

/** What both axes cover: all models, with some air. */
export function frameOf({ rates, distortions }) {
  const [low, high] = [Math.min(...distortions), Math.max(...distortions)];
  const air = 0.07 * (high - low);
  return { rates: [-0.03 * Math.max(...rates), 1.1 * Math.max(...rates)], distortions: [low - air, high + 2 * air] };
}

/** A weight as the course writes it: ⅛, ¼, ½, 1, 2, … */
export function nameOf(beta) {
  return { 0.125: "⅛", 0.25: "¼", 0.5: "½" }[beta] ?? String(beta);
}

// ---- View ----

const MARGIN = { left: 36, right: 8, top: 26, bottom: 40 };

function curveGeometry(width, data) {
  const height = Math.round(Math.max(250, 0.82 * width));
  const frame = frameOf(data);
  const area = { left: MARGIN.left, top: MARGIN.top, width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  const x = linearScale(frame.rates, [area.left, area.left + area.width]);
  const y = linearScale(frame.distortions, [area.top + area.height, area.top]);
  const places = data.rates.map((rate, i) => [x.toPixel(rate), y.toPixel(data.distortions[i])]);
  return { height, frame, area, x, y, places };
}

function circle(context, /** @type {number[]} */ [x, y], radius, fill, line) {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  Object.assign(context, { fillStyle: fill, strokeStyle: line, lineWidth: 1.5 });
  context.fill();
  context.stroke();
}

function label(context, words, /** @type {number[]} */ [x, y], color, font = "13px system-ui, sans-serif", align = "left") {
  Object.assign(context, { font, fillStyle: color, textAlign: align, textBaseline: "alphabetic" });
  context.fillText(words, x, y);
}

function drawKey(context, /** @type {number[]} */ [x, y], ink, beta) {
  const line = (row, color, width, dash, words) => {
    drawLine(context, color, width, [[x, y + row], [x + 26, y + row]], dash);
    label(context, words, [x + 34, y + row + 4], ink.text);
  };
  line(0, ink.loss, 2.5, [], `same loss, D + ${beta === "1" ? "" : `${beta} `}R`);
  line(19, ink.text, 1.5, [5, 4], "same ELBO, −D − R");
}

function drawCurve(canvas, width, data, chosen, ink) {
  const { height, frame, area, x, y, places } = curveGeometry(width, data);
  const context = fitCanvas(canvas, width, height);
  drawAxes(context, area, x, y, {
    xTicks: ticks(frame.rates), yTicks: ticks(frame.distortions), xLabel: "rate R: KL (nats)", ink,
  });
  label(context, "distortion D: −log p(x|z) (nats)", [0, 14], ink.muted, "12px system-ui, sans-serif");
  const toPixels = (points) => points.map(([rate, distortion]) => [x.toPixel(rate), y.toPixel(distortion)]);
  const at = [data.rates[chosen], data.distortions[chosen]];
  drawLine(context, ink.loss, 2.5, toPixels(lineOfEqualLoss(at, data.betas[chosen], frame)));
  drawLine(context, ink.text, 1.5, toPixels(lineOfEqualLoss(at, 1, frame)), [5, 4]);
  drawLine(context, ink.line, 1, places);
  places.forEach((place, i) => {
    circle(context, place, i === chosen ? 8 : 5, i === chosen ? ink.z : ink.page, ink.text);
    const font = `${i === chosen ? "bold 15px" : "13px"} system-ui, sans-serif`;
    Object.assign(context, { font, textAlign: "left", lineJoin: "round", lineWidth: 4, strokeStyle: ink.page });
    const words = i === chosen ? `β = ${nameOf(data.betas[i])}` : nameOf(data.betas[i]);
    const [left, base] = [place[0] + 9, place[1] - (i === chosen ? 18 : 8)];
    context.strokeText(words, left, base);
    label(context, words, [left, base], ink.text, font);
  });
  drawKey(context, [area.left + area.width - 180, area.top + 16], ink, nameOf(data.betas[chosen]));
}

const COLUMNS = 8;

function drawPictures(canvas, width, { originals, reconstructions, samples }, chosen, ink) {
  const size = Math.floor(width / COLUMNS);
  const [shown, drawn, models] = [originals.byteLength / PIXELS, samples.byteLength / PIXELS, reconstructions.byteLength / originals.byteLength];
  const perModel = drawn / models;
  /** @type {[string, number, (i: number) => Float32Array][]} */
  const blocks = [
    ["test images", shown, (i) => pictureAt(originals, i)],
    ["redrawn, each from one draw of its code", shown, (i) => pictureAt(reconstructions, chosen * shown + i)],
    ["new ones, from the prior", perModel, (i) => pictureAt(samples, chosen * perModel + i)],
  ];
  const rows = (count) => Math.ceil(count / COLUMNS);
  const height = blocks.reduce((sum, [, count]) => sum + 24 + rows(count) * size, 0);
  const context = fitCanvas(canvas, width, height);
  let top = 0;
  for (const [words, count, picture] of blocks) {
    label(context, words, [0, top + 17], ink.text);
    for (let i = 0; i < count; i++) {
      drawImage(context, picture(i), { x: (i % COLUMNS) * size, y: top + 24 + Math.floor(i / COLUMNS) * size, size: size - 2, ink });
    }
    top += 24 + rows(count) * size;
  }
}

// ---- Controller ----

function render({ model, el, signal }) {
  /** @type {any} */
  const data = Object.fromEntries(["betas", "rates", "distortions", "active"].map((key) => [key, model.get(key)]));
  /** @type {any} */
  const pictures = Object.fromEntries(["originals", "reconstructions", "samples"].map((key) => [key, model.get(key)]));
  const life = begin({ model, el, signal }, draw);
  const chosen = () => indexOf(data.betas, model.get("beta"));
  const choose = (i) => life.update({ beta: data.betas[Math.min(data.betas.length - 1, Math.max(0, i))] });

  const curve = h("canvas", {});
  const images = h("canvas", { role: "img", "aria-label": "Eight test images, their reconstructions, and samples from the prior." });
  const said = readout(life.signal);
  const widthOf = (canvas, most) => widthIn(canvas, 240, most);
  const weight = slider({
    label: "β", min: 0, max: data.betas.length - 1, step: 1, value: chosen(), say: (i) => nameOf(data.betas[i]),
    signal: life.signal, onInput: choose,
  });
  movable(curve, {
    label: "Rate–distortion curve, one point a model. Right and left arrow keys move along it, to more and to less rate.",
    signal: life.signal,
    onPoint: (x, y) => choose(nearest(curveGeometry(widthOf(curve, 420), data).places, [x, y])),
    onStep: (dx, dy) => choose(chosen() - Math.sign(dx - dy)),
  });
  el.append(
    h("div", { className: "cw-row" }, weight.el),
    h("div", { className: "cw-row rd-row" }, h("div", { className: "cw-grow" }, curve), h("div", { className: "cw-grow" }, images)),
    said.el,
  );

  function draw() {
    const [ink, i] = [inkOf(el), chosen()];
    drawCurve(curve, widthOf(curve, 420), data, i, ink);
    drawPictures(images, widthOf(images, 360), pictures, i, ink);
    weight.set(i);
    const bounds = elbos(data);
    const best = bounds.indexOf(Math.max(...bounds));
    said.say(
      `Trained with β = ${nameOf(data.betas[i])}: rate ${format(data.rates[i], 1)} nats, distortion ${format(data.distortions[i], 1)} nats, ` +
        `${data.active[i]} of ${model.get("dimensions")} dimensions in use. Its ELBO, which has no β in it: ${format(bounds[i], 1)} nats; ` +
        `the best here is ${format(bounds[best], 1)}, of β = ${nameOf(data.betas[best])}.`,
    );
  }
  return life.end;
}

export default { render };
