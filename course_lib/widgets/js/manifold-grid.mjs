// Manifold grid: the decoder's answer in 20 × 20 cells of a plane, and in 20 × 20 cells of any piece of it.
// Question: what stands on the border between two digits, however closely you look?
//
// Model keys (type, shape, unit; who writes):
//   name     string                       how the address names this figure; Python
//   planes   list of {name, box, decoder}  Python; one model each:
//              box      [left, right, bottom, top] in units of z, the window of equal steps
//              decoder  {widths, activation, weights: bytes}   see core/decoder.mjs
//   plane    integer                       which plane is shown; the reader, Python
//   spacing  "shares" or "steps"           equal shares of the prior, or equal steps of z; the reader, Python
//   window   [left, right, bottom, top]    the piece that is shown, in fractions of the whole; the reader, Python
//   cell     [column, row]                 which cell is shown large, from 0, row 0 at the top; the reader, Python
import { drawAxes, drawImage, fitCanvas, format, ticks, widthIn } from "./core/canvas.mjs";
import { button, choice, h, movable, readout } from "./core/controls.mjs";
import { decode, erf, readDecoder, sayError } from "./core/decoder.mjs";
import { begin, inkOf } from "./core/life.mjs";

const SIDE = 20;
const TILE = 28;
const WHOLE = [0, 1, 0, 1];
const ZOOM = 4; // a step shows the five by five cells around one: their borders, four times as large
const CLOSEST = 1 / ZOOM ** 5;
const BUDGET = 6; // milliseconds of decoding a frame

/** The standard normal distribution function, to 1e-7. */
export function normalShare(z) {
  return 0.5 * (1 + erf(z / Math.SQRT2));
}

const ratio = (above, below, r) => above.reduceRight((sum, a) => sum * r + a) / below.reduceRight((sum, b) => sum * r + b);

/** Its inverse, to seven digits (Wichura 1988, algorithm AS 241, PPND7). */
export function normalQuantile(u) {
  const q = u - 0.5;
  if (Math.abs(q) <= 0.425) {
    const above = [3.387132718, 50.434271938, 159.29113202, 59.10937472];
    return q * ratio(above, [1, 17.895169469, 78.757757664, 67.1875636], 0.180625 - q * q);
  }
  const r = Math.sqrt(-Math.log(Math.min(u, 1 - u)));
  const size =
    r <= 5
      ? ratio([1.4234372777, 2.75681539, 1.3067284816, 0.17023821103], [1, 0.7370016425, 0.12021132975], r - 1.6)
      : ratio([6.657905115, 3.081226386, 0.42868294337, 0.017337203997], [1, 0.24197894225, 0.012258202635], r - 5);
  return q < 0 ? -size : size;
}

/** From a fraction of the whole to a coordinate z and back, along axis 0 or 1. */
export function axisOf(spacing, box, axis) {
  if (spacing === "shares") return { toZ: normalQuantile, toFraction: normalShare };
  const [low, high] = box.slice(2 * axis, 2 * axis + 2);
  return { toZ: (f) => low + f * (high - low), toFraction: (z) => (z - low) / (high - low) };
}

/** The fractions [left, right, bottom, top] that a cell covers, row 0 at the top. */
export function cellEdges(/** @type {number[]} */ [left, right, bottom, top], /** @type {number[]} */ [column, row], side = SIDE) {
  const [w, t] = [(right - left) / side, (top - bottom) / side];
  return [left + column * w, left + (column + 1) * w, top - (row + 1) * t, top - row * t];
}

/** The code at the middle of a cell. */
export function cellCode(spacing, box, window, cell, side = SIDE) {
  const [left, right, bottom, top] = cellEdges(window, cell, side);
  return [axisOf(spacing, box, 0).toZ((left + right) / 2), axisOf(spacing, box, 1).toZ((bottom + top) / 2)];
}

/** The share of N(0, I) that a cell holds. */
export function priorOfCell(spacing, box, window, cell, side = SIDE) {
  const edges = cellEdges(window, cell, side);
  const along = (axis) => {
    const [low, high] = edges.slice(2 * axis, 2 * axis + 2);
    if (spacing === "shares") return high - low;
    const { toZ } = axisOf(spacing, box, axis);
    return normalShare(toZ(high)) - normalShare(toZ(low));
  };
  return along(0) * along(1);
}

/** The piece around a cell, a quarter of the window wide and high, kept inside the whole. */
export function zoomed(window, cell, side = SIDE) {
  const edges = cellEdges(window, cell, side);
  return [0, 2].flatMap((i) => {
    const half = (window[i + 1] - window[i]) / ZOOM / 2;
    const middle = Math.min(1 - half, Math.max(half, (edges[i] + edges[i + 1]) / 2));
    return [middle - half, middle + half];
  });
}

