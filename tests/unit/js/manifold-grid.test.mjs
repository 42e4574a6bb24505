// The manifold grid: the normal distribution's function and its inverse, cells, windows, and what is said about them.
import assert from "node:assert/strict";
import test from "node:test";
import {
  axisOf, cellCode, cellEdges, fromCentre, normalQuantile, normalShare, priorOfCell, readWindow, sayShare, zoomed,
} from "../../../course_lib/widgets/js/manifold-grid.mjs";

const WHOLE = [0, 1, 0, 1];
const BOX = [-2, 3, -1, 4];
const near = (a, b, tolerance = 1e-6) => assert.ok(Math.abs(a - b) < tolerance, `${a} is not ${b}`);

test("quantiles of the normal distribution, from a table", () => {
  const table = [[0.5, 0], [0.75, 0.6744897502], [0.95, 1.644853627], [0.975, 1.959963985], [0.9986501020, 3], [1e-6, -4.753424309]];
  for (const [u, z] of table) near(normalQuantile(u), z);
  for (const u of [0.07, 0.075, 0.31, 1e-12]) near(normalQuantile(u), -normalQuantile(1 - u), u < 1e-9 ? 2e-4 : 1e-6);
  near(normalShare(1.959963985), 0.975);
});

test("the slope of the quantile is one over the density", () => {
  for (const u of [0.01, 0.074, 0.076, 0.3, 0.5, 0.93]) {
    const slope = (normalQuantile(u + 1e-4) - normalQuantile(u - 1e-4)) / 2e-4;
    const density = Math.exp(-(normalQuantile(u) ** 2) / 2) / Math.sqrt(2 * Math.PI);
    near(slope * density, 1, 2e-4);
  }
});

test("an axis leads there and back", () => {
  for (const spacing of ["shares", "steps"]) {
    for (const axis of [0, 1]) {
      const { toZ, toFraction } = axisOf(spacing, BOX, axis);
      for (const fraction of [0.03, 0.4, 0.9]) near(toFraction(toZ(fraction)), fraction);
    }
  }
  assert.equal(axisOf("steps", BOX, 1).toZ(0.2), 0);
});

test("cells tile the window, the first at the top left", () => {
  assert.deepEqual(cellEdges([0, 1, 0, 1], [0, 0], 4), [0, 0.25, 0.75, 1]);
  assert.deepEqual(cellEdges([0.5, 1, 0, 0.5], [1, 1], 2), [0.75, 1, 0, 0.25]);
  assert.deepEqual(cellCode("steps", BOX, WHOLE, [4, 0], 5), [2.5, 3.5]);
});

test("equal shares are equal, and the shares of equal steps add up to the box", () => {
  const cells = fromCentre(6);
  for (const cell of cells) near(priorOfCell("shares", BOX, WHOLE, cell, 6), 1 / 36, 1e-12);
  const sum = cells.reduce((all, cell) => all + priorOfCell("steps", BOX, WHOLE, cell, 6), 0);
  near(sum, (0.9986501020 - 0.0227501319) * (0.9999683288 - 0.1586552539));
});

test("a closer look shows the cell's surroundings, and the rim stays inside", () => {
  const window = zoomed(WHOLE, [10, 10]);
  [0.4, 0.65, 0.35, 0.6].forEach((value, i) => near(window[i], value, 1e-12));
  assert.deepEqual(zoomed(WHOLE, [0, 0]), [0, 0.25, 0.75, 1]);
  let deep = WHOLE;
  for (let i = 0; i < 5; i++) deep = zoomed(deep, [3, 17]);
  assert.deepEqual(readWindow(deep), deep);
  assert.deepEqual(readWindow(zoomed(deep, [3, 17])), WHOLE, "five steps, no more");
});

test("a window without an inside is the whole", () => {
  for (const bad of [[1, 0, 0, 1], [0.5, 0.5, 0, 1], [-1, 1, 0, 1], [0, 2, 0, 1], [0, 1, 0.3, 0.1], [NaN, 1, 0, 1]]) {
    assert.deepEqual(readWindow(bad), WHOLE);
  }
});

test("every cell once, the middle ones first, a corner last", () => {
  const cells = fromCentre(20);
  assert.equal(new Set(cells.map(String)).size, 400);
  for (const [column, row] of cells.slice(0, 4)) assert.ok([9, 10].includes(column) && [9, 10].includes(row));
  for (const index of cells.at(-1)) assert.ok([0, 19].includes(index));
});

test("shares in words", () => {
  assert.equal(sayShare(1 / 400), "one in 400");
  assert.equal(sayShare(1 / 6400), "one in 6 400");
  assert.equal(sayShare(1e-9), "less than one in ten million");
});
