// The factor sliders: what is said of a dimension, and when the row of pictures is drawn anew.
import assert from "node:assert/strict";
import test from "node:test";
import { knows, percent, rowKey, within } from "../../../course_lib/widgets/js/factor-sliders.mjs";

test("numbers from an address become places in a list", () => {
  assert.deepEqual([-3, 0, 1.4, 2, 99].map((value) => within(value, 3)), [0, 0, 1, 2, 2]);
});

test("a dimension knows what it knows a tenth of, the best known first", () => {
  const factors = ["shape", "scale", "x"];
  assert.equal(knows([0.1, 0.05, 0.72], factors), "x (72\u00a0%), shape (10\u00a0%)");
  assert.equal(knows([0.09, 0, 0], factors), "less than a tenth of any factor");
  assert.equal(percent(0.996), "100\u00a0%");
});

test("moving along the row leaves it as it is; moving anything else does not", () => {
  const key = rowKey(0, [1, 2, 3], 1);
  assert.equal(rowKey(0, [1, -7, 3], 1), key);
  assert.notEqual(rowKey(0, [1, 2, 4], 1), key);
  assert.notEqual(rowKey(0, [1, 2, 3], 2), key);
  assert.notEqual(rowKey(1, [1, 2, 3], 1), key);
});
