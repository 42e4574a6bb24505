// Five maps: PCA, t-SNE, UMAP, an autoencoder and a VAE of the same digits, side by side and linked.
// Question: what is one group in one map, or near in pixels, is it that in the other maps too?
//
// Model keys (type, shape, unit; who writes):
//   name        string                        how the address names this figure; Python
//   maps        list of {method, name, setting}  Python; those of one method together, settings rising:
//                 method   "pca", "tsne", "umap", "autoencoder" or "vae"
//                 setting  integer or null      perplexity of t-SNE, n_neighbors of UMAP
//   points      bytes, (maps, n, 2) 12-bit    fractions of each map's square, y upwards, see core/points.mjs; Python
//   pixels      bytes, (n, 784) 4-bit, deflated  the digits, 15 is ink; Python
//   labels      bytes, (n,) uint8, 0 to 9     which digits they are; Python
//   near        bytes, (n, 10) uint16         the nearest others in pixels, nearest first; Python
//   colors      list of 10 strings            colour of each digit; Python
//   perplexity  integer                       setting of the t-SNE that is shown; the reader, Python
//   neighbours  integer                       setting of the UMAP that is shown; the reader, Python
//   digit       integer, 0 to n − 1           the digit whose neighbours are shown; the reader, Python
//   brush       [map, left, bottom, right, top]  place in maps, fractions of its square; the reader, Python
import { brushable, drawBrush } from "./core/brush.mjs";
import { drawImage, drawLine, fitCanvas, linearScale } from "./core/canvas.mjs";
import { button, h, readout, slider } from "./core/controls.mjs";
import { drawNames, drawPictures, inflate, placesBeside, unpackImage } from "./core/digits.mjs";
import { census, kept, together } from "./core/groups.mjs";
import { begin, bytesOf, inkOf } from "./core/life.mjs";
import { blend, inRectangle, nearestPoint, nearestTable, nextPoint, rectangle, unpackTwelveBits, widened } from "./core/points.mjs";

const GROUP = 10; // neighbours that say how compact a group is
const COMPARED = 5; // those that are drawn
const MOVE = 700; // milliseconds from one setting to the next
const STEP = 0.04; // of the square: what a key adds to the brush
const REACH = 18; // pixels within which a mouse points at a digit
const NETWORKS = ["autoencoder", "vae"];
const NOTES = [
  "Lines lead from the chosen digit to the five nearest to it in pixels. Below each map: the five nearest to it there, " +
    "framed if they are also near in pixels. “Together” is the share of the ten nearest of each selected digit that are " +
    "selected too, on average.",
  "The digits are a random sample of the test images; PCA, UMAP and the two networks were fitted to others. t-SNE has no " +
    "map for new images: it was run on these and those, all at once.",
  "Point at a digit to see it, click or tap to choose it, drag to select (on a touch screen begin sideways). On a map " +
    "with the keyboard: arrow keys go to the next digit; with shift they draw a rectangle round it and widen it; escape " +
    "clears it.",
];

/** The place in a list of what is nearest to a number. */
export function nearestSetting(settings, wanted) {
  const distances = settings.map((setting) => Math.abs(setting - wanted));
  return distances.indexOf(Math.min(...distances));
}

const percent = (share) => `${Math.round(100 * share)}\u00a0%`;
const listed = (parts) => (parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : parts.join(""));

const settingOf = ({ method, setting }) => ({ tsne: `perplexity ${setting}`, umap: `${setting} neighbours` })[method];

/** What a map is called, with its setting; in a sentence the setting stands in brackets. */
export function titleOf(map, before = ", ", after = "") {
  return map.name + (settingOf(map) ? before + settingOf(map) + after : "");
}

/** The chosen digit in words: its neighbours in pixels, and how many of them each map keeps. */
export function sayDigit(digit, nearest, counts) {
  const keeps = counts.map(([name, count]) => `${count} by ${name}`);
  return `A ${digit}; the ${nearest.length} nearest in pixels are ${nearest.join(", ")}. Kept of them: ${listed(keeps)}.`;
}

