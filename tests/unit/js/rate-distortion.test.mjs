// The geometry of the rate–distortion figure, and which picture is whose.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  elbos, frameOf, indexOf, lineOfEqualLoss, nameOf, nearest, pictureAt,
} from "../../../course_lib/widgets/js/rate-distortion.mjs";

const DATA = { betas: [0.5, 1, 4], rates: [20, 12, 4], distortions: [80, 85, 110] };

test("the ELBO has no β in it", () => {
  assert.deepEqual(elbos(DATA), [-100, -97, -114]);
});

test("a weight from an address finds its model, also one between two", () => {
  assert.deepEqual([0.5, 1, 4, 0.01, 100, 1.9, 2.1].map((beta) => indexOf(DATA.betas, beta)), [0, 1, 2, 0, 2, 1, 2]);
  assert.equal(indexOf(DATA.betas, -1), 0);
});

test("the nearest place", () => {
  assert.equal(nearest([[0, 0], [10, 0], [10, 10]], [8, 4]), 1);
  assert.equal(nearest([[0, 0], [10, 0], [10, 10]], [9, 90]), 2);
});

test("the frame holds every model with air on all sides", () => {
  const { rates: [left, right], distortions: [bottom, top] } = frameOf(DATA);
  for (const rate of DATA.rates) assert.ok(left < rate && rate < right);
  for (const distortion of DATA.distortions) assert.ok(bottom < distortion && distortion < top);
});

test("on the line of equal loss the loss is equal, and its ends lie on the border of the frame", () => {
  const frame = { rates: [0, 25], distortions: [75, 115] };
  for (const weight of [0.125, 1, 4, 32]) {
    for (const [i, rate] of DATA.rates.entries()) {
      const at = [rate, DATA.distortions[i]];
      const ends = lineOfEqualLoss(at, weight, frame);
      for (const [r, d] of ends) {
        assert.ok(Math.abs(d + weight * r - (at[1] + weight * rate)) < 1e-9);
        assert.ok(r >= -1e-9 && r <= 25 + 1e-9 && d >= 75 - 1e-9 && d <= 115 + 1e-9, `(${r}, ${d}) is outside`);
        assert.ok([r, r - 25, d - 75, d - 115].some((gap) => Math.abs(gap) < 1e-9), `(${r}, ${d}) is inside`);
      }
      assert.ok(ends[0][0] < rate && rate < ends[1][0]);
    }
  }
});

test("pictures are 784 bytes each, 255 is ink", () => {
  const bytes = new DataView(new ArrayBuffer(3 * 784));
  bytes.setUint8(2 * 784 + 5, 255);
  bytes.setUint8(784, 51);
  assert.equal(pictureAt(bytes, 2)[5], 1);
  assert.ok(Math.abs(pictureAt(bytes, 1)[0] - 0.2) < 1e-6);
  assert.equal(pictureAt(bytes, 0).reduce((sum, value) => sum + value, 0), 0);
  assert.equal(pictureAt(bytes, 2).length, 784);
});

test("small weights are written as fractions", () => {
  assert.deepEqual([0.125, 0.25, 0.5, 1, 32, 0.3].map(nameOf), ["⅛", "¼", "½", "1", "32", "0.3"]);
});
