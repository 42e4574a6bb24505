// Reparameterization: fixed noise rides along as μ and σ move; two estimators of one gradient, draw by draw.
// Question: f(z) = (z − a)². Is there any μ and σ at which the score function estimates ∂E f/∂μ better than the slope does?
//
// Model keys (type, shape, unit; who writes):
//   name     string    how the address names this figure; Python
//   a        number    where f has its minimum; Python
//   mean     number    μ of z = μ + σε, in [a − 2, a + 2]; the reader, Python
//   std      number    σ, in [0.1, 1.2]; the reader, Python
//   draws    integer   how many draws have been made, 1 to 2000; the reader, Python
//   seed     integer   which noise ε; Python
import { drawAxes, drawLine, fitCanvas, format, linearScale, ticks, widthIn } from "./core/canvas.mjs";
import { button, h, movable, readout, slider } from "./core/controls.mjs";
import { begin, inkOf } from "./core/life.mjs";
import { normalGenerator } from "./core/random.mjs";

export const LIMITS = { mean: 2, std: [0.1, 1.2], draws: [1, 2000] };
const RIDING = 24; // so many draws are shown with their arrows: the latest ones

/** The noise of all draws that can be made: always the same for the same seed. */
export function noiseOf(seed, count = LIMITS.draws[1]) {
  return Float64Array.from({ length: count }, normalGenerator(seed));
}

/** One estimate of ∂E f/∂μ for each ε: the slope f'(z), and f(z) times the score (z − μ)/σ². */
export function estimates(noise, { mean, std, a }) {
  const z = noise.map((eps) => mean + std * eps);
  return { path: z.map((value) => 2 * (value - a)), score: z.map((value, i) => ((value - a) ** 2 * noise[i]) / std) };
}

/** What both estimators are after: ∂/∂μ of E f = (μ − a)² + σ². */
export function exactGradient({ mean, a }) {
  return 2 * (mean - a);
}

/** The variance of one estimate, in closed form. */
export function closedVariances({ mean, std, a }) {
  const [d2, v] = [(mean - a) ** 2, std * std];
  return { path: 4 * v, score: (d2 * d2) / v + 14 * d2 + 15 * v };
}

/** Mean, variance (n − 1 in the denominator) and standard error of the mean; a single number has no spread. */
export function summary(values) {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = n > 1 ? values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1) : NaN;
  return { mean, variance, error: Math.sqrt(variance / n) };
}

/** How many values fall into each of `bins` equal parts of [low, high], and how many outside. */
export function histogram(values, /** @type {number[]} */ [low, high], bins) {
  const counts = new Array(bins).fill(0);
  let outside = 0;
  for (const value of values) {
    const bin = Math.floor(((value - low) / (high - low)) * bins);
    if (bin >= 0 && bin < bins) counts[bin]++;
    else outside++;
  }
  return { counts, outside };
}

/** The values that both strips show: the truth in the middle, three standard deviations of the wider one to either side. */
export function stripRange(settings) {
  const half = 3 * Math.sqrt(closedVariances(settings).score);
  return [exactGradient(settings) - half, exactGradient(settings) + half];
}

/** Settings within their limits, whatever the address or Python said. */
export function within({ mean, std, draws, a }) {
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  return {
    a, mean: clamp(mean, a - LIMITS.mean, a + LIMITS.mean), std: clamp(std, ...LIMITS.std), draws: clamp(Math.round(draws), ...LIMITS.draws),
  };
}

// ---- View ----

const EDGE = { left: 34, right: 8, top: 10 };
const CURVE = 190; // height of the panel with f
const RIDE = { z: CURVE + 26, noise: CURVE + 96, height: CURVE + 140 };
const REACH = 3.5; // z from a − 3.5 to a + 3.5
const TALLEST = 9; // f from 0 to 9
const ARROW = 0.16; // length of an arrow: units of z per unit of slope

