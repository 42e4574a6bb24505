// The factor sliders: what is said of a dimension, and when the row of pictures is drawn anew.
import assert from "node:assert/strict";
import test from "node:test";
import { answersTo, percent, rowKey, within } from "../../course_lib/widgets/js/factor-sliders.mjs";

test("numbers from an address become places in a list", () => {
  assert.deepEqual([-3, 0, 1.4, 2, 99].map((value) => within(value, 3)), [0, 0, 1, 2, 2]);
});

test("a dimension answers to what it knows a tenth of, the best known first", () => {
  const factors = ["shape", "scale", "x"];
  assert.equal(answersTo([0.1, 0.05, 0.72], factors), "x (72 %), shape (10 %)");
  assert.equal(answersTo([0.09, 0, 0], factors), "no factor");
  assert.equal(percent(0.996), "100 %");
});

test("moving along the row leaves it as it is; moving anything else does not", () => {
  const key = rowKey(0, [1, 2, 3], 1);
  assert.equal(rowKey(0, [1, -7, 3], 1), key);
  assert.notEqual(rowKey(0, [1, 2, 4], 1), key);
  assert.notEqual(rowKey(0, [1, 2, 3], 2), key);
  assert.notEqual(rowKey(1, [1, 2, 3], 1), key);
});
