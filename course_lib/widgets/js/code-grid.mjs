// Code grid: the words that a picture is written in, each of which the reader may exchange.
// Question: what does one word draw, how far does it reach, and does it draw the same beside other words?
//
// Model keys (type, shape, unit; who writes):
//   name      string                        how the address names this figure; Python
//   network   {shape, layers, number, weights: bytes, error}  the decoder, see core/convolution.mjs; Python
//   codebook  bytes, (K, d) float32         the words as vectors; Python
//   side      integer                       cells along one side of the grid; Python
//   codes     bytes, (m, side²) uint8       grids of the digits that can be loaded, row by row; Python
//   pictures  bytes, (m, 16 side²) uint8    these digits, 255 is ink; Python
//   classes   bytes, (m,) uint8             and which they are; Python
//   digit     integer, 0 to m − 1           the digit that was loaded; the reader, Python
//   grid      list of side² integers        the words that are decoded; the reader, Python
//   cell      integer, 0 to side² − 1       the cell whose word can be exchanged; the reader, Python
import { drawImage, fitCanvas, format } from "./core/canvas.mjs";
import { button, h, movable, readout } from "./core/controls.mjs";
import { readConvolutions, runConvolutions, sayPrecision } from "./core/convolution.mjs";
import { begin, inkOf } from "./core/life.mjs";

const PIXELS = 4; // along one side of a cell
const REACH = 3; // cells along one side of what the list of words shows
const BUDGET = 10; // milliseconds a frame for decoding the list

/** The vectors of a grid's words, cell by cell, as the decoder takes them. */
export function vectorsOf(grid, codebook, d) {
  const vectors = new Float32Array(grid.length * d);
  grid.forEach((word, i) => vectors.set(codebook.subarray(word * d, (word + 1) * d), i * d));
  return vectors;
}

/** A grid with one word exchanged. */
export function withWord(grid, cell, word) {
  return grid.map((old, i) => (i === cell ? word : old));
}

/** A square of a picture, cut out: `size` pixels from (left, top) on. */
export function cutOut(pixels, side, left, top, size) {
  return Float32Array.from({ length: size * size }, (_, i) => pixels[(top + Math.floor(i / size)) * side + left + (i % size)]);
}

/** The cell after a step of the arrow keys, up is +1; it stops at the margin. */
export function stepCell(cell, /** @type {number[]} */ [dx, dy], side, columns = side) {
  const inside = (value, most) => Math.min(most, Math.max(0, value));
  const [row, column] = [Math.floor(cell / columns), cell % columns];
  return inside(row - dy, side - 1) * columns + inside(column + dx, columns - 1);
}

/** Σ (a − b)² inside the block of cells at most `reach` cells away from one, and over the whole picture. */
export function changes(a, b, cell, side, reach = 1) {
  const width = side * PIXELS;
  const [row, column] = [Math.floor(cell / side), cell % side];
  let [near, all] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const square = (a[i] - b[i]) ** 2;
    const [y, x] = [Math.floor(i / width / PIXELS), Math.floor((i % width) / PIXELS)];
    all += square;
    if (Math.abs(y - row) <= reach && Math.abs(x - column) <= reach) near += square;
  }
  return { near, all };
}

/** Row and column of the first of 3 × 3 cells around one; at the margin they are moved inside. */
export function cornerOf(cell, side) {
  return [Math.floor(cell / side), cell % side].map((place) => Math.min(side - REACH, Math.max(0, place - 1)));
}

/** How many cells differ between two grids. */
export function exchanged(grid, other) {
  return grid.filter((word, i) => word !== other[i]).length;
}

// ---- View ----

function frame(context, x, y, size, ink) {
  for (const [strokeStyle, lineWidth] of [[ink.page, 5], [ink.z, 2.5]]) {
    Object.assign(context, { strokeStyle, lineWidth });
    context.strokeRect(x, y, size, size);
  }
}

function drawGrid(canvas, width, pixels, side, cell, ink) {
  const context = fitCanvas(canvas, width, width);
  const size = width / side;
  drawImage(context, pixels, { side: side * PIXELS, size: width, ink });
  Object.assign(context, { strokeStyle: ink.line, lineWidth: 1, globalAlpha: 0.6 });
  context.beginPath();
  for (let i = 0; i <= side; i++) {
    const at = Math.min(width - 0.5, Math.max(0.5, i * size));
    context.moveTo(at, 0);
    context.lineTo(at, width);
    context.moveTo(0, at);
    context.lineTo(width, at);
  }
  context.stroke();
  context.globalAlpha = 1;
  frame(context, (cell % side) * size + 1.5, Math.floor(cell / side) * size + 1.5, size - 3, ink);
}

function drawWords(canvas, width, patches, columns, word, ink) {
  const size = width / columns;
  const context = fitCanvas(canvas, width, size * Math.ceil(patches.length / columns));
  patches.forEach((pixels, i) => {
    const [x, y] = [(i % columns) * size, Math.floor(i / columns) * size];
    drawImage(context, pixels, { side: REACH * PIXELS, x: x + 1, y: y + 1, size: size - 2, ink });
    Object.assign(context, { strokeStyle: ink.line, lineWidth: 1 });
    context.strokeRect(x + 1.5, y + 1.5, size - 3, size - 3);
  });
  frame(context, (word % columns) * size + 1.5, Math.floor(word / columns) * size + 1.5, size - 3, ink);
}

// ---- Controller ----

