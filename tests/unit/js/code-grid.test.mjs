// The grid of words: what is selected, what is exchanged, and how far that reaches.
import assert from "node:assert/strict";
import test from "node:test";
import { changes, cornerOf, cutOut, exchanged, stepCell, vectorsOf, withWord } from "../../../course_lib/widgets/js/code-grid.mjs";

test("a grid becomes the vectors of its words", () => {
  const codebook = Float32Array.from([0, 1, 10, 11, 20, 21]);
  assert.deepEqual([...vectorsOf([2, 0, 1], codebook, 2)], [20, 21, 0, 1, 10, 11]);
});

test("one word is exchanged, and the old grid stays", () => {
  const grid = [1, 2, 3, 4];
  assert.deepEqual(withWord(grid, 2, 9), [1, 2, 9, 4]);
  assert.deepEqual(grid, [1, 2, 3, 4]);
  assert.equal(exchanged(grid, withWord(grid, 2, 9)), 1);
  assert.equal(exchanged(grid, grid), 0);
});

test("arrow keys move by a cell and stop at the margin", () => {
  assert.equal(stepCell(24, [1, 0], 7), 25);
  assert.equal(stepCell(24, [0, 1], 7), 17); // up is a row less
  assert.equal(stepCell(6, [10, 0], 7), 6);
  assert.equal(stepCell(0, [-1, 1], 7), 0);
  assert.equal(stepCell(9, [0, -1], 4, 8), 17); // four rows of eight words
});

test("a square is cut out where it lies", () => {
  const picture = Float32Array.from({ length: 36 }, (_, i) => i);
  assert.deepEqual([...cutOut(picture, 6, 2, 3, 2)], [20, 21, 26, 27]);
});

test("the cells around a cell stay inside the grid", () => {
  assert.deepEqual(cornerOf(24, 7), [2, 2]);
  assert.deepEqual(cornerOf(0, 7), [0, 0]);
  assert.deepEqual(cornerOf(48, 7), [4, 4]);
});

test("changes near a cell are told from those far away", () => {
  const side = 4; // 16 × 16 pixels
  const before = new Float32Array(256);
  const after = before.slice();
  after[4 * 16 + 4] = 2; // in the cell of row 1, column 1
  after[15 * 16 + 15] = 1; // in the last cell
  assert.deepEqual(changes(before, after, 5, side), { near: 4, all: 5 });
  assert.deepEqual(changes(before, after, 5, side, 2), { near: 5, all: 5 });
});
