// The parts that the interactive figures share.
import assert from "node:assert/strict";
import test from "node:test";
import { format, linearScale, ticks } from "../../../course_lib/widgets/js/core/canvas.mjs";
import { erf, readDecoder } from "../../../course_lib/widgets/js/core/decoder.mjs";
import { medians } from "../../../course_lib/widgets/js/core/digits.mjs";
import { normalGenerator, uniformGenerator } from "../../../course_lib/widgets/js/core/random.mjs";
import { nearestDigits, priorShare, readCodes } from "../../../course_lib/widgets/js/latent-explorer.mjs";

test("a scale leads there and back", () => {
  const { toPixel, toData } = linearScale([-2, 3], [400, 0]);
  assert.equal(toPixel(-2), 400);
  assert.equal(toPixel(3), 0);
  for (const value of [-2, 0.3, 7]) assert.ok(Math.abs(toData(toPixel(value)) - value) < 1e-12);
});

test("ticks are round and inside", () => {
  assert.deepEqual(ticks([-3, 3]), [-2, 0, 2]);
  assert.deepEqual(ticks([-13.2, 2.6]), [-10, -5, 0]);
  assert.deepEqual(ticks([0, 0.1]), [0, 0.02, 0.04, 0.06, 0.08, 0.1]);
});

test("numbers have a true minus, and zero has none", () => {
  assert.equal(format(-1.234), "−1.23");
  assert.equal(format(-0.001), "0.00");
  assert.equal(format(12.5, 0), "13");
});

test("the same seed gives the same numbers, another seed others", () => {
  const first = (seed) => Array.from({ length: 5 }, uniformGenerator(seed));
  assert.deepEqual(first(7), first(7));
  assert.notDeepEqual(first(7), first(8));
});

test("normal numbers have the moments and the tails of N(0, 1)", () => {
  const n = 200_000;
  const draw = normalGenerator(1);
  const values = Array.from({ length: n }, draw);
  const moment = (k) => values.reduce((sum, value) => sum + value ** k, 0) / n;
  // Four standard errors: the variances of z, z², z³, z⁴ are 1, 2, 15, 96.
  for (const [k, mean, variance] of [[1, 0, 1], [2, 1, 2], [3, 0, 15], [4, 3, 96]]) {
    assert.ok(Math.abs(moment(k) - mean) < 4 * Math.sqrt(variance / n), `moment ${k}: ${moment(k)}`);
  }
  const beyond = values.filter((value) => Math.abs(value) > 1.959964).length / n;
  assert.ok(Math.abs(beyond - 0.05) < 4 * Math.sqrt((0.05 * 0.95) / n));
  const lag = values.slice(1).reduce((sum, value, i) => sum + value * values[i], 0) / n;
  assert.ok(Math.abs(lag) < 4 / Math.sqrt(n), "neighbours are independent");
});

test("erf is right to 1.5e-7", () => {
  for (const [x, value] of [[0, 0], [0.5, 0.5204998778], [1, 0.8427007929], [-2, -0.995322265], [4, 0.9999999846]]) {
    assert.ok(Math.abs(erf(x) - value) < 1.6e-7, `erf(${x})`);
  }
});

test("a decoder with missing bytes is refused", () => {
  const packed = (bytes, activation = "relu") => ({ widths: [1, 1], activation, weights: new DataView(new ArrayBuffer(bytes)) });
  assert.equal(readDecoder(packed(12)).layers.length, 1);
  assert.throws(() => readDecoder(packed(13)), /got 13 bytes of weights, expected 12/);
  assert.throws(() => readDecoder(packed(12, "tanh")), /got activation "tanh"/);
});

test("codes fill their box", () => {
  const bytes = new DataView(new Uint16Array([0, 65535, 65535, 0]).buffer);
  assert.deepEqual([...readCodes(bytes, [-1, 1, 2, 4])], [-1, 4, 1, 2]);
});

test("the nearest codes vote", () => {
  const codes = [0, 0, 0, 1, 5, 5, 0, 2];
  const { votes, distance } = nearestDigits(codes, Uint8Array.from([3, 3, 8, 5]), [0, -1], 3);
  assert.deepEqual(votes, [[3, 2], [5, 1]]);
  assert.equal(distance, 1);
});

test("a digit's name stands at its median, and a digit that is not there has none", () => {
  const places = medians([0, 9, 1, 8, 5, 7], Uint8Array.from([2, 2, 2]));
  assert.deepEqual(places[2], [1, 8]);
  assert.equal(places[0], null);
});

test("the prior falls to 1/e at √2", () => {
  assert.equal(priorShare([0, 0]), 1);
  assert.ok(Math.abs(priorShare([1, 1]) - Math.exp(-1)) < 1e-15);
});