/** The selection in words: how many, which, how compact. */
export function saySelection(title, counts, shares, n) {
  const selected = counts.reduce((sum, [, count]) => sum + count, 0);
  if (!selected) return "Nothing is selected.";
  const which = listed(counts.map(([digit, count]) => `${count}\u00a0×\u00a0${digit}`));
  const compact = listed(shares.map(([name, share]) => `${name} ${percent(share)}`));
  return `Selected in ${title}: ${selected} ${selected === 1 ? "digit" : "digits"}, ${which}. Together: ${compact}; by chance ${percent((selected - 1) / (n - 1))}.`;
}

// ---- View ----

const EDGE = 9;

function scales(side) {
  return { x: linearScale([0, 1], [EDGE, side - EDGE]), y: linearScale([0, 1], [side - EDGE, EDGE]) };
}

// A point is a small square, larger if it is selected; those outside a selection are faint.
function drawPoints(context, side, points, labels, colors, { mask = null, faint = false } = {}) {
  const { x, y } = scales(side);
  const size = Math.min(3.6, Math.max(1.8, (0.45 * side) / Math.sqrt(labels.length))) + (mask ? 0.8 : faint ? -0.4 : 0);
  context.globalAlpha = mask ? 1 : faint ? 0.25 : 0.75;
  for (let i = 0; i < labels.length; i++) {
    if (mask && !mask[i]) continue;
    context.fillStyle = colors[labels[i]];
    context.fillRect(x.toPixel(points[2 * i]) - size / 2, y.toPixel(points[2 * i + 1]) - size / 2, size, size);
  }
  context.globalAlpha = 1;
}

// The chosen digit, and lines to its nearest in pixels.
function drawNearest(context, side, points, chosen, nearest, ink) {
  const { x, y } = scales(side);
  const at = (i) => [x.toPixel(points[2 * i]), y.toPixel(points[2 * i + 1])];
  for (const [color, width] of [[ink.page, 4], [ink.text, 1.4]]) {
    for (const other of nearest) {
      drawLine(context, color, width, [at(chosen), at(other)]);
      ring(context, at(other), 3.5, color, width);
    }
  }
  ring(context, at(chosen), 7, ink.page, 6);
  ring(context, at(chosen), 7, ink.z, 2.5);
}

function ring(context, /** @type {number[]} */ [px, py], radius, color, width) {
  Object.assign(context, { strokeStyle: color, lineWidth: width });
  context.beginPath();
  context.arc(px, py, radius, 0, 7);
  context.stroke();
}

// ---- Controller ----