/** A window that can be shown: the one given, or the whole if it has no inside. */
export function readWindow(/** @type {number[]} */ [left, right, bottom, top]) {
  const inside = left >= 0 && right <= 1 && bottom >= 0 && top <= 1;
  const [width, height] = [right - left, top - bottom];
  return inside && Math.min(width, height) >= 0.999 * CLOSEST ? [left, right, bottom, top] : WHOLE;
}

/** All cells as [column, row], from the centre outwards. */
export function fromCentre(side = SIDE) {
  const middle = (side - 1) / 2;
  const far = (/** @type {number[]} */ [column, row]) => (column - middle) ** 2 + (row - middle) ** 2;
  return Array.from({ length: side * side }, (_, i) => [i % side, Math.floor(i / side)]).sort((a, b) => far(a) - far(b));
}

/** A share in words: one in so many, or percent. */
export function sayShare(share) {
  if (share < 1e-7) return "less than one in ten million";
  return `one in ${Math.round(1 / share).toLocaleString("en").replaceAll(",", " ")}`;
}

// ---- View ----

const MARGIN = { left: 46, right: 2, top: 2, bottom: 40 };

// What is decoded so far of one view; `before` is put under it until all cells are there.
function emptySheet(key, before, oldWindow, window) {
  const sheet = new OffscreenCanvas(SIDE * TILE, SIDE * TILE);
  if (before) {
    const [width, height] = [oldWindow[1] - oldWindow[0], oldWindow[3] - oldWindow[2]];
    const size = SIDE * TILE;
    const [left, top] = [((window[0] - oldWindow[0]) / width) * size, ((oldWindow[3] - window[3]) / height) * size];
    const [across, down] = [((window[1] - window[0]) / width) * size, ((window[3] - window[2]) / height) * size];
    sheet.getContext("2d").drawImage(before, left, top, across, down, 0, 0, size, size);
  }
  return { key, sheet, left: fromCentre() };
}

// Decode cells until the time is up; returns whether any are left.
function fillSheet({ sheet, left }, decoder, codeOf, ink) {
  const context = sheet.getContext("2d");
  const end = performance.now() + BUDGET;
  while (left.length && performance.now() < end) {
    const cell = left.shift();
    drawImage(context, decode(decoder, codeOf(cell)), { x: cell[0] * TILE, y: cell[1] * TILE, ink });
  }
  return left.length > 0;
}

function drawGrid(canvas, width, sheet, { spacing, box, window, cell }, ink) {
  const side = width - MARGIN.left - MARGIN.right;
  const area = { left: MARGIN.left, top: MARGIN.top, width: side, height: side };
  const context = fitCanvas(canvas, width, side + MARGIN.top + MARGIN.bottom);
  const [x, y] = [0, 1].map((axis) => {
    const { toFraction, toZ } = axisOf(spacing, box, axis);
    const [low, high] = window.slice(2 * axis, 2 * axis + 2);
    const share = (z) => (toFraction(z) - low) / (high - low);
    const toPixel = axis ? (z) => area.top + side * (1 - share(z)) : (z) => area.left + side * share(z);
    const ends = spacing === "shares" ? [toZ(Math.max(low, 0.012)), toZ(Math.min(high, 0.988))] : [toZ(low), toZ(high)];
    return { toPixel, ticks: ticks(ends) };
  });
  drawAxes(context, area, x, y, { xTicks: x.ticks, yTicks: y.ticks, xLabel: "z₁", yLabel: "z₂", ink });
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(sheet, area.left, area.top, side, side);
  const size = side / SIDE;
  for (const [color, line] of [[ink.page, 5], [ink.z, 2.5]]) {
    Object.assign(context, { strokeStyle: color, lineWidth: line });
    context.strokeRect(area.left + cell[0] * size, area.top + cell[1] * size, size, size);
  }
}

// ---- Controller ----

