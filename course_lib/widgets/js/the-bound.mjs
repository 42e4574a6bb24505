// The bound: z ~ N(0, 1), x | z ~ N(wz, s²), so that log p(x) is known exactly, and a q = N(μ, σ²) to choose.
// Question: is the q that reconstructs best also the one that closes the gap between the ELBO and log p(x)?
//
// Model keys (type, shape, unit; who writes):
//   name   string                how the address names this figure; Python
//   w      number                weight of the decoder; Python
//   s2     number, above 0       variance of the noise on x; Python
//   x      number, −2.5 to 2.5   what was observed; the reader, Python
//   mean   number, −2 to 2       mean μ of q; the reader, Python
//   std    number, 0.05 to 1.5   standard deviation σ of q; the reader, Python
import { drawAxes, fitCanvas, format, linearScale, ticks, widthIn } from "./core/canvas.mjs";
import { button, h, movable, readout, slider } from "./core/controls.mjs";
import { bellHandles, bellPlaces, clampNumber, curvePanel, drawCurve, drawHandles, drawLegend, gaussianKl, heldHandle, logNormal, normalDensity } from "./core/gaussians.mjs";
import { begin, inkOf } from "./core/life.mjs";
import { drawSteps, stepsHeight } from "./core/steps.mjs";

export const XS = [-2.5, 2.5];
export const MEANS = [-2, 2];
export const STDS = [0.05, 1.5];
const RATE = 0.1; // of gradient ascent, in (μ, log σ²); less where the bound is too sharply curved for that

/** log p(x) in nats, exactly. */
export function logEvidence({ x, w, s2 }) {
  return logNormal(x, 0, Math.sqrt(w * w + s2));
}

/** The true posterior p(z | x), a Gaussian: {mean, std}. */
export function truePosterior({ x, w, s2 }) {
  return { mean: (w * x) / (w * w + s2), std: Math.sqrt(s2 / (w * w + s2)) };
}

/** E_q[log p(x | z)] in nats. */
export function reconstruction({ x, w, s2, mean, std }) {
  return -0.5 * (Math.log(2 * Math.PI * s2) + ((x - w * mean) ** 2 + (w * std) ** 2) / s2);
}

/** The bill in nats: reconstruction − price = elbo, and elbo + gap = evidence. */
export function bound(state) {
  const posterior = truePosterior(state);
  const price = gaussianKl(state.mean, state.std, 0, 1);
  const gap = gaussianKl(state.mean, state.std, posterior.mean, posterior.std);
  return { reconstruction: reconstruction(state), price, elbo: reconstruction(state) - price, gap, evidence: logEvidence(state) };
}

/** Derivatives of the ELBO with respect to μ and log σ². */
export function elboGradient({ x, w, s2, mean, std }) {
  return [(w * (x - w * mean)) / s2 - mean, 0.5 * (1 - std * std * (1 + (w * w) / s2))];
}

/** One step of gradient ascent on the ELBO, in (μ, log σ²): the new {mean, std}, inside what can be shown. */
export function climb(state) {
  const [slopeMean, slopeLogvar] = elboGradient(state);
  const rate = Math.min(RATE, truePosterior(state).std ** 2);
  const logvar = 2 * Math.log(state.std) + rate * slopeLogvar;
  return { mean: clampNumber(state.mean + rate * slopeMean, MEANS), std: clampNumber(Math.exp(logvar / 2), STDS) };
}

/** All q whose gap is `level`: points [μ, σ] of the oval around the posterior, from its widest q round to it again. */
export function contour(state, level, points = 96) {
  const { mean, std } = truePosterior(state);
  const rest = (r) => level - (0.5 * (r * r - 1) - Math.log(r)); // what the width leaves for the mean
  const edge = (inside, outside) => {
    for (let i = 0; i < 60; i++) {
      const middle = (inside + outside) / 2;
      if (rest(middle) > 0) inside = middle;
      else outside = middle;
    }
    return inside;
  };
  const [low, high] = [edge(1, Math.exp(-level - 1)), edge(1, Math.sqrt(2 * level) + 3)];
  return Array.from({ length: points + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / points;
    const r = Math.exp((Math.log(high) + Math.log(low)) / 2 + ((Math.log(high) - Math.log(low)) / 2) * Math.cos(angle));
    return [mean + Math.sign(Math.sin(angle)) * std * Math.sqrt(2 * Math.max(0, rest(r))), std * r];
  });
}

/** The situation in words. */
export function inWords(state) {
  const bill = bound(state);
  const posterior = truePosterior(state);
  const numbers = `Reconstruction ${format(bill.reconstruction)} minus price ${format(bill.price)} makes an ELBO of ${format(bill.elbo)}.`;
  const where = `The gap of ${format(bill.gap)} nats to log p(x) = ${format(bill.evidence)}`;
  if (bill.gap < 5e-5) return `${numbers} q is the true posterior: the gap to log p(x) = ${format(bill.evidence)} is closed.`;
  const r = state.std / posterior.std;
  const width = r < 0.9 ? "too narrow" : r > 1.1 ? "too wide" : "";
  const off = Math.abs(state.mean - posterior.mean) > 0.1 * posterior.std ? `off to the ${state.mean < posterior.mean ? "left" : "right"}` : "";
  return `${numbers} ${where} is KL(q‖p(z | x)): q is ${[width, off].filter(Boolean).join(" and ") || "almost the posterior"}.`;
}