async function render({ model, el, signal }) {
  const images = await inflate(bytesOf(model, "pixels"));
  if (signal?.aborted) return undefined; // ended while they were unpacked
  const labels = bytesOf(model, "labels");
  const n = labels.length;
  const near = Uint16Array.from({ length: n * GROUP }, (_, i) => model.get("near").getUint16(2 * i, true));
  const points = unpackTwelveBits(model.get("points"));
  const maps = model.get("maps").map((one, number) => ({ ...one, number, points: points.subarray(2 * n * number, 2 * n * (number + 1)) }));
  const tableOf = (map) => (map.table ??= nearestTable(map.points, GROUP));
  const life = begin({ model, el, signal }, draw);
  const calm = globalThis.matchMedia("(prefers-reduced-motion: reduce)");

  let pointed = -1; // the digit under the mouse
  const chosen = () => (pointed >= 0 ? pointed : Math.min(n - 1, Math.max(0, Math.round(model.get("digit")))));
  const clear = () => life.update({ brush: [0, 0, 0, 0, 0] });
  const views = [...new Set(maps.map((one) => one.method))].map((method) => makeView(maps.filter((one) => one.method === method)));

  function makeView(steps) {
    const settings = steps.map((one) => one.setting);
    const key = { tsne: "perplexity", umap: "neighbours" }[steps[0].method];
    const [canvas, row] = ["map", "row"].map((part) => h("canvas", { className: `fm-${part}` }));
    const [setting, says] = [h("span"), h("p", { className: "fm-says" })];
    const title = h("p", { className: "fm-title" }, steps[0].name, setting);
    const wanted = () => (key ? steps[nearestSetting(settings, model.get(key))] : steps[0]);
    const side = () => Math.max(120, Math.floor(canvas.parentElement.clientWidth));
    const toData = (/** @type {number[]} */ [px, py]) => [scales(side()).x.toData(px), scales(side()).y.toData(py)];
    const own = () => model.get("brush").slice(1);
    row.setAttribute("role", "img");
    brushable(canvas, {
      signal: life.signal,
      onPoint: (place) => {
        pointed = place ? nearestPoint(wanted().points, toData(place), REACH / (side() - 2 * EDGE)) : -1;
        life.redraw();
      },
      onPick: (place) => {
        pointed = -1;
        life.update({ digit: nearestPoint(wanted().points, toData(place)) });
      },
      onBrush: (from, to) => {
        pointed = -1;
        life.update({ brush: [wanted().number, ...rectangle(toData(from), toData(to))] });
      },
      onStep: (direction) => {
        const digit = nextPoint(wanted().points, chosen(), direction);
        pointed = -1;
        life.update({ digit });
      },
      onWiden: (direction) => {
        const [x, y] = wanted().points.slice(2 * chosen(), 2 * chosen() + 2);
        const begun = model.get("brush")[0] === wanted().number && own()[2] > own()[0];
        const from = begun ? own() : rectangle([x - STEP, y - STEP], [x + STEP, y + STEP]);
        life.update({ brush: [wanted().number, ...widened(from, direction, STEP)] });
      },
      onClear: clear,
    });
    const scale = key && slider({
      label: `${steps[0].name}: ${key}`, min: 0, max: steps.length - 1, step: 1, value: 0, say: (step) => String(settings[step]),
      onInput: (step) => life.update({ [key]: settings[step] }), signal: life.signal,
    });
    const cell = h("div", { className: "fm-cell" }, title, canvas, row, says);
    return { cell, canvas, row, setting, says, scale, settings, wanted, side, dots: h("canvas"), names: h("canvas"), since: -Infinity };
  }

  const [picture, nearest] = ["digit", "row"].map((part) => h("canvas", { className: `fm-${part}`, role: "img" }));
  const [is, number, group] = [h("span"), h("span"), h("p", { className: "fm-says" })];
  const clears = button("Clear", clear, life.signal);
  clears.setAttribute("aria-label", "clear the selection");
  const cell = h("div", { className: "fm-cell fm-chosen" }, h("p", { className: "fm-title" }, is, number),
    h("div", { className: "fm-beside" }, picture, h("div", {}, group, clears)),
    nearest, h("p", { className: "fm-says" }, "the five nearest in pixels"));
  const grid = h("div", { className: "fm-grid" }, ...views.map((view) => view.cell), cell);
  const said = readout(life.signal);
  const notes = NOTES.map((text) => h("p", { className: "cw-note" }, text));
  el.append(h("div", { className: "cw-row fm-settings" }, ...views.flatMap((view) => (view.scale ? [view.scale.el] : []))), grid, said.el, ...notes);

  let brushed = { key: "", mask: null };
  function selection() {
    const [number, ...edges] = model.get("brush");
    const map = maps[number] ?? maps[0];
    const key = JSON.stringify([map.number, edges]);
    if (brushed.key !== key) {
      const mask = inRectangle(map.points, edges);
      const size = mask.reduce((sum, one) => sum + one, 0);
      brushed = { key, map, edges, size, counts: census(labels, mask), mask: size ? mask : null };
    }
    return brushed;
  }

  // Where a view's points are now: on their way, if its setting has just changed.
  function settle(view, now) {
    const map = view.wanted();
    if (view.map !== map) {
      view.from = view.at ?? map.points;
      view.since = view.map && !calm.matches ? now : -Infinity;
      view.map = map;
    }
    const t = Math.min(1, (now - view.since) / MOVE);
    view.at = t < 1 ? blend(view.from, map.points, t * t * (3 - 2 * t)) : map.points;
    return t < 1;
  }

  let shown = "";
  function draw() {
    const ink = inkOf(el);
    const now = performance.now();
    const moving = views.map((view) => settle(view, now)).includes(true);
    const [digit, brush] = [chosen(), selection()];
    const around = near.subarray(digit * GROUP, digit * GROUP + COMPARED);
    for (const view of views) drawMap(view, digit, around, brush, ink);
    grid.setAttribute("aria-busy", String(moving));
    if (moving) life.redraw();

    const look = [digit, ...views.map((view) => view.map.number), views[0].side(), ink.page, devicePixelRatio].join();
    if (look !== shown) drawNeighbours(digit, around, ink);
    shown = look;
    const counts = views.map(({ map }) => [(NETWORKS.includes(map.method) ? "the " : "") + titleOf(map, " (", ")"), kept(near, tableOf(map), GROUP, digit, COMPARED)]);
    const share = (table) => together(table, GROUP, brush.mask ?? new Uint8Array(n));
    const shares = [["in pixels", share(near)], ...views.map(({ map }) => [map.name, share(tableOf(map))])];
    views.forEach((view, i) => {
      view.setting.textContent = titleOf(view.map).slice(view.map.name.length);
      view.says.textContent = `keeps ${counts[i][1]} of ${COMPARED}${brush.mask ? ` · together ${percent(shares[i + 1][1])}` : ""}`;
    });
    const pixels = brush.mask ? `${brush.size} selected. Together in pixels: ${percent(shares[0][1])}; by chance: ${percent((brush.size - 1) / (n - 1))}` : "";
    if (group.textContent !== pixels) group.textContent = pixels;
    clears.hidden = !brush.mask;
    said.say(`${sayDigit(labels[digit], [...around].map((i) => labels[i]), counts)}\n${saySelection(titleOf(brush.map), brush.counts, shares, n)}`);
  }

  // What follows neither the mouse nor the brush is painted once, then copied: the points, and the digits' names.
  function paintLayers(view, faint, ink) {
    const side = view.side();
    const key = [view.map.number, side, faint, ink.page, devicePixelRatio].join();
    const moves = view.at !== view.map.points;
    if (view.painted === key && !moves) return;
    view.painted = moves ? "" : key;
    drawPoints(fitCanvas(view.dots, side, side), side, view.at, labels, model.get("colors"), { faint });
    const { x, y } = scales(side);
    const size = side < 190 ? 12 : 14;
    drawNames(fitCanvas(view.names, side, side), placesBeside(view.at, labels, (0.6 * size) / side), x, y, ink, size);
  }

  function drawMap(view, digit, around, brush, ink) {
    const side = view.side();
    paintLayers(view, brush.mask !== null, ink);
    const context = fitCanvas(view.canvas, side, side);
    context.drawImage(view.dots, 0, 0, side, side);
    if (brush.mask) drawPoints(context, side, view.at, labels, model.get("colors"), { mask: brush.mask });
    context.drawImage(view.names, 0, 0, side, side);
    if (brush.mask && brush.map === view.map) drawBrush(context, scales(side), brush.edges, ink);
    drawNearest(context, side, view.at, digit, around, ink);
    view.canvas.setAttribute("aria-label", `${titleOf(view.map)}: ${n} digits as points, a ${labels[digit]} is chosen`);
    view.scale?.set(view.settings.indexOf(view.map.setting));
  }

  function drawNeighbours(digit, around, ink) {
    const width = views[0].side();
    const pictures = (numbers) => [...numbers].map((i) => unpackImage(images, i));
    for (const { map, row } of views) {
      const there = tableOf(map).subarray(digit * GROUP, digit * GROUP + COMPARED);
      drawPictures(row, width, pictures(there), [...there].map((i) => around.includes(i)), ink);
      row.setAttribute("aria-label", `nearest in ${map.name}: ${[...there].map((i) => labels[i]).join(", ")}`);
    }
    drawPictures(nearest, width, pictures(around), [], ink);
    nearest.setAttribute("aria-label", `nearest in pixels: ${[...around].map((i) => labels[i]).join(", ")}`);
    drawImage(fitCanvas(picture, 112, 112), unpackImage(images, digit), { size: 112, ink });
    picture.setAttribute("aria-label", `the chosen digit, a ${labels[digit]}`);
    is.textContent = `a ${labels[digit]}`;
    number.textContent = `, no. ${digit} of ${n}`;
  }
  return life.end;
}

export default { render };
