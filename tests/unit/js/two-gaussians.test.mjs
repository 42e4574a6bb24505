// Two Gaussians: closed forms against integrals, gradients against differences.
import assert from "node:assert/strict";
import test from "node:test";
import { bellHandles, curvePanel, gaussianKl, heldHandle, normalDensity } from "../../../course_lib/widgets/js/core/gaussians.mjs";
import { bothDirections, integrand, inWords, klGradient, klTerms } from "../../../course_lib/widgets/js/two-gaussians.mjs";

const CASES = [[0, 1], [1, 0.5], [-2, 0.1], [0.5, 1.7], [1.5, 2.5]];
const near = (got, expected, tolerance = 1e-6) =>
  assert.ok(Math.abs(got - expected) <= tolerance * Math.max(1, Math.abs(expected)), `got ${got}, expected ${expected}`);

function integral(f, low, high, steps = 40_000) {
  const width = (high - low) / steps; // Simpson's rule
  let sum = f(low) + f(high);
  for (let i = 1; i < steps; i++) sum += (i % 2 ? 4 : 2) * f(low + i * width);
  return (sum * width) / 3;
}

test("the area that is drawn is the divergence that is printed, in both directions", () => {
  for (const [mean, std] of CASES) {
    const both = bothDirections(mean, std);
    for (const direction of ["qp", "pq"]) near(integral(integrand(direction, mean, std), -25, 25), both[direction]);
  }
});

test("the terms are the chapter's, and add up", () => {
  const { position, variance, logVariance } = klTerms(1, 0.5); // the quiz of chapter 6
  near(position, 0.5, 1e-12);
  near(variance, -0.375, 1e-12);
  near(logVariance, Math.log(2), 1e-12);
  near(bothDirections(1, 0.5).qp, 0.818147, 1e-6);
});

test("halving the width of a narrow cloud costs one bit of log-variance", () => {
  for (const std of [0.8, 0.2]) near(klTerms(0, std / 2).logVariance - klTerms(0, std).logVariance, Math.log(2), 1e-12);
});

test("for every mean KL(q‖p) is lowest at σ = 1, and KL(p‖q) at √(1 + μ²)", () => {
  for (const mean of [0, 0.7, 1.5, -2]) {
    for (const [direction, best] of [["qp", 1], ["pq", Math.sqrt(1 + mean * mean)]]) {
      const at = (std) => bothDirections(mean, std)[direction];
      for (const factor of [0.5, 0.99, 1.01, 1.4]) assert.ok(at(best * factor) > at(best), `${direction} at ${factor * best}`);
    }
  }
});

test("zero in both directions where q is p, and positive elsewhere", () => {
  assert.deepEqual(Object.values(bothDirections(0, 1)).map(Math.abs), [0, 0]);
  for (const [mean, std] of CASES.slice(1)) assert.ok(Object.values(bothDirections(mean, std)).every((value) => value > 0));
});

test("the gradient is that of differences", () => {
  const step = 1e-5;
  for (const [mean, std] of CASES) {
    const [byMean, byStd] = klGradient(mean, std);
    near(byMean, (bothDirections(mean + step, std).qp - bothDirections(mean - step, std).qp) / (2 * step));
    near(byStd, (bothDirections(mean, std + step).qp - bothDirections(mean, std - step).qp) / (2 * step));
  }
});

test("the divergence does not change if both are shifted and scaled", () => {
  near(gaussianKl(0.3, 0.4, -1, 2), gaussianKl(3 * 0.3 + 5, 3 * 0.4, 3 * -1 + 5, 3 * 2), 1e-12);
});

test("the words say which term charges", () => {
  assert.match(inWords(1.5, 0.5), /Narrower than the prior: the log-variance charges 0\.69, the variance gives back only 0\.38\..*KL\(q‖p\) = 1\.44 nats.*KL\(p‖q\) = 5\.31/);
  assert.match(inWords(0, 2), /Wider than the prior: the variance charges 1\.50, the log-variance gives back only 0\.69\. The position costs nothing/);
  assert.match(inWords(0, 1), /cancel.*KL\(q‖p\) = 0\.00/);
});

test("a pointer takes the handle that it is on, and the mean if it is on none", () => {
  const panel = curvePanel({ width: 400, top: 20, height: 170 }, 4, [0, 1]);
  const handles = bellHandles(panel, 1, 0.5);
  assert.deepEqual(handles.map(({ x }) => panel.x.toData(x)).map((z) => Math.round(100 * z)), [100, 150, 50]);
  assert.ok(Math.abs(panel.y.toData(handles[0].y) - normalDensity(1, 1, 0.5)) < 1e-12);
  const [peak, right, left] = handles;
  assert.equal(heldHandle(handles, peak.x + 3, peak.y - 3), "mean");
  assert.equal(heldHandle(handles, right.x + 5, right.y), "std");
  assert.equal(heldHandle(handles, left.x - 5, left.y), "std");
  assert.equal(heldHandle(handles, left.x - 90, left.y), "mean");
});
