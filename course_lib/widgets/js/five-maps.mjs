// Five maps: PCA, t-SNE, UMAP, an autoencoder and a VAE of the same digits, side by side and linked.
// Question: what is one group in one map, or near in pixels, is it that in the other maps too?
//
// Model keys (type, shape, unit; who writes):
//   name        string                        how the address names this figure; Python
//   maps        list of {method, name, setting}  Python; those of one method together, settings rising:
//                 method   "pca", "tsne", "umap", "autoencoder" or "vae"
//                 setting  integer or null      perplexity of t-SNE, n_neighbors of UMAP
//   points      bytes, (maps, n, 2) 10-bit    fractions of each map's square, y upwards, see core/points.mjs; Python
//   pixels      bytes, (n, 784) 4-bit, deflated  the digits, 15 is ink; Python
//   labels      bytes, (n,) uint8, 0 to 9     which digits they are; Python
//   near        bytes, (n, 10) uint16         the nearest others in pixels, nearest first; Python
//   colors      list of 10 strings            colour of each digit; Python
//   perplexity  integer                       setting of the t-SNE that is shown; the reader, Python
//   neighbours  integer                       setting of the UMAP that is shown; the reader, Python
//   digit       integer, 0 to n − 1           the digit whose neighbours are shown; the reader, Python
//   brush       [map, left, bottom, right, top]  place in maps, fractions of its square; the reader, Python
import { brushable } from "./core/brush.mjs";
import { drawImage, drawLine, fitCanvas, linearScale } from "./core/canvas.mjs";
import { button, h, readout, slider } from "./core/controls.mjs";
import { drawNames, inflate, medians, unpackImage } from "./core/digits.mjs";
import { begin, inkOf } from "./core/life.mjs";
import { blend, inRectangle, nearestPoint, nearestTable, nextPoint, rectangle, unpackTenBits, widened } from "./core/points.mjs";

const GROUP = 10; // neighbours that say how compact a group is
const COMPARED = 5; // those that are drawn
const MOVE = 700; // milliseconds from one setting to the next
const STEP = 0.04; // of the square: what a key adds to the brush
const REACH = 18; // pixels within which a mouse points at a digit
const NOTE =
  "Lines lead from the chosen digit to the five nearest to it in pixels; below each map stand the five nearest to it " +
  "there, framed if they are among those. Point at a digit to see it, click or tap to choose it, drag to select (on a " +
  "touch screen begin sideways). On a map with the keyboard: arrow keys go to the next digit, with shift they draw a " +
  "rectangle round it and widen it, escape clears it. “Together” is the share of the ten nearest of each selected digit " +
  "that are selected too, on average.";

/** How many of the first `count` neighbours of a point in one table are among those in another. */
export function kept(table, other, point, count = COMPARED) {
  const of = (one) => one.subarray(point * GROUP, point * GROUP + count);
  return of(table).filter((i) => of(other).includes(i)).length;
}

/** The share of the selected points' ten nearest that are selected too, on average; null if nothing is selected. */
export function together(table, mask) {
  let [both, selected] = [0, 0];
  mask.forEach((one, i) => {
    if (!one) return;
    selected++;
    for (let k = 0; k < GROUP; k++) both += mask[table[i * GROUP + k]];
  });
  return selected ? both / (GROUP * selected) : null;
}

/** Which digits are selected, most frequent first: [digit, count] pairs. */
export function census(labels, mask) {
  const counts = new Array(10).fill(0);
  mask.forEach((one, i) => (counts[labels[i]] += one));
  return [...counts.entries()].filter(([, count]) => count).sort((a, b) => b[1] - a[1]);
}

/** The place in a list of what is nearest to a number. */
export function nearestSetting(settings, wanted) {
  const distances = settings.map((setting) => Math.abs(setting - wanted));
  return distances.indexOf(Math.min(...distances));
}

const percent = (share) => `${Math.round(100 * share)} %`;
const listed = (parts) => (parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : parts.join(""));

/** What a map is called, with its setting. */
export function titleOf({ method, name, setting }) {
  return name + ({ tsne: `, perplexity ${setting}`, umap: `, ${setting} neighbours` }[method] ?? "");
}

