// Two Gaussians: q = N(μ, σ²) against p = N(0, 1), and the divergence between them, term by term and in both directions.
// Question: a cloud sits off centre; which width is cheapest, and is it the same in the other direction?
//
// Model keys (type, shape, unit; who writes):
//   name       string                 how the address names this figure; Python
//   mean       number, −2 to 2        mean μ of q; the reader, Python
//   std        number, 0.05 to 2.5    standard deviation σ of q; the reader, Python
//   direction  "qp" or "pq"           whose integrand is drawn, KL(q‖p) or KL(p‖q); the reader, Python
import { drawAxes, fitCanvas, format, linearScale, ticks, widthIn } from "./core/canvas.mjs";
import { button, choice, h, movable, readout, slider } from "./core/controls.mjs";
import { bellHandles, bellPlaces, clampNumber, curvePanel, drawCurve, drawHandles, drawLegend, gaussianKl, heldHandle, logNormal, normalDensity } from "./core/gaussians.mjs";
import { begin, inkOf } from "./core/life.mjs";
import { drawSteps, stepsHeight } from "./core/steps.mjs";

export const MEANS = [-2, 2];
export const STDS = [0.05, 2.5];

/** The three terms of KL(N(mean, std²) ‖ N(0, 1)) in nats, as the chapter splits them. */
export function klTerms(mean, std) {
  return { position: 0.5 * mean ** 2, variance: 0.5 * (std ** 2 - 1), logVariance: -0.5 * Math.log(std ** 2) };
}

/** Both directions, in nats: `qp` is KL(q‖p), the sum of the three terms; `pq` is KL(p‖q). */
export function bothDirections(mean, std) {
  const { position, variance, logVariance } = klTerms(mean, std);
  return { qp: position + variance + logVariance, pq: gaussianKl(0, 1, mean, std) };
}

/** Derivatives of KL(q‖p) with respect to mean and std. */
export function klGradient(mean, std) {
  return [mean, std - 1 / std];
}

/** What is integrated over z: q·log(q/p) or p·log(p/q), in nats per unit of z. */
export function integrand(direction, mean, std) {
  const difference = (z) => logNormal(z, mean, std) - logNormal(z, 0, 1);
  return direction === "qp" ? (z) => normalDensity(z, mean, std) * difference(z) : (z) => -normalDensity(z, 0, 1) * difference(z);
}

/** The situation in words. */
export function inWords(mean, std) {
  const { position, variance, logVariance } = klTerms(mean, std);
  const { qp, pq } = bothDirections(mean, std);
  const width = Math.abs(std - 1) < 0.05
    ? "As wide as the prior, or nearly: the two terms of the width cancel."
    : std < 1
      ? `Narrower than the prior: the log-variance charges ${format(logVariance)}, the variance gives back only ${format(-variance)}.`
      : `Wider than the prior: the variance charges ${format(variance)}, the log-variance gives back only ${format(-logVariance)}.`;
  const place = position < 0.005 ? "The position costs nothing." : `The position costs ${format(position)}.`;
  return `q = N(${format(mean)}, ${format(std)}²). ${width} ${place} Together KL(q‖p) = ${format(qp)} nats; the other way round, KL(p‖q) = ${format(pq)}.`;
}

// ---- View ----

const HALF = 4; // z from −4 to 4
const NATS = [-0.75, 5];
const CURVES = { top: 26, height: 170 };
const GROUND = { top: 226, height: 90 }; // the integrand, below the densities, over the same z
const BELOW = 40;

function densityPanel(width, std) {
  return curvePanel({ width, ...CURVES }, HALF, [0, 1.2 * Math.max(normalDensity(0, 0, std), normalDensity(0, 0, 1))]);
}

function drawCurves(canvas, width, { mean, std, direction }, ink) {
  const context = fitCanvas(canvas, width, GROUND.top + GROUND.height + BELOW);
  const panel = densityPanel(width, std);
  const top = panel.y.toData(CURVES.top);
  const q = { name: "q", color: ink.encoder, lineWidth: 2.5 };
  const p = { name: "p, the prior", color: ink.z, dash: [6, 4] };
  drawAxes(context, panel.area, panel.x, panel.y, { xTicks: [], yTicks: ticks([0, top], 3), ink });
  drawLegend(context, [q, p], panel.area.left + 2, 12, ink);
  drawCurve(context, panel, (z) => normalDensity(z, 0, 1), p);
  drawCurve(context, panel, (z) => normalDensity(z, mean, std), { ...q, fill: 0.12 }, bellPlaces(mean, std));
  drawHandles(context, panel, bellHandles(panel, mean, std), ink);
  drawIntegrand(context, width, { mean, std, direction }, ink);
}