function render({ model, el, signal }) {
  const planes = model.get("planes").map(({ name, box, decoder }) => ({ name, box, decoder: readDecoder(decoder) }));
  const plane = () => planes[Math.min(planes.length - 1, Math.max(0, Math.round(model.get("plane"))))];
  const life = begin({ model, el, signal }, draw);
  const views = []; // the windows to go back to

  const canvas = h("canvas");
  const digit = h("canvas", { className: "mg-digit", role: "img", "aria-label": "the picture of the marked cell" });
  const said = readout(life.signal);
  const width = () => widthIn(canvas, 220, 520);
  const inside = (value) => Math.min(SIDE - 1, Math.max(0, Math.floor(value)));
  const mark = (column, row) => life.update({ cell: [inside(column), inside(row)] });
  const markedCell = () => model.get("cell").map(inside);

  movable(canvas, {
    label: "Grid of decoded codes. Arrow keys move the mark, Enter looks closer, Escape goes back.",
    hover: true,
    signal: life.signal,
    onPoint: (px, py) => {
      const size = (width() - MARGIN.left - MARGIN.right) / SIDE;
      mark((px - MARGIN.left) / size, (py - MARGIN.top) / size);
    },
    onStep: (dx, dy) => mark(markedCell()[0] + dx, markedCell()[1] - dy),
  });
  const press = (event) => {
    const act = { Enter: closer, Escape: views.length || !isWhole() ? back : null }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  canvas.addEventListener("keydown", press, { signal: life.signal });
  // A click looks closer; the end of a drag does not.
  let start = null;
  canvas.addEventListener("pointerdown", (event) => (start = [event.clientX, event.clientY]), { signal: life.signal });
  const click = (event) => start && Math.hypot(event.clientX - start[0], event.clientY - start[1]) < 8 && closer();
  canvas.addEventListener("click", click, { signal: life.signal });

  const shownWindow = () => readWindow(model.get("window"));
  const isWhole = () => shownWindow().every((value, i) => value === WHOLE[i]);
  const look = (window) => life.update({ window, cell: [SIDE / 2, SIDE / 2] });
  const closer = () => {
    const next = zoomed(shownWindow(), markedCell());
    if (readWindow(next) === WHOLE) return; // closer than the codes' digits reach
    views.push(shownWindow());
    look(next);
  };
  const back = () => look(views.pop() ?? WHOLE);
  const restart = (changes) => {
    views.length = 0;
    life.update({ ...changes, window: WHOLE });
  };
  const nearer = button("Look closer", closer, life.signal);
  const backwards = button("Back", back, life.signal);
  const cells = choice({
    legend: "Cells",
    options: [["shares", "equal shares of the prior"], ["steps", "equal steps of z"]],
    value: model.get("spacing"),
    signal: life.signal,
    onChange: (spacing) => restart({ spacing }),
  });
  const models = choice({
    legend: "Model",
    options: planes.map(({ name }, i) => [String(i), name]),
    value: String(planes.indexOf(plane())),
    signal: life.signal,
    onChange: (key) => restart({ plane: Number(key) }),
  });

  el.append(
    h("div", { className: "cw-row" }, ...(planes.length > 1 ? [models.el] : []), cells.el),
    h("div", { className: "cw-row mg-row" }, h("div", { className: "cw-grow" }, canvas),
      h("div", { className: "mg-side" }, digit, said.el, h("div", { className: "cw-row mg-buttons" }, nearer, backwards))),
    h("p", { className: "cw-note" }, sayError(plane().decoder)),
  );

  let view = { key: "", sheet: null, left: [] };
  let shown = WHOLE;
  function draw() {
    const ink = inkOf(el);
    const { name, box, decoder } = plane();
    const spacing = model.get("spacing") === "steps" ? "steps" : "shares";
    const [window, cell] = [shownWindow(), markedCell()];
    const picture = [name, spacing, ink.pixel1].join();
    const key = [picture, window].join();
    if (key !== view.key) {
      const before = view.key.startsWith(picture) ? view.sheet : null;
      view = emptySheet(key, before, shown, window);
      shown = window;
    }
    const more = fillSheet(view, decoder, (one) => cellCode(spacing, box, window, one), ink);
    drawGrid(canvas, width(), view.sheet, { spacing, box, window, cell }, ink);
    const z = cellCode(spacing, box, window, cell);
    drawImage(fitCanvas(digit, 140, 140), decode(decoder, z), { size: 140, ink });

    cells.set(spacing);
    models.set(String(planes.indexOf(plane())));
    backwards.disabled = isWhole();
    nearer.disabled = readWindow(zoomed(window, cell)) === WHOLE;
    canvas.setAttribute("aria-busy", String(more));
    const digits = Math.min(5, 2 + Math.round(Math.log(1 / (window[1] - window[0])) / Math.log(ZOOM)));
    const share = priorOfCell(spacing, box, window, cell);
    said.say(
      `Column ${cell[0] + 1}, row ${cell[1] + 1}: z = (${format(z[0], digits)}, ${format(z[1], digits)}). ` +
        `Of the prior’s draws, ${sayShare(share)} falls into this cell` +
        `${spacing === "shares" ? ", as into every other." : "."}`,
    );
    if (more) life.redraw();
  }
  return life.end;
}

export default { render };