// ---- View ----

const HALF = 3; // z from −3 to 3
const NATS = [-6, 0];
const CURVES = { top: 26, height: 170 };
const LEVELS = [0.05, 0.2, 0.5, 1, 2, 4];
const MAP = { left: 40, top: 26, height: 300, right: 8 };

function curvesPanel(width, state) {
  const peak = Math.max(...[truePosterior(state).std, state.std, 1].map((std) => normalDensity(0, 0, std)));
  return curvePanel({ width, ...CURVES }, HALF, [0, 1.2 * peak]);
}

function drawCurves(canvas, width, state, ink) {
  const context = fitCanvas(canvas, width, CURVES.top + CURVES.height + 40);
  const panel = curvesPanel(width, state);
  const posterior = truePosterior(state);
  const curves = [
    { name: "q(z)", color: ink.encoder, lineWidth: 2.5, fill: 0.14, mean: state.mean, std: state.std },
    { name: "posterior p(z | x)", color: ink.z, dash: [7, 4], ...posterior },
    { name: "prior", color: ink.noise, dash: [2, 3], mean: 0, std: 1 },
  ];
  const yTicks = ticks([0, panel.y.toData(CURVES.top)], 3);
  drawAxes(context, panel.area, panel.x, panel.y, { xTicks: ticks([-HALF, HALF], 6), yTicks, xLabel: "code z", ink });
  drawLegend(context, curves, 4, 12, ink);
  for (const one of [...curves].reverse()) {
    drawCurve(context, panel, (z) => normalDensity(z, one.mean, one.std), one, bellPlaces(one.mean, one.std));
  }
  drawHandles(context, panel, bellHandles(panel, state.mean, state.std), ink);
}

function mapScales(width) {
  const area = { left: MAP.left, top: MAP.top, width: width - MAP.left - MAP.right, height: MAP.height };
  return { area, x: linearScale(MEANS, [area.left, area.left + area.width]), y: linearScale([0, STDS[1]], [area.top + area.height, area.top]) };
}

function drawMap(canvas, width, state, ink) {
  const context = fitCanvas(canvas, width, MAP.top + MAP.height + 40);
  const { area, x, y } = mapScales(width);
  const path = (points) => points.forEach(([mean, std]) => context.lineTo(x.toPixel(mean), y.toPixel(std)));
  Object.assign(context, { fillStyle: ink.muted, font: "13px system-ui, sans-serif", textAlign: "left", textBaseline: "middle" });
  context.fillText("gap in nats; dots: steps up the ELBO", area.left + 2, 12);
  drawAxes(context, area, x, y, { xTicks: ticks(MEANS, 4), yTicks: ticks([0, STDS[1]], 3), xLabel: "mean μ of q", yLabel: "σ of q", ink });
  context.save();
  context.beginPath();
  context.rect(area.left, area.top, area.width, area.height);
  context.clip();
  for (const level of [...LEVELS].reverse()) {
    context.beginPath();
    path(contour(state, level));
    Object.assign(context, { strokeStyle: ink.loss, fillStyle: ink.loss, lineWidth: 1.2 });
    context.stroke();
    context.globalAlpha = 0.07;
    context.fill();
    context.globalAlpha = 1;
  }
  drawLevels(context, x, y, area, state, ink);
  // Where gradient ascent leads from here, a dot a step.
  for (let at = climb(state), i = 0; i < 60; i++, at = climb({ ...state, ...at })) {
    Object.assign(context, { fillStyle: ink.text });
    context.beginPath();
    context.arc(x.toPixel(at.mean), y.toPixel(at.std), 1.8, 0, 7);
    context.fill();
  }
  context.restore();
  const posterior = truePosterior(state);
  drawStar(context, x.toPixel(posterior.mean), y.toPixel(posterior.std), ink);
  Object.assign(context, { fillStyle: ink.encoder, strokeStyle: ink.page, lineWidth: 2, textAlign: "center", font: "bold 13px system-ui, sans-serif" });
  context.beginPath();
  context.arc(x.toPixel(state.mean), y.toPixel(state.std), 10, 0, 7);
  context.fill();
  context.stroke();
  context.fillStyle = ink.page;
  context.fillText("q", x.toPixel(state.mean), y.toPixel(state.std) - 1);
}

