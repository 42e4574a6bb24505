// Factor sliders: two or more models of the same pictures, a slider for each dimension of the code, and beside it what that
// dimension knows about each factor that made the pictures.
// Question: does one slider change one thing, and is there one slider for each thing?
//
// Model keys (type, shape, unit; who writes):
//   name      string                    how the address names this figure; Python
//   factors   list of K strings         what varies from picture to picture; Python
//   side      integer                   height and width of a picture, in pixels; Python
//   reach     number                    how far a slider goes to either side of 0, in units of z; Python
//   runs      list of models            each {label, decoder: see core/convolution.mjs, order: the d dimensions from 0, dearest
//                                       first, prices: d numbers, nats of KL, shares: d lists of K numbers, what part of a
//                                       factor's entropy the dimension knows, codes: m lists of d numbers}; Python
//   pictures  bytes, (m, side²) uint8   pictures that can be loaded, 255 is ink; Python
//   titles    list of m strings         what they show; Python
//   which     integer                   the model that is shown, from 0; the reader, Python
//   shown     integer, 0 to m − 1       the picture that was loaded last; the reader, Python
//   z         list of d numbers         the code that is decoded; the reader, Python
//   touched   integer, 0 to d − 1       the dimension that the row of pictures moves along; the reader, Python
import { drawImage, fitCanvas, format, widthIn } from "./core/canvas.mjs";
import { button, choice, h, readout, slider } from "./core/controls.mjs";
import { readConvolutions, runConvolutions, sayPrecision } from "./core/convolution.mjs";
import { begin, inkOf } from "./core/life.mjs";
import { drawTraversal, nameOf, readPictures, traverse, withDimension } from "./core/traversal.mjs";

const STEPS = 120;

/** A whole number from 0 to n − 1. */
export function within(value, n) {
  return Math.min(n - 1, Math.max(0, Math.round(value)));
}

/** A share as percent, without decimals. */
export function percent(share) {
  return `${Math.round(100 * share)}\u00a0%`;
}

/** What a dimension knows, in words: every factor of which it knows a tenth or more, the best known first. */
export function knows(shares, factors, least = 0.1) {
  const known = factors.map((factor, k) => [shares[k], factor]).filter(([share]) => share >= least);
  if (!known.length) return "less than a tenth of any factor";
  return known.sort(([a], [b]) => b - a).map(([share, factor]) => `${factor} (${percent(share)})`).join(", ");
}

/** What stays the same while a slider moves: the row of pictures is drawn anew only when this changes. */
export function rowKey(which, z, touched) {
  return JSON.stringify([which, touched, withDimension(z, touched, 0)]);
}

// ---- Controller ----