function rideScales(width, a) {
  const span = [EDGE.left, width - EDGE.right];
  return {
    z: linearScale([a - REACH, a + REACH], span),
    noise: linearScale([-REACH, REACH], span),
    f: linearScale([0, TALLEST], [CURVE, EDGE.top]),
  };
}

function dot(context, color, x, y, radius, ring) {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fillStyle = color;
  context.fill();
  if (ring) Object.assign(context, { strokeStyle: ring, lineWidth: 2 }), context.stroke();
}

function text(context, words, x, y, color, align = "left", font = "13px system-ui, sans-serif") {
  Object.assign(context, { font, fillStyle: color, textAlign: align, textBaseline: "alphabetic" });
  context.fillText(words, x, y);
}

function arrow(context, color, width, x, y, length) {
  if (Math.abs(length) < 1) return;
  const side = Math.sign(length);
  const head = Math.min(7, Math.abs(length));
  drawLine(context, color, width, [[x, y], [x + length, y]]);
  drawLine(context, color, width, [[x + length - side * head, y - 4], [x + length, y], [x + length - side * head, y + 4]]);
}

// Below, noise that never moves; above it the z that it becomes; on top f with the slope at each z.
function drawRide(canvas, width, settings, noise, ink) {
  const { mean, std, a, draws } = settings;
  const { z, noise: e, f } = rideScales(width, a);
  const context = fitCanvas(canvas, width, RIDE.height);
  drawAxes(context, { left: EDGE.left, top: EDGE.top, width: width - EDGE.left - EDGE.right, height: CURVE - EDGE.top }, z, f, {
    xTicks: [], yTicks: ticks([0, TALLEST], 3), ink,
  });
  context.save();
  context.beginPath();
  context.rect(EDGE.left, EDGE.top, width - EDGE.left - EDGE.right, RIDE.height);
  context.clip();
  const curve = Array.from({ length: 121 }, (_, i) => a + (i / 60 - 1) * Math.sqrt(TALLEST));
  drawLine(context, ink.text, 1.5, curve.map((value) => [z.toPixel(value), f.toPixel((value - a) ** 2)]));
  drawLine(context, ink.line, 1, [[EDGE.left, RIDE.z], [width, RIDE.z]]);
  drawLine(context, ink.line, 1, [[EDGE.left, RIDE.noise], [width, RIDE.noise]]);
  drawLine(context, ink.std, 5, [[z.toPixel(mean - std), RIDE.z], [z.toPixel(mean + std), RIDE.z]]);
  const first = Math.max(0, draws - RIDING);
  for (let i = first; i < draws; i++) {
    const [value, latest] = [mean + std * noise[i], i === draws - 1];
    const [x, y] = [z.toPixel(value), f.toPixel((value - a) ** 2)];
    drawLine(context, latest ? ink.text : ink.line, latest ? 2 : 1, [[e.toPixel(noise[i]), RIDE.noise], [x, RIDE.z]]);
    drawLine(context, latest ? ink.text : ink.line, 1, [[x, RIDE.z], [x, y]], [2, 4]);
    arrow(context, ink.z, latest ? 3 : 1.5, x, y, z.toPixel(ARROW * 2 * (value - a)) - z.toPixel(0));
    dot(context, ink.noise, e.toPixel(noise[i]), RIDE.noise, latest ? 5 : 3.5, latest && ink.text);
    dot(context, ink.z, x, RIDE.z, latest ? 5 : 3.5, latest && ink.text);
    dot(context, ink.z, x, y, latest ? 5 : 3, latest && ink.text);
  }
  const middle = z.toPixel(mean);
  drawLine(context, ink.page, 7, [[middle, RIDE.z - 11], [middle, RIDE.z + 11]]);
  drawLine(context, ink.mean, 4, [[middle, RIDE.z - 11], [middle, RIDE.z + 11]]);
  context.restore();
  text(context, `f(z) = (z − a)², a = ${format(a, a % 1 ? 2 : 0)}`, z.toPixel(a), EDGE.top + 18, ink.text, "center");
  text(context, "arrows: slope f′(z)", z.toPixel(a), EDGE.top + 36, ink.z, "center");
  text(context, "z", 14, RIDE.z + 4, ink.z, "left", "italic 16px serif");
  text(context, "ε", 14, RIDE.noise + 4, ink.noise, "left", "italic 16px serif");
  text(context, "μ", middle, RIDE.z + 27, ink.mean, "center", "italic bold 16px serif");
  text(context, "σ", z.toPixel(mean + std) + 6, RIDE.z + 17, ink.std, "left", "italic bold 16px serif");
  text(context, "the noise ε stays; z = μ + σε moves", EDGE.left + 8, RIDE.noise + 26, ink.muted);
}