function drawIntegrand(context, width, { mean, std, direction }, ink) {
  const f = integrand(direction, mean, std);
  const exact = bellPlaces(mean, std);
  const values = [...exact, ...Array.from({ length: 81 }, (_, i) => (i - 40) / 10)].map(f);
  const range = [Math.min(-0.1, 1.1 * Math.min(...values)), Math.max(0.3, 1.1 * Math.max(...values))];
  const panel = curvePanel({ width, ...GROUND }, HALF, range);
  const { area, x, y } = panel;
  drawAxes(context, area, x, y, { xTicks: ticks([-HALF, HALF], width < 360 ? 4 : 8), yTicks: ticks(range, 3), xLabel: "z", ink });
  Object.assign(context, { strokeStyle: ink.text, lineWidth: 1 });
  context.strokeRect(area.left, y.toPixel(0), area.width, 0);
  drawCurve(context, panel, f, { color: ink.loss, lineWidth: 1.5, fill: 0.3 }, exact);
  const name = direction === "qp" ? "q · log(q/p), whose area is KL(q‖p)" : "p · log(p/q), whose area is KL(p‖q)";
  Object.assign(context, { fillStyle: ink.text, font: "13px system-ui, sans-serif", textAlign: "left", textBaseline: "middle" });
  context.fillText(name, area.left + 2, GROUND.top - 11);
}

function drawTerms(canvas, width, { mean, std }, ink) {
  const { position, variance, logVariance } = klTerms(mean, std);
  const { qp, pq } = bothDirections(mean, std);
  const signed = (value) => (Number(value.toFixed(2)) > 0 ? "+" : "") + format(value);
  const step = (label, from, by, color) => ({ label, value: signed(by), from, to: from + by, color, hollow: by < 0, joins: true });
  const rows = [
    step("position ½μ²", 0, position, ink.mean),
    step("variance ½(σ² − 1)", position, variance, ink.std),
    step("log-variance −½ log σ²", position + variance, logVariance, ink.noise),
    { label: "sum = KL(q‖p)", value: format(qp), from: 0, to: qp, color: ink.loss },
    { label: "other direction: KL(p‖q)", value: format(pq), from: 0, to: pq, color: ink.loss },
  ];
  const context = fitCanvas(canvas, width, stepsHeight(rows.length));
  const scale = linearScale(NATS, [8, width - 14]);
  Object.assign(context, { fillStyle: ink.muted, font: "13px system-ui, sans-serif", textAlign: "left", textBaseline: "middle" });
  context.fillText("nats; hatched bars are given back", 2, 10);
  drawSteps(context, rows, { width, scale, domain: NATS, axis: [0, 1, 2, 3, 4, 5], ink });
}

// ---- Controller ----

function render({ model, el, signal }) {
  const life = begin({ model, el, signal }, draw);
  const state = () => ({
    mean: clampNumber(model.get("mean"), MEANS), std: clampNumber(model.get("std"), STDS), direction: model.get("direction") === "pq" ? "pq" : "qp",
  });
  const setMean = (mean) => life.update({ mean: clampNumber(mean, MEANS) });
  const setStd = (std) => life.update({ std: clampNumber(std, STDS) });

  const curves = h("canvas");
  const terms = h("canvas", { role: "img", "aria-label": "bars of the three terms, of their sum and of the other direction; the text below has the values" });
  const said = readout(life.signal);
  const widthOf = (canvas) => widthIn(canvas, 220, 460);
  let held = "mean";
  movable(curves, {
    label: "Densities of q and p. Left and right arrow move the mean of q, up and down its width, with shift ten times as far.",
    signal: life.signal,
    onPoint: (px, py, begins) => {
      const { mean, std } = state();
      const panel = densityPanel(widthOf(curves), std);
      if (begins) held = heldHandle(bellHandles(panel, mean, std), px, py);
      if (held === "mean") setMean(panel.x.toData(px));
      else setStd(Math.abs(panel.x.toData(px) - mean));
    },
    onStep: (dx, dy) => {
      const { mean, std } = state();
      life.update({ mean: clampNumber(mean + 0.02 * dx, MEANS), std: clampNumber(std * 1.02 ** dy, STDS) });
    },
  });
  const meanSlider = slider({
    label: "mean μ", min: MEANS[0], max: MEANS[1], step: 0.01, value: 0, say: (value) => format(value), onInput: setMean, signal: life.signal,
  });
  const stdSlider = slider({
    label: "width σ", min: Math.log2(STDS[0]), max: Math.log2(STDS[1]), step: 0.001, value: 0, say: (value) => format(2 ** value),
    onInput: (value) => setStd(2 ** value), signal: life.signal,
  });
  const directions = choice({
    legend: "Lower curve", options: [["qp", "KL(q‖p)"], ["pq", "KL(p‖q)"]], value: state().direction, signal: life.signal,
    onChange: (direction) => life.update({ direction }),
  });
  el.append(
    h("div", { className: "cw-row tg-row" }, h("div", { className: "tg-curves" }, curves), h("div", { className: "tg-terms" }, terms, said.el)),
    h("div", { className: "cw-row" }, meanSlider.el, stdSlider.el),
    h("div", { className: "cw-row" },
      button("Halve σ", () => setStd(state().std / 2), life.signal),
      button("σ = 1", () => setStd(1), life.signal),
      button("q = p", () => life.update({ mean: 0, std: 1 }), life.signal),
      directions.el,
    ),
  );

  function draw() {
    const ink = inkOf(el);
    const now = state();
    drawCurves(curves, widthOf(curves), now, ink);
    drawTerms(terms, widthOf(terms), now, ink);
    meanSlider.set(now.mean);
    stdSlider.set(Math.log2(now.std));
    directions.set(now.direction);
    said.say(inWords(now.mean, now.std));
  }
  return life.end;
}

export default { render };