function render({ model, el, signal }) {
  const get = (key) => model.get(key);
  const [side, reach, factors, runs, titles] = ["side", "reach", "factors", "runs", "titles"].map(get);
  const networks = runs.map((run) => readConvolutions(run.decoder));
  const samples = readPictures(get("pictures"), side * side);
  const d = runs[0].order.length;
  const which = () => within(get("which"), runs.length);
  const touched = () => within(get("touched"), d);
  const decode = (code) => runConvolutions(networks[which()], Float32Array.from(code)).slice();
  const life = begin({ model, el, signal }, draw);

  const pick = choice({
    legend: "Model", options: runs.map(({ label }, i) => [String(i), label]), value: String(which()), signal: life.signal,
    onChange: (value) => life.update({ which: Number(value), z: runs[value].codes[within(get("shown"), samples.length)], touched: runs[value].order[0] }),
  });
  const image = h("canvas", { className: "fs-image", role: "img", "aria-label": "the decoded picture" });
  const row = h("canvas", { role: "img" });
  const title = h("p", { className: "fs-quiet" });
  const said = readout(life.signal);
  const note = h("p", { className: "cw-note" });
  const rows = h("div", { className: "fs-rows" });
  const loads = samples.map((_, i) => {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const load = button("", () => life.update({ shown: i, z: runs[which()].codes[i] }), life.signal);
    load.setAttribute("aria-label", `Load ${titles[i]}`);
    load.append(canvas);
    return { load, canvas };
  });
  const reset = button("All to 0", () => life.update({ z: Array(d).fill(0) }), life.signal);

  let sliders = [];
  function makeRows(run) {
    sliders = run.order.map((j) => {
      const name = h("span", {}, h("b", {}, nameOf(j)), ` ${format(run.prices[j])}`);
      const one = slider({
        label: name, min: -reach, max: reach, step: (2 * reach) / STEPS, value: get("z")[j],
        say: (value) => format(Number(value)), signal: life.signal,
        onInput: (value) => life.update({ z: withDimension(get("z"), j, value), touched: j }),
      });
      const input = one.el.querySelector("input");
      input.setAttribute("aria-label", `${nameOf(j)}, ${format(run.prices[j])} nats, knows ${knows(run.shares[j], factors)}`);
      one.el.addEventListener("focusin", () => touched() === j || life.update({ touched: j }), { signal: life.signal });
      const cells = run.shares[j].map((share) => {
        const cell = h("span", { className: "fs-cell" }, String(Math.round(100 * share)));
        cell.style.setProperty("--share", share);
        return cell;
      });
      return { ...one, j, row: h("div", { className: "fs-row" }, one.el, h("div", { className: "fs-cells", "aria-hidden": "true" }, ...cells)) };
    });
    const head = h("div", { className: "fs-row fs-quiet" },
      h("span", {}, "Dimension, and its KL in nats"),
      h("div", { className: "fs-cells" }, ...factors.map((factor) => h("span", { className: "fs-cell" }, factor))));
    rows.replaceChildren(head, ...sliders.map((one) => one.row));
    note.textContent = `Under each factor: what part of it, in percent of its entropy, the dimension knows. ${sayPrecision(run.decoder)}`;
  }

  el.append(
    pick.el,
    h("div", { className: "fs-figure" }, h("div", { className: "fs-side" }, image, said.el), rows),
    h("div", { className: "fs-along" }, title, row),
    h("div", { className: "cw-row fs-loads" }, reset, h("span", { className: "fs-quiet" }, "or load a picture:"), ...loads.map((one) => one.load)),
    note,
  );

  let [built, along, alongKey, painted] = [-1, [], "", ""];
  function draw() {
    const ink = inkOf(el);
    const [z, j, run] = [get("z"), touched(), runs[which()]];
    if (built !== which()) {
      built = which();
      pick.set(String(built));
      makeRows(run);
    }
    for (const one of sliders) {
      one.set(z[one.j]);
      one.row.classList.toggle("fs-touched", one.j === j);
    }
    if (painted !== ink.pixel1.join() + devicePixelRatio) {
      loads.forEach(({ canvas }, i) => drawImage(fitCanvas(canvas, 32, 32), samples[i], { side, size: 32, ink }));
    }
    painted = ink.pixel1.join() + devicePixelRatio;
    drawImage(fitCanvas(image, 160, 160), decode(z), { side, size: 160, ink });
    if (alongKey !== rowKey(built, z, j)) along = traverse(z, j, -reach, reach).map(decode);
    alongKey = rowKey(built, z, j);
    drawTraversal(row, widthIn(row, 220), along, side, (z[j] + reach) / (2 * reach), [-reach, reach], ink);
    title.textContent = `${nameOf(j)} alone, from ${format(-reach, 1)} to ${format(reach, 1)}`;
    row.setAttribute("aria-label", `Eleven pictures: ${title.textContent}`);
    said.say(`${nameOf(j)} = ${format(z[j])}. The dimension costs ${format(run.prices[j])} nats on average and knows ${knows(run.shares[j], factors)}.`);
  }
  return life.end;
}

export default { render };