function render({ model, el, signal }) {
  const get = (key) => model.get(key);
  const network = readConvolutions(get("network"));
  const [side, d] = [get("side"), network.shape[2]];
  const bytes = get("codebook");
  const codebook = Float32Array.from({ length: bytes.byteLength / 4 }, (_, i) => bytes.getFloat32(4 * i, true));
  const [words, cells, pixels] = [codebook.length / d, side * side, side * PIXELS];
  const decode = (grid) => runConvolutions(network, vectorsOf(grid, codebook, d)).slice();
  const columns = words > 32 ? 8 : Math.max(1, Math.ceil(Math.sqrt(words)));
  const rows = Math.ceil(words / columns);

  // Every word where it would stand, with the cells around it: decoded anew only where these have changed, some words a
  // frame, so that the picture follows the pointer at once.
  const patches = Array.from({ length: words }, () => new Float32Array((REACH * PIXELS) ** 2));
  let [decoded, decodedFor] = [0, ""];
  const inPlace = (now, here) => {
    const around = [here, ...withWord(now, here, 0)].join();
    if (around !== decodedFor) [decoded, decodedFor] = [0, around];
    const [top, left] = cornerOf(here, side).map((cell) => cell * PIXELS);
    for (const end = performance.now() + BUDGET; decoded < words && performance.now() < end; decoded++) {
      patches[decoded] = cutOut(decode(withWord(now, here, decoded)), pixels, left, top, REACH * PIXELS);
    }
    if (decoded < words) life.redraw();
    return patches;
  };

  const loaded = Array.from({ length: get("classes").byteLength }, (_, i) => ({
    class: get("classes").getUint8(i),
    grid: Array.from({ length: cells }, (_, j) => get("codes").getUint8(i * cells + j)),
    picture: Float32Array.from({ length: pixels * pixels }, (_, j) => get("pictures").getUint8(i * pixels * pixels + j) / 255),
  }));
  const within = (value, most) => Math.min(most, Math.max(0, Math.round(value)));
  const digit = () => loaded[within(get("digit"), loaded.length - 1)];
  const cell = () => within(get("cell"), cells - 1);
  const grid = () => get("grid").map((word) => within(word, words - 1));
  const life = begin({ model, el, signal }, draw);

  const picture = h("canvas", { className: "cg-grid" });
  const list = h("canvas", { className: "cg-words" });
  const original = h("canvas", { className: "cg-original", role: "img" });
  const said = readout(life.signal);
  const select = (x, y) => {
    const size = shown.picture / side;
    life.update({ cell: within(Math.floor(y / size), side - 1) * side + within(Math.floor(x / size), side - 1) });
  };
  const write = (word) => life.update({ grid: withWord(grid(), cell(), word) });
  const shown = { picture: 1, list: 1 };
  movable(picture, {
    label: "The decoded picture and its cells. Choose a cell by pointer or arrow keys.",
    onPoint: select, signal: life.signal,
    onStep: (dx, dy) => life.update({ cell: stepCell(cell(), [dx, dy], side) }),
  });
  movable(list, {
    label: "The words of the codebook. Choose one for the cell by pointer or arrow keys.",
    onPoint: (x, y) => {
      const size = shown.list / columns;
      const word = within(Math.floor(y / size), rows - 1) * columns + within(Math.floor(x / size), columns - 1);
      if (word < words) write(word);
    },
    onStep: (dx, dy) => write(Math.min(words - 1, stepCell(grid()[cell()], [dx, dy], rows, columns))),
    signal: life.signal,
  });
  const reset = button("Reset", () => life.update({ grid: digit().grid }), life.signal);
  const loads = loaded.map((one, i) => {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const load = button("", () => life.update({ digit: i, grid: one.grid }), life.signal);
    load.setAttribute("aria-label", `Load test digit ${i + 1}, a ${one.class}`);
    load.append(canvas);
    return { load, canvas };
  });
  el.append(
    h("div", { className: "cg-figure" },
      h("div", {}, h("p", { className: "cg-head" }, "The picture: choose a cell"), picture),
      h("div", {}, h("p", { className: "cg-head" }, "The words: choose another"), list),
      h("div", {}, h("p", { className: "cg-head" }, "The test digit"), original)),
    said.el,
    h("div", { className: "cw-row cg-loads" }, reset, h("span", { className: "cg-head" }, "or load a test digit:"), ...loads.map((one) => one.load)),
    h("p", { className: "cw-note" }, `Each word is shown where it would stand, with the cells around it. ${sayPrecision(network)}`),
  );

  function draw() {
    const ink = inkOf(el);
    const [now, here, own] = [grid(), cell(), digit()];
    const picked = decode(now);
    shown.picture = Math.min(280, picture.parentElement.clientWidth);
    shown.list = Math.min(columns * 35, list.parentElement.clientWidth);
    drawGrid(picture, shown.picture, picked, side, here, ink);
    drawWords(list, shown.list, inPlace(now, here), columns, now[here], ink);
    drawImage(fitCanvas(original, 84, 84), own.picture, { side: pixels, size: 84, ink });
    original.setAttribute("aria-label", `The test digit that was loaded, a ${own.class}`);
    loads.forEach(({ canvas }, i) => drawImage(fitCanvas(canvas, 28, 28), loaded[i].picture, { side: pixels, size: 28, ink }));
    const place = `Row ${Math.floor(here / side) + 1}, column ${(here % side) + 1}: word ${now[here] + 1} of ${words}`;
    const before = own.grid[here];
    if (now[here] === before) {
      const others = exchanged(now, own.grid);
      said.say(`${place}, as the encoder wrote it. ${others ? `Elsewhere ${others} of ${cells} words have been exchanged.` : `All ${cells} words are the encoder's.`}`);
      return;
    }
    const { near, all } = changes(picked, decode(withWord(now, here, before)), here, side);
    const share = all ? Math.round((100 * near) / all) : 100;
    said.say(`${place}; the encoder wrote word ${before + 1}. This exchange changes the picture by ${format(all)} squared pixels, ${share} % of it in the cell and the eight around it.`);
  }
  return life.end;
}

export default { render };
