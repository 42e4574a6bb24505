// The bound: every bar against an integral, the gradient against differences, the map against the gap it shows.
import assert from "node:assert/strict";
import test from "node:test";
import { logNormal, normalDensity } from "../../../course_lib/widgets/js/core/gaussians.mjs";
import { bound, climb, contour, elboGradient, inWords, MEANS, STDS, truePosterior } from "../../../course_lib/widgets/js/the-bound.mjs";

const CHAPTER = { w: 1.7, s2: 0.5, x: 1.3, mean: 0.4, std: Math.sqrt(0.3) };
const CASES = [CHAPTER, { ...CHAPTER, mean: 0, std: 1 }, { ...CHAPTER, mean: -1.4, std: 0.06 }, { w: -0.8, s2: 1.2, x: -2.2, mean: 1, std: 1.5 }];
const near = (got, expected, tolerance = 1e-6) =>
  assert.ok(Math.abs(got - expected) <= tolerance * Math.max(1, Math.abs(expected)), `got ${got}, expected ${expected}`);

function integral(f, steps = 40_000) {
  const [low, width] = [-12, 24 / steps]; // Simpson's rule from −12 to 12
  let sum = f(low) + f(-low);
  for (let i = 1; i < steps; i++) sum += (i % 2 ? 4 : 2) * f(low + i * width);
  return (sum * width) / 3;
}

test("the chapter's numbers", () => {
  const { elbo, evidence, gap } = bound(CHAPTER);
  near(evidence, -1.778616031, 1e-9);
  near(elbo, -2.155751345, 1e-9);
  near(gap, 0.3771353143, 1e-9);
  near(bound({ ...CHAPTER, mean: 0, std: 1 }).gap, 3.373748912, 1e-9);
});

test("every bar is the integral that defines it", () => {
  for (const state of CASES) {
    const { w, s2, x, mean, std } = state;
    const bill = bound(state);
    const logQ = (z) => logNormal(z, mean, std);
    const logJoint = (z) => logNormal(x, w * z, Math.sqrt(s2)) + logNormal(z, 0, 1);
    const underQ = (f) => integral((z) => normalDensity(z, mean, std) * f(z));
    near(bill.evidence, Math.log(integral((z) => Math.exp(logJoint(z)))));
    near(bill.reconstruction, underQ((z) => logNormal(x, w * z, Math.sqrt(s2))));
    near(bill.price, underQ((z) => logQ(z) - logNormal(z, 0, 1)));
    near(bill.elbo, underQ((z) => logJoint(z) - logQ(z)));
    near(bill.gap, underQ((z) => logQ(z) - (logJoint(z) - bill.evidence)));
  }
});

test("ELBO and gap add up to log p(x), and only the posterior closes the gap", () => {
  for (const state of CASES) {
    const bill = bound(state);
    near(bill.elbo + bill.gap, bill.evidence, 1e-12);
    assert.ok(bill.gap > 0);
    const there = bound({ ...state, ...truePosterior(state) });
    assert.ok(Math.abs(there.gap) < 1e-12 && Math.abs(there.elbo - bill.evidence) < 1e-12);
    assert.equal(there.evidence, bill.evidence);
  }
});

test("the best reconstruction is the narrowest q at x / w, and its gap is open", () => {
  const at = (mean, std) => bound({ ...CHAPTER, mean, std });
  const best = at(1.3 / 1.7, STDS[0]);
  for (const [mean, std] of [[1.3 / 1.7, 0.1], [0.6, STDS[0]], [0.9, STDS[0]], Object.values(truePosterior(CHAPTER))]) {
    assert.ok(at(mean, std).reconstruction < best.reconstruction);
  }
  assert.ok(best.gap > 1);
});

test("the gradient is that of differences, in (μ, log σ²)", () => {
  const step = 1e-5;
  for (const state of CASES) {
    const [byMean, byLogvar] = elboGradient(state);
    const elbo = (dm, dl) => bound({ ...state, mean: state.mean + dm, std: state.std * Math.exp(dl / 2) }).elbo;
    near(byMean, (elbo(step, 0) - elbo(-step, 0)) / (2 * step));
    near(byLogvar, (elbo(0, step) - elbo(0, -step)) / (2 * step));
  }
});

test("steps of gradient ascent raise the ELBO and end at the posterior", () => {
  const starts = [{ mean: -2, std: 1.5 }, { mean: 2, std: 0.05 }, {}, { w: 1.5, s2: 0.02, mean: -2, std: 1.5 }];
  for (const start of starts) {
    let state = { ...CHAPTER, ...start };
    for (let i = 0; i < 5000; i++) {
      const next = { ...state, ...climb(state) };
      assert.ok(bound(next).elbo >= bound(state).elbo - 1e-9, `step ${i} from ${JSON.stringify(start)}`);
      state = next;
    }
    assert.ok(bound(state).gap < 1e-9);
  }
});

test("one step moves by a tenth of the gradient, and stays inside", () => {
  const { mean, std } = climb(CHAPTER);
  const [byMean, byLogvar] = elboGradient(CHAPTER);
  near(mean, CHAPTER.mean + 0.1 * byMean, 1e-12);
  near(2 * Math.log(std), Math.log(0.3) + 0.1 * byLogvar, 1e-12);
  assert.equal(climb({ ...CHAPTER, w: 0.1, s2: 0.001, x: -2.5, mean: -1.99 }).mean, MEANS[0]);
});

test("every point of a contour has the gap that is written on it", () => {
  for (const state of CASES) {
    for (const level of [0.05, 0.5, 4]) {
      const points = contour(state, level);
      for (const [mean, std] of points) near(bound({ ...state, mean, std }).gap, level, 1e-6);
      const { mean } = truePosterior(state);
      assert.ok(points.some(([m]) => m < mean - 0.1) && points.some(([m]) => m > mean + 0.1));
    }
  }
});

test("the words say what is wrong with q, and when nothing is", () => {
  assert.match(inWords(CHAPTER), /ELBO of −2\.16\. The gap of 0\.38 nats to log p\(x\) = −1\.78 .* too wide and off to the left/);
  assert.match(inWords({ ...CHAPTER, mean: 1.5, std: 0.1 }), /too narrow and off to the right/);
  assert.match(inWords({ ...CHAPTER, ...truePosterior(CHAPTER) }), /q is the true posterior: the gap to log p\(x\) = −1\.78 is closed/);
});