/** The chosen digit in words: its neighbours in pixels, and how many of them each map keeps. */
export function sayDigit(digit, nearest, counts) {
  const keeps = counts.map(([name, count]) => `${name} ${count}`);
  return `A ${digit}; the ${nearest.length} nearest in pixels are ${nearest.join(", ")}. Kept of them: ${listed(keeps)}.`;
}

/** The selection in words: how many, which, how compact. */
export function saySelection(title, counts, shares, n) {
  const selected = counts.reduce((sum, [, count]) => sum + count, 0);
  if (!selected) return "Nothing is selected.";
  const which = listed(counts.map(([digit, count]) => `${count} × ${digit}`));
  const compact = listed(shares.map(([name, share]) => `${name} ${percent(share)}`));
  return `Selected in ${title}: ${selected} digits, ${which}. Together: ${compact}; by chance ${percent((selected - 1) / (n - 1))}.`;
}

// ---- View ----

const EDGE = 9;

function scales(side) {
  return { x: linearScale([0, 1], [EDGE, side - EDGE]), y: linearScale([0, 1], [side - EDGE, EDGE]) };
}

// All points; where some are selected the others are faint and small.
function drawPoints(context, side, points, labels, colors, mask, ink) {
  const { x, y } = scales(side);
  const small = side < 190 ? 1.8 : 2.4;
  for (const turn of mask ? [0, 1] : [1]) {
    context.globalAlpha = turn ? (mask ? 1 : 0.75) : 0.22;
    const size = small + (mask ? turn - 0.4 : 0);
    for (let i = 0; i < labels.length; i++) {
      if (mask && mask[i] !== turn) continue;
      context.fillStyle = colors[labels[i]];
      context.fillRect(x.toPixel(points[2 * i]) - size / 2, y.toPixel(points[2 * i + 1]) - size / 2, size, size);
    }
  }
  context.globalAlpha = 1;
  drawNames(context, medians(points, labels), x, y, ink, side < 190 ? 13 : 16);
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

function ring(context, [px, py], radius, color, width) {
  Object.assign(context, { strokeStyle: color, lineWidth: width });
  context.beginPath();
  context.arc(px, py, radius, 0, 7);
  context.stroke();
}

function drawBrush(context, side, [left, bottom, right, top], ink) {
  const { x, y } = scales(side);
  const box = [x.toPixel(left), y.toPixel(top), x.toPixel(right) - x.toPixel(left), y.toPixel(bottom) - y.toPixel(top)];
  Object.assign(context, { strokeStyle: ink.page, lineWidth: 4 });
  context.strokeRect(...box);
  Object.assign(context, { strokeStyle: ink.x, lineWidth: 2 });
  context.setLineDash([6, 3]);
  context.strokeRect(...box);
  context.setLineDash([]);
}

// A row of small pictures; a frame for those that are in `framed`.
function drawRow(canvas, width, images, framed, ink) {
  const gap = 4;
  const size = Math.min(34, (width - 4 - gap * (COMPARED - 1)) / COMPARED);
  const context = fitCanvas(canvas, width, size + 4);
  images.forEach((pixels, i) => {
    const left = 2 + i * (size + gap);
    drawImage(context, pixels, { x: left, y: 2, size, ink });
    Object.assign(context, { strokeStyle: framed[i] ? ink.text : ink.line, lineWidth: framed[i] ? 2.5 : 1, globalAlpha: framed[i] ? 1 : 0.5 });
    context.strokeRect(left, 2, size, size);
    context.globalAlpha = 1;
  });
}

// ---- Controller ----

async function render({ model, el, signal }) {
  const bytesOf = (key) => new Uint8Array(model.get(key).buffer, model.get(key).byteOffset, model.get(key).byteLength);
  const images = await inflate(bytesOf("pixels"));
  if (signal?.aborted) return undefined; // ended while they were unpacked
  const labels = bytesOf("labels");
  const n = labels.length;
  const near = Uint16Array.from({ length: n * GROUP }, (_, i) => model.get("near").getUint16(2 * i, true));
  const points = unpackTenBits(model.get("points"));
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
    const [title, says] = [h("p", { className: "fm-title" }), h("p", { className: "fm-says" })];
    const wanted = () => (key ? steps[nearestSetting(settings, model.get(key))] : steps[0]);
    const side = () => Math.max(120, Math.floor(canvas.parentElement.clientWidth));
    const toData = ([px, py]) => [scales(side()).x.toData(px), scales(side()).y.toData(py)];
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
      onStep: (direction) => life.update({ digit: nextPoint(wanted().points, chosen(), direction) }),
      onWiden: (direction) => {
        const [x, y] = wanted().points.slice(2 * chosen());
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
    return { cell, canvas, row, title, says, scale, settings, wanted, side, layer: document.createElement("canvas"), since: -Infinity };
  }

  const [picture, nearest] = ["digit", "row"].map((part) => h("canvas", { className: `fm-${part}`, role: "img" }));
  const [is, those] = [h("p", { className: "fm-title" }), h("p", { className: "fm-says" }, "the five nearest in pixels")];
  const side = h("div", { className: "fm-cell fm-chosen" }, is, picture, nearest, those);
  const grid = h("div", { className: "fm-grid" }, ...views.map((view) => view.cell), side);
  const said = readout(life.signal);
  const clears = button("Clear the selection", clear, life.signal);
  el.append(h("div", { className: "cw-row" }, ...views.flatMap((view) => (view.scale ? [view.scale.el] : [])), clears), grid, said.el,
    h("p", { className: "cw-note" }, NOTE));

  let brushed = { key: "", mask: null };
  function selection() {
    const [number, ...edges] = model.get("brush");
    const map = maps[number] ?? maps[0];
    const key = JSON.stringify([map.number, edges]);
    if (brushed.key !== key) {
      const mask = inRectangle(map.points, edges);
      brushed = { key, map, edges, counts: census(labels, mask), mask: mask.includes(1) ? mask : null };
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
    clears.disabled = !brush.mask;
    const counts = views.map(({ map }) => [map.name, kept(near, tableOf(map), digit)]);
    const shares = brush.mask ? [["in pixels", together(near, brush.mask)], ...views.map(({ map }) => [map.name, together(tableOf(map), brush.mask)])] : [];
    views.forEach((view, i) => {
      view.title.textContent = titleOf(view.map);
      view.says.textContent = `keeps ${counts[i][1]} of ${COMPARED}` + (brush.mask ? ` · together ${percent(shares[i + 1][1])}` : "");
    });
    said.say(`${sayDigit(labels[digit], [...around].map((i) => labels[i]), counts)} ${saySelection(titleOf(brush.map), brush.counts, shares, n)}`);
  }

  function drawMap(view, digit, around, brush, ink) {
    const side = view.side();
    const key = [view.map.number, side, brush.mask && brush.key, ink.page, devicePixelRatio].join();
    // What does not follow the mouse is painted once, then copied.
    if (view.painted !== key || view.at !== view.map.points) {
      drawPoints(fitCanvas(view.layer, side, side), side, view.at, labels, model.get("colors"), brush.mask, ink);
    }
    view.painted = view.at === view.map.points ? key : "";
    const context = fitCanvas(view.canvas, side, side);
    context.drawImage(view.layer, 0, 0, side, side);
    if (brush.mask && brush.map === view.map) drawBrush(context, side, brush.edges, ink);
    drawNearest(context, side, view.at, digit, around, ink);
    view.canvas.setAttribute("aria-label", `${titleOf(view.map)}: ${n} digits as points, a ${labels[digit]} is chosen`);
    view.scale?.set(view.settings.indexOf(view.map.setting));
  }

  function drawNeighbours(digit, around, ink) {
    const width = views[0].side();
    const pictures = (numbers) => [...numbers].map((i) => unpackImage(images, i));
    for (const { map, row } of views) {
      const there = tableOf(map).subarray(digit * GROUP, digit * GROUP + COMPARED);
      drawRow(row, width, pictures(there), [...there].map((i) => around.includes(i)), ink);
      row.setAttribute("aria-label", `nearest in ${map.name}: ${[...there].map((i) => labels[i]).join(", ")}`);
    }
    drawRow(nearest, width, pictures(around), [], ink);
    nearest.setAttribute("aria-label", `nearest in pixels: ${[...around].map((i) => labels[i]).join(", ")}`);
    drawImage(fitCanvas(picture, 112, 112), unpackImage(images, digit), { size: 112, ink });
    picture.setAttribute("aria-label", `the chosen digit, a ${labels[digit]}`);
    is.textContent = `a ${labels[digit]}, number ${digit + 1} of ${n}`;
  }
  return life.end;
}

export default { render };
