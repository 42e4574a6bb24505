// The noise process: closed forms against chains, and both ways back against what they must do.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  guessStart, jumpBack, readSchedule, stepBack, stepForward, timeFeatures, visitedTimes,
} from "../../../course_lib/widgets/js/core/denoiser.mjs";
import { normalGenerator } from "../../../course_lib/widgets/js/core/random.mjs";
import { extendForward, extendReverse, gridOf, NEAR, reachedTime, shareNear } from "../../../course_lib/widgets/js/noise-process.mjs";

const close = (got, expected, tolerance = 1e-9) =>
  assert.ok(Math.abs(got - expected) <= tolerance * Math.max(1, Math.abs(expected)), `got ${got}, expected ${expected}`);
const BETA = [0, ...Array.from({ length: 20 }, (_, i) => 0.01 + 0.02 * i)];
const schedule = readSchedule(BETA);
// A network that always answers 0: the best denoiser of N(0, I).
const silent = [{ inputs: 34, outputs: 2, weight: new Float64Array(68), bias: new Float64Array(2) }];
const model = { schedule, network: silent, variance: BETA };

test("what is left of the data and what is noise add up to 1", () => {
  close(schedule.abar[20], BETA.slice(1).reduce((product, b) => product * (1 - b), 1));
  for (let t = 0; t <= 20; t++) close(schedule.signal[t] ** 2 + schedule.noise[t] ** 2, 1);
  assert.equal(schedule.noise[0], 0);
});

test("the chain arrives where the closed form says, on average and in spread", () => {
  const data = Float64Array.from({ length: 20000 }, () => 1.5);
  const path = extendForward(schedule, [data], 20, normalGenerator(3));
  for (const t of [1, 8, 20]) {
    const mean = path[t].reduce((sum, v) => sum + v, 0) / path[t].length;
    const spread = Math.sqrt(path[t].reduce((sum, v) => sum + (v - mean) ** 2, 0) / path[t].length);
    assert.ok(Math.abs(mean - 1.5 * schedule.signal[t]) < (5 * schedule.noise[t]) / Math.sqrt(20000));
    close(spread, schedule.noise[t], 0.03);
  }
});

test("a chain that goes on is the chain that went all the way", () => {
  const data = Float64Array.of(1, -1, 0.5, 2);
  const normal = normalGenerator(1);
  const path = extendForward(schedule, [data], 5, normal);
  extendForward(schedule, path, 20, normal);
  assert.deepEqual(path, extendForward(schedule, [data], 20, normalGenerator(1)));
  assert.equal(path.length, 21);
});

test("with the denoiser of N(0, I), DDIM shrinks a point by the cosine of the angle of each step", () => {
  // (√ᾱ, √(1 − ᾱ)) are cosine and sine of an angle; steps that go to 0 leave the point where it is.
  const points = Float64Array.of(0.3, -1.2, 2, 0);
  const angle = (t) => Math.acos(schedule.signal[t]);
  for (const [sampler, stride] of [["ddim", 1], ["ddim-10", 2]]) {
    let factor = 1;
    for (let t = 20; t > 0; t -= stride) factor *= Math.cos(angle(t) - angle(t - stride));
    const path = extendReverse(model, [points], 0, { sampler, normal: () => assert.fail("DDIM draws nothing") });
    path[20].forEach((value, i) => close(value, factor * points[i]));
  }
});

test("between the times that DDIM visits nothing moves", () => {
  const biased = { ...model, network: [{ ...silent[0], bias: Float64Array.of(0.4, -0.2) }] };
  const path = extendReverse(biased, [Float64Array.of(1, 1)], 0, { sampler: "ddim-10", normal: () => 0 });
  const moved = path.slice(1).map((points, i) => points !== path[i]);
  assert.equal(moved.filter(Boolean).length, 10);
  assert.deepEqual(visitedTimes(20, 10), [20, 18, 16, 14, 12, 10, 8, 6, 4, 2]);
  let x = Float64Array.of(1, 1);
  for (let t = 20; t > 0; t -= 2) x = jumpBack(biased, x, t, t - 2);
  path[20].forEach((value, i) => close(value, x[i]));
});

test("between its visits DDIM stands at the last one", () => {
  assert.deepEqual([20, 19, 18, 3, 2, 1, 0].map((t) => reachedTime(20, "ddim-10", t)), [20, 20, 18, 4, 2, 2, 0]);
  assert.deepEqual([20, 7, 1, 0].map((t) => reachedTime(20, "ddim", t)), [20, 7, 1, 0]);
});

test("DDPM keeps a standard normal cloud standard normal", () => {
  const normal = normalGenerator(9);
  const start = Float64Array.from({ length: 20000 }, normal);
  const last = extendReverse(model, [start], 0, { sampler: "ddpm", normal }).pop();
  const variance = last.reduce((sum, v) => sum + v * v, 0) / last.length;
  close(variance, 1 - BETA[1], 0.05);
});

test("the last step back is the guess itself, and forward undoes nothing by accident", () => {
  const points = Float64Array.of(0.3, -1.2);
  assert.deepEqual(stepBack(model, points, 1, points).map((v) => +v.toFixed(9)), guessStart(model, points, 1).map((v) => +v.toFixed(9)));
  close(stepForward(schedule, points, 4, Float64Array.of(0, 0))[0], Math.sqrt(1 - BETA[4]) * 0.3);
});

test("the waves of the time: 32 of them, the first of length 2π", () => {
  const features = timeFeatures(7);
  assert.equal(features.length, 32);
  close(features[0], Math.sin(7));
  close(features[16], Math.cos(7));
  close(features[15], Math.sin(7e-4));
});

test("the share of points near the figure, by hand", () => {
  const data = Float64Array.of(0, 0, 1, 1);
  assert.equal(shareNear(Float64Array.of(0, NEAR, 1, 1.01, 5, 5, 0.5, 0.5), data), 0.5);
  assert.equal(shareNear(data, data), 1);
});

test("the arrows stand on a regular grid", () => {
  const grid = gridOf(2, 1);
  assert.deepEqual([...grid], [-0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 0.5]);
});