const STRIP = { title: 18, height: 112, gap: 30 };

function drawStrip(context, width, top, { label, values, color, range, exact, ink }) {
  const x = linearScale(range, [EDGE.right, width - EDGE.right]);
  const floor = top + STRIP.height;
  const bins = 61;
  const { counts, outside } = histogram(values, range, bins);
  const unit = (STRIP.height - STRIP.title - 10) / Math.max(6, ...counts);
  const size = (width - 2 * EDGE.right) / bins;
  context.fillStyle = color;
  counts.forEach((count, i) => context.fillRect(EDGE.right + i * size + 0.5, floor - count * unit, size - 1, count * unit));
  drawLine(context, ink.line, 1, [[EDGE.right, floor], [width - EDGE.right, floor]]);
  drawLine(context, ink.text, 1.5, [[x.toPixel(exact), top + STRIP.title + 4], [x.toPixel(exact), floor]], [5, 4]);
  const latest = x.toPixel(values[values.length - 1]);
  drawLine(context, ink.text, 2, [[latest - 5, floor + 9], [latest, floor + 2], [latest + 5, floor + 9], [latest - 5, floor + 9]]);
  const { mean, error } = summary(values);
  if (values.length > 1) {
    const y = floor + 17;
    const [middle, ...ends] = [mean, mean - error, mean + error].map(x.toPixel);
    drawLine(context, color, 2, ends.map((end) => [end, y]));
    for (const end of ends) drawLine(context, color, 2, [[end, y - 5], [end, y + 5]]);
    dot(context, color, middle, y, 3.5);
  }
  text(context, label, EDGE.right, top + 12, color, "left", "bold 13px system-ui, sans-serif");
  if (outside) text(context, `${outside} outside`, width - EDGE.right, top + 30, ink.muted, "right");
}

function drawStrips(canvas, width, settings, { path, score }, ink) {
  const height = 2 * (STRIP.height + STRIP.gap) + 46;
  const context = fitCanvas(canvas, width, height);
  const [range, exact] = [stripRange(settings), exactGradient(settings)];
  const common = { range, exact, ink };
  drawStrip(context, width, 0, { ...common, label: "pathwise: f′(z)", values: path, color: ink.z });
  drawStrip(context, width, STRIP.height + STRIP.gap, { ...common, label: "score function: f(z) · (z − μ)/σ²", values: score, color: ink.loss });
  const x = linearScale(range, [EDGE.right, width - EDGE.right]);
  const bottom = height - 28;
  text(context, `exact ${format(exact)}`, x.toPixel(exact) + 6, STRIP.title + 14, ink.text);
  text(context, "△ this draw     ├●┤ mean ± standard error", width / 2, height - 5, ink.muted, "center");
  for (const value of ticks(range, 6)) {
    if (x.toPixel(value) > 14 && x.toPixel(value) < width - 14) text(context, format(value, value % 1 ? 1 : 0), x.toPixel(value), bottom, ink.muted, "center", "12px system-ui, sans-serif");
  }
}

// ---- Controller ----

