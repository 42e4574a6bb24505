// Noise process: points of a figure dissolve into noise step by step, and a trained network leads noise back.
// Question: by which time is the figure lost? And does the way back need its noise?
//
// Model keys (type, shape, unit; who writes):
//   name       string    how the address names this figure; Python
//   points     bytes     the data, float32, x and y of each point; Python
//   beta       list      β_0 = 0, β_1, …, β_T; Python
//   variance   list      σ_t² of the steps back, by t, entry 0 unused; Python
//   widths     list      the layers of the denoiser, from point and time to point; Python
//   weights    bytes     their weights and biases, float32; Python
//   t          integer   the time that is shown, 0 to T; the reader, Python
//   direction  string    "forward" or "reverse"; the reader, Python
//   sampler    string    "ddpm", "ddim", or "ddim-10" for ten steps; the reader, Python
//   seed       integer   which noise; the reader, Python
import { drawLine, fitCanvas, format, linearScale, widthIn } from "./core/canvas.mjs";
import { button, choice, h, movable, readout, slider } from "./core/controls.mjs";
import { guessStart, jumpBack, readNetwork, readSchedule, stepBack, stepForward, visitedTimes } from "./core/denoiser.mjs";
import { begin, inkOf } from "./core/life.mjs";
import { normalGenerator } from "./core/random.mjs";

export const NEAR = 0.2; // a point this near to some point of the data has found the figure
const FEW_STEPS = 10;
const TRAILS = 4; // so many points are followed
const REACH = 2.6; // the plane from −2.6 to 2.6
const FIELD = 11; // along each side
const SPEED = 40; // milliseconds a step of the time
const WAYS = { ddpm: "DDPM", ddim: "DDIM", "ddim-10": "DDIM in few steps" };

const visits = (total, sampler) => visitedTimes(total, sampler === "ddim-10" ? Math.min(FEW_STEPS, total) : total);

/** The time that points on their way back have reached at t: between its visits DDIM stands where the last step ended. */
export function reachedTime(total, sampler, t) {
  return t === 0 ? 0 : visits(total, sampler).findLast((time) => time >= t);
}

/** The encoder's chain: x_0, x_1, … as far as `until`, appended to `path`, from normal numbers drawn in order. */
export function extendForward(schedule, path, until, normal) {
  while (path.length <= until) {
    const before = path[path.length - 1];
    path.push(stepForward(schedule, before, path.length, Float64Array.from(before, normal)));
  }
  return path;
}

/**
 * The way back: `path[k]` is x_{T − k}. Between the times that DDIM visits nothing moves.
 * @param {any} model  {schedule, network, variance}
 * @param {Float64Array[]} path  begins with x_T
 * @param {number} until  the time down to which it is wanted
 * @param {{sampler: string, normal: () => number}} how
 */
export function extendReverse(model, path, until, { sampler, normal }) {
  const total = model.schedule.steps;
  while (total - (path.length - 1) > until) {
    const [t, now] = [total - (path.length - 1), path[path.length - 1]];
    if (sampler === "ddpm") {
      path.push(stepBack(model, now, t, t > 1 ? Float64Array.from(now, normal) : now));
    } else {
      const arrives = reachedTime(total, sampler, t - 1) === t - 1;
      path.push(arrives ? jumpBack(model, now, reachedTime(total, sampler, t), t - 1) : now);
    }
  }
  return path;
}

/** The share of points that lie within `reach` of a point of the data. */
export function shareNear(points, data, reach = NEAR) {
  let near = 0;
  for (let p = 0; p < points.length; p += 2) {
    for (let d = 0; d < data.length; d += 2) {
      if ((points[p] - data[d]) ** 2 + (points[p + 1] - data[d + 1]) ** 2 <= reach * reach) {
        near++;
        break;
      }
    }
  }
  return near / (points.length / 2);
}

/** A regular grid of places, flat. */
export function gridOf(side, reach) {
  const at = (i) => -reach + (2 * reach * (i + 0.5)) / side;
  return Float64Array.from({ length: 2 * side * side }, (_, k) => (k % 2 ? at(Math.floor(k / 2 / side)) : at((k >> 1) % side)));
}

