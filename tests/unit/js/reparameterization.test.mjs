// The estimators of the reparameterization figure: right on average, as noisy as the formulas say.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  closedVariances, estimates, exactGradient, histogram, LIMITS, noiseOf, stripRange, summary, within,
} from "../../../course_lib/widgets/js/reparameterization.mjs";

const close = (got, expected, tolerance = 1e-6) =>
  assert.ok(Math.abs(got - expected) <= tolerance * Math.max(1, Math.abs(expected)), `got ${got}, expected ${expected}`);
const PLACES = [{ mean: 1, std: 0.7, a: 0 }, { mean: -0.4, std: 0.2, a: 1.1 }, { mean: 2, std: 1.2, a: 2 }];

test("each pathwise estimate is the slope of f along the path of its draw", () => {
  for (const place of PLACES) {
    const noise = Float64Array.of(-2.1, -0.3, 0, 0.8, 3);
    const f = (mean) => noise.map((eps) => (mean + place.std * eps - place.a) ** 2);
    const [up, down] = [f(place.mean + 1e-4), f(place.mean - 1e-4)];
    estimates(noise, place).path.forEach((value, i) => close(value, (up[i] - down[i]) / 2e-4));
  }
});

test("each score-function estimate is f times the slope of the log-density at a finished draw", () => {
  for (const { mean, std, a } of PLACES) {
    const noise = Float64Array.of(-2.1, -0.3, 0, 0.8, 3);
    const logDensity = (z, mu) => -((z - mu) ** 2) / (2 * std * std);
    estimates(noise, { mean, std, a }).score.forEach((value, i) => {
      const z = mean + std * noise[i];
      close(value, ((z - a) ** 2 * (logDensity(z, mean + 1e-4) - logDensity(z, mean - 1e-4))) / 2e-4);
    });
  }
});

test("averages and variances are those of the closed forms, by integration over the noise", () => {
  const grid = Float64Array.from({ length: 24001 }, (_, i) => -12 + i * 0.001);
  const weight = grid.map((eps) => (0.001 * Math.exp(-eps * eps / 2)) / Math.sqrt(2 * Math.PI));
  const average = (values) => values.reduce((sum, value, i) => sum + weight[i] * value, 0);
  for (const place of PLACES) {
    const both = estimates(grid, place);
    for (const who of ["path", "score"]) {
      const mean = average(both[who]);
      close(mean, exactGradient(place));
      close(average(both[who].map((value) => (value - mean) ** 2)), closedVariances(place)[who]);
    }
  }
});

test("the draws of the page agree with the formulas as well as draws can", () => {
  const place = PLACES[0];
  const both = estimates(noiseOf(0), place);
  for (const who of ["path", "score"]) {
    const { mean, variance, error } = summary(both[who]);
    assert.ok(Math.abs(mean - 2) < 4 * error);
    close(variance, closedVariances(place)[who], 0.2);
  }
});

test("the same seed gives the same noise, another one other noise, and more of it begins alike", () => {
  assert.deepEqual(noiseOf(3, 50), noiseOf(3, 80).subarray(0, 50));
  assert.notDeepEqual(noiseOf(3, 50), noiseOf(4, 50));
  assert.equal(noiseOf(0).length, LIMITS.draws[1]);
});

test("a summary by hand; one number has a mean and no spread", () => {
  const { mean, variance, error } = summary([1, 2, 6]);
  close(mean, 3);
  close(variance, 7);
  close(error, Math.sqrt(7 / 3));
  assert.equal(summary([5]).mean, 5);
  assert.ok(Number.isNaN(summary([5]).variance));
});

test("a histogram counts every value once, also those outside", () => {
  assert.deepEqual(histogram([0, 0.49, 0.5, 0.99, 1, -0.01, 7], [0, 1], 2), { counts: [2, 2], outside: 3 });
});

test("the strips are centred at the truth and wide enough for nearly all draws", () => {
  for (const place of PLACES) {
    const range = stripRange(place);
    close((range[0] + range[1]) / 2, exactGradient(place));
    assert.ok(histogram(estimates(noiseOf(0), place).score, range, 61).outside < 0.05 * LIMITS.draws[1]);
  }
});

test("settings from an address are brought within the limits", () => {
  assert.deepEqual(within({ mean: 99, std: 0, draws: 1e9, a: 1 }), { a: 1, mean: 3, std: 0.1, draws: 2000 });
  assert.deepEqual(within({ mean: -99, std: 5, draws: 0.2, a: 1 }), { a: 1, mean: -1, std: 1.2, draws: 1 });
  assert.deepEqual(within({ mean: 0.5, std: 0.3, draws: 7, a: 1 }), { a: 1, mean: 0.5, std: 0.3, draws: 7 });
});