function render({ model, el, signal }) {
  const noise = noiseOf(model.get("seed"));
  const life = begin({ model, el, signal }, draw);
  const settings = () => within({ mean: model.get("mean"), std: model.get("std"), draws: model.get("draws"), a: model.get("a") });
  const change = (wanted) => {
    const { mean, std, draws } = within({ ...settings(), ...wanted });
    life.update({ mean, std, draws });
  };
  const start = settings();

  const ride = h("canvas", {});
  const strips = h("canvas", { role: "img", "aria-label": "Two histograms of the estimates on one axis; the table below has their numbers." });
  const said = readout(life.signal);
  const widthOf = (canvas) => widthIn(canvas, 240, 460);
  movable(ride, {
    label: "Noise that becomes z. Left and right arrow keys move μ, up and down change σ, with shift ten times as far.",
    signal: life.signal,
    onPoint: (x) => change({ mean: rideScales(widthOf(ride), settings().a).z.toData(x) }),
    onStep: (dx, dy) => change({ mean: settings().mean + 0.05 * dx, std: settings().std + 0.02 * dy }),
  });
  const sliders = {
    mean: slider({
      label: "μ", min: start.a - LIMITS.mean, max: start.a + LIMITS.mean, step: 0.01, value: start.mean, say: (value) => format(value),
      signal: life.signal, onInput: (mean) => change({ mean }),
    }),
    std: slider({
      label: "σ", min: LIMITS.std[0], max: LIMITS.std[1], step: 0.01, value: start.std, say: (value) => format(value),
      signal: life.signal, onInput: (std) => change({ std }),
    }),
    draws: slider({
      label: "draws n", min: 1, max: LIMITS.draws[1], step: 1, value: start.draws, signal: life.signal, onInput: (draws) => change({ draws }),
    }),
  };
  const more = (count) => () => change({ draws: settings().draws + count });
  const buttons = [
    button("Next draw", more(1), life.signal), button("100 draws", more(100), life.signal),
    button("Start over", () => change({ ...start, draws: 1 }), life.signal),
  ];

  const cells = {};
  const row = (name, key) => h("tr", {}, h("th", { scope: "row" }, name), ...["path", "score"].map((who) => (cells[key + who] = h("td", {}))));
  const table = h("table", { className: "rp-table" },
    h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col", className: "rp-path" }, "pathwise"), h("th", { scope: "col", className: "rp-score" }, "score function"))),
    h("tbody", {}, row("this draw", "latest"), row("mean ± standard error", "mean"), row("exact derivative", "exact"), row("variance, measured", "variance"), row("variance, formula", "closed")),
  );
  el.append(
    h("div", { className: "cw-row rp-row" }, h("div", { className: "cw-grow rp-half" }, ride), h("div", { className: "cw-grow rp-half" }, strips)),
    h("div", { className: "cw-row" }, ...Object.values(sliders).map((one) => one.el)),
    h("div", { className: "cw-row" }, ...buttons),
    table, said.el,
  );

  function draw() {
    const now = settings();
    const ink = inkOf(el);
    const both = estimates(noise.subarray(0, now.draws), now);
    drawRide(ride, widthOf(ride), now, noise, ink);
    drawStrips(strips, widthOf(strips), now, both, ink);
    for (const key of Object.keys(sliders)) sliders[key].set(now[key]);

    const [exact, closed] = [exactGradient(now), closedVariances(now)];
    const shown = {};
    for (const who of ["path", "score"]) {
      const { mean, variance, error } = summary(both[who]);
      shown[who] = now.draws > 1 ? `${format(mean)} ± ${format(error)}` : format(mean);
      cells[`latest${who}`].textContent = format(both[who][now.draws - 1]);
      cells[`mean${who}`].textContent = shown[who];
      cells[`exact${who}`].textContent = format(exact);
      cells[`variance${who}`].textContent = now.draws > 1 ? format(variance) : "needs two draws";
      cells[`closed${who}`].textContent = format(closed[who]);
    }
    said.say(
      `μ = ${format(now.mean)}, σ = ${format(now.std)}. After ${now.draws} ${now.draws > 1 ? "draws" : "draw"}, pathwise ${shown.path}, ` +
        `score function ${shown.score}; exact ${format(exact)}. By the formulas the score function's variance is ${format(closed.score / closed.path, 1)} times the other's.`,
    );
  }
  return life.end;
}

export default { render };