// ---- View ----

function dots(context, at, points, color, radius) {
  context.fillStyle = color;
  context.beginPath();
  for (let p = 0; p < points.length; p += 2) {
    const [x, y] = at(points[p], points[p + 1]);
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 7);
  }
  context.fill();
}

// Where the network thinks that a point at each place came from, a quarter of the way, no longer than a cell.
function arrows(context, at, model, t, ink) {
  const places = gridOf(FIELD, REACH);
  const start = guessStart(model, places, t);
  const longest = (2 * REACH) / FIELD;
  for (let p = 0; p < places.length; p += 2) {
    let [dx, dy] = [0.25 * (start[p] - places[p]), 0.25 * (start[p + 1] - places[p + 1])];
    const shrink = Math.min(1, longest / Math.hypot(dx, dy));
    [dx, dy] = [dx * shrink, dy * shrink];
    const [from, to] = [at(places[p], places[p + 1]), at(places[p] + dx, places[p + 1] + dy)];
    drawLine(context, ink.line, 1, [from, to]);
    context.fillStyle = ink.line;
    context.fillRect(to[0] - 2, to[1] - 2, 4, 4);
  }
}

function drawPlane(canvas, side, { data, model, path, shown, t, direction, ink }) {
  const context = fitCanvas(canvas, side, side);
  const [x, y] = [linearScale([-REACH, REACH], [0, side]), linearScale([-REACH, REACH], [side, 0])];
  const at = (a, b) => [x.toPixel(a), y.toPixel(b)];
  Object.assign(context, { strokeStyle: ink.line, lineWidth: 1 });
  context.strokeRect(0.5, 0.5, side - 1, side - 1);
  if (t > 0) arrows(context, at, model, t, ink);
  if (direction === "reverse") dots(context, at, data, ink.line, 1);
  const now = path[shown];
  const followed = Array.from({ length: TRAILS }, (_, k) => 2 * Math.floor((k * now.length) / 2 / TRAILS));
  context.globalAlpha = 0.6;
  for (const p of followed) drawLine(context, ink.noise, 1, path.slice(0, shown + 1).map((points) => at(points[p], points[p + 1])));
  context.globalAlpha = 1;
  dots(context, at, now, direction === "forward" ? ink.x : ink.x_hat, 2.4);
  dots(context, at, Float64Array.from(followed.flatMap((p) => [now[p], now[p + 1]])), ink.noise, 4.5);
}

// ---- Controller ----