// The outer levels, each at the top of its oval.
function drawLevels(context, x, y, area, state, ink) {
  Object.assign(context, { font: "12px system-ui, sans-serif", textAlign: "center", textBaseline: "middle", lineJoin: "round" });
  for (const level of LEVELS.filter((value) => value >= 0.5)) {
    const [mean, std] = contour(state, level, 2)[0];
    if (y.toPixel(std) < area.top + 8) continue;
    Object.assign(context, { strokeStyle: ink.page, lineWidth: 4, fillStyle: ink.text });
    context.strokeText(level, x.toPixel(mean), y.toPixel(std));
    context.fillText(level, x.toPixel(mean), y.toPixel(std));
  }
}

function drawStar(context, cx, cy, ink) {
  context.beginPath();
  for (let i = 0; i < 10; i++) {
    const [radius, angle] = [i % 2 ? 4 : 9, (Math.PI * i) / 5 - Math.PI / 2];
    context.lineTo(cx + radius * Math.cos(angle), cy + radius * Math.sin(angle));
  }
  context.closePath();
  Object.assign(context, { fillStyle: ink.z, strokeStyle: ink.page, lineWidth: 2 });
  context.stroke();
  context.fill();
}

function drawBill(canvas, width, state, ink) {
  const { reconstruction: fit, price, elbo, gap, evidence } = bound(state);
  const rows = [
    { label: "reconstruction E[log p(x | z)]", value: format(fit), from: 0, to: fit, color: ink.decoder, joins: true },
    { label: "− price KL(q‖prior)", value: format(-price), from: fit, to: elbo, color: ink.encoder, joins: true },
    { label: "= ELBO", value: format(elbo), from: 0, to: elbo, color: ink.loss, joins: true },
    { label: "+ gap KL(q‖p(z | x))", value: format(gap), from: elbo, to: evidence, color: ink.z, hollow: true },
  ];
  const context = fitCanvas(canvas, width, stepsHeight(rows.length));
  const marks = [{ at: evidence, label: `log p(x) = ${format(evidence)}`, color: ink.x }];
  drawSteps(context, rows, { width, scale: linearScale(NATS, [14, width - 10]), domain: NATS, axis: ticks(NATS, 6), marks, ink });
}

// ---- Controller ----

function render({ model, el, signal }) {
  const life = begin({ model, el, signal }, draw);
  const state = () => ({
    w: model.get("w"), s2: model.get("s2"),
    x: clampNumber(model.get("x"), XS), mean: clampNumber(model.get("mean"), MEANS), std: clampNumber(model.get("std"), STDS),
  });
  const place = ({ mean, std }) => life.update({ mean: clampNumber(mean, MEANS), std: clampNumber(std, STDS) });
  const onStep = (dx, dy) => place({ mean: state().mean + 0.01 * dx, std: state().std + 0.01 * dy });
  const widthOf = (canvas) => widthIn(canvas, 220, 460);

  const curves = h("canvas");
  const map = h("canvas");
  const bill = h("canvas", { role: "img", "aria-label": "bars of reconstruction, price, ELBO and gap against the line of log p(x); the text below has the values" });
  const said = readout(life.signal);
  const keys = "Left and right arrow move the mean of q, up and down its standard deviation, with shift ten times as far.";
  let held = "mean";
  movable(curves, {
    label: `Densities of q, of the posterior and of the prior. ${keys}`,
    signal: life.signal,
    onPoint: (px, py, begins) => {
      const now = state();
      const panel = curvesPanel(widthOf(curves), now);
      if (begins) held = heldHandle(bellHandles(panel, now.mean, now.std), px, py);
      const z = panel.x.toData(px);
      place(held === "mean" ? { ...now, mean: z } : { ...now, std: Math.abs(z - now.mean) });
    },
    onStep,
  });
  movable(map, {
    label: `Map of the gap over all q. ${keys}`,
    signal: life.signal,
    onPoint: (px, py) => place({ mean: mapScales(widthOf(map)).x.toData(px), std: mapScales(widthOf(map)).y.toData(py) }),
    onStep,
  });
  const number = (label, key, /** @type {number[]} */ [min, max]) =>
    slider({ label, min, max, step: 0.01, value: 0, say: (value) => format(value), signal: life.signal, onInput: (value) => life.update({ [key]: value }) });
  const sliders = { mean: number("mean μ", "mean", MEANS), std: number("width σ", "std", STDS), x: number("observed x", "x", XS) };
  el.append(
    h("div", { className: "cw-row tb-row" },
      h("div", { className: "tb-column" }, curves, bill),
      h("div", { className: "tb-column" }, map,
        h("div", { className: "cw-row" },
          button("One step up the ELBO", () => place(climb(state())), life.signal),
          button("Snap to the posterior", () => place(truePosterior(state())), life.signal),
        ),
      ),
    ),
    said.el,
    h("div", { className: "cw-row" }, ...Object.values(sliders).map((one) => one.el)),
  );

  function draw() {
    const ink = inkOf(el);
    const now = state();
    drawCurves(curves, widthOf(curves), now, ink);
    drawBill(bill, widthOf(bill), now, ink);
    drawMap(map, widthOf(map), now, ink);
    for (const [key, one] of Object.entries(sliders)) one.set(now[key]);
    said.say(inWords(now));
  }
  return life.end;
}

export default { render };