function render({ model, el, signal }) {
  const bytes = model.get("points");
  const data = Float64Array.from({ length: bytes.byteLength / 4 }, (_, i) => bytes.getFloat32(4 * i, true));
  const schedule = readSchedule(model.get("beta"));
  const network = readNetwork({ widths: model.get("widths"), weights: model.get("weights") });
  const parts = { schedule, network, variance: model.get("variance") };
  const life = begin({ model, el, signal }, draw);
  const calm = globalThis.matchMedia("(prefers-reduced-motion: reduce)");
  const total = schedule.steps;
  // An address may say anything: what nobody knows is the first of the options.
  const settings = () => ({
    t: Math.min(total, Math.max(0, Math.round(model.get("t")))),
    direction: model.get("direction") === "reverse" ? "reverse" : "forward",
    sampler: Object.hasOwn(WAYS, model.get("sampler")) ? model.get("sampler") : "ddpm",
    seed: Math.abs(Math.round(model.get("seed"))),
  });

  // What has been computed, as long as noise and sampler stay the same: it grows as time goes on.
  const known = new Map();
  function pathOf({ t, direction, sampler, seed }) {
    const key = [direction, direction === "forward" ? "" : sampler, seed].join();
    if (!known.has(key)) {
      if (known.size > 8) known.clear();
      const normal = normalGenerator(2 * seed + Number(direction === "reverse"));
      known.set(key, { normal, path: [direction === "forward" ? data : Float64Array.from(data, normal)] });
    }
    const { normal, path } = known.get(key);
    if (direction === "forward") extendForward(schedule, path, t, normal);
    else extendReverse(parts, path, t, { sampler, normal });
    return path;
  }

  let timer = 0;
  const goal = () => (settings().direction === "forward" ? total : 0);
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    el.setAttribute("aria-busy", "false");
    life.redraw();
  };
  life.signal.addEventListener("abort", () => (clearInterval(timer), el.removeAttribute("aria-busy")));
  const change = (wanted) => {
    stop();
    life.update(wanted);
  };
  const play = () => {
    if (timer) return stop();
    const { t, direction } = settings();
    const step = direction === "forward" ? 1 : -1;
    if (calm.matches) return change({ t: t === goal() ? total - goal() : goal() });
    if (t === goal()) life.update({ t: total - goal() });
    el.setAttribute("aria-busy", "true");
    timer = setInterval(() => {
      if (settings().t === goal()) stop();
      else life.update({ t: settings().t + step });
    }, SPEED);
    return life.redraw();
  };

  const canvas = h("canvas", { className: "np-plane" });
  const said = readout(life.signal);
  const sideOf = () => widthIn(canvas, 220, 440);
  const scrub = (t) => change({ t: Math.min(total, Math.max(0, Math.round(t))) });
  movable(canvas, {
    label: "Points between figure and noise. Right and left arrow keys add and remove noise, with shift ten steps; a drag sets the time.",
    signal: life.signal,
    onPoint: (px) => scrub((total * px) / sideOf()),
    onStep: (dx, dy) => scrub(settings().t + dx + dy),
  });
  const time = slider({ label: "time t", min: 0, max: total, step: 1, value: settings().t, signal: life.signal, onInput: scrub });
  const direction = choice({
    legend: "direction", options: [["forward", "add noise"], ["reverse", "take it away"]], value: settings().direction,
    signal: life.signal, onChange: (value) => change({ direction: value, t: value === "forward" ? 0 : total }),
  });
  const sampler = choice({
    legend: "way back", options: [["ddpm", `DDPM, ${total} steps`], ["ddim", `DDIM, ${total} steps`], ["ddim-10", `DDIM, ${Math.min(FEW_STEPS, total)} steps`]],
    value: settings().sampler, signal: life.signal, onChange: (value) => change({ sampler: value, direction: "reverse", t: settings().direction === "reverse" ? settings().t : total }),
  });
  const playing = button("Play", play, life.signal);
  const start = settings();
  const buttons = [
    playing,
    button("Start over", () => change(start), life.signal),
    button("Other noise", () => change({ seed: settings().seed + 1 }), life.signal),
  ];
  el.append(
    h("div", { className: "cw-row np-row" },
      h("div", { className: "np-half" }, canvas),
      h("div", { className: "np-side" }, direction.el, sampler.el, h("div", { className: "cw-row" }, time.el), h("div", { className: "cw-row" }, ...buttons)),
    ),
    said.el,
  );
  el.setAttribute("aria-busy", "false");

  function draw() {
    const now = settings();
    const path = pathOf(now);
    const shown = now.direction === "forward" ? now.t : total - now.t;
    const reached = now.direction === "forward" ? now.t : reachedTime(total, now.sampler, now.t);
    drawPlane(canvas, sideOf(), { data, model: parts, path, shown, ...now, t: reached, ink: inkOf(el) });
    time.set(now.t);
    direction.set(now.direction);
    sampler.set(now.sampler);
    playing.textContent = timer ? "Pause" : "Play";
    const near = Math.round(100 * shareNear(path[shown], data));
    const way = now.direction === "forward" ? "Adding noise" : WAYS[now.sampler];
    const waits = reached === now.t ? "" : `, the points wait at ${reached}`;
    said.say(
      `${way}, t = ${now.t} of ${total}${waits}: of a variance of 1, ${format(schedule.abar[reached])} is the data's and ${format(1 - schedule.abar[reached])} noise. ` +
        `${near} % of the points lie within ${NEAR} of the figure. Noise number ${now.seed}.`,
    );
  }
  return life.end;
}

export default { render };
