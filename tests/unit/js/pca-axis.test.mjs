// The axis through a cloud: projections, variances and the first principal axis, against each other and by hand.
import assert from "node:assert/strict";
import test from "node:test";
import { between, capturedAlong, covarianceOf, meanPoint, principalAxis, project, sayAxis, wrapAngle } from "../../../course_lib/widgets/js/pca-axis.mjs";

const close = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) <= tolerance, `got ${a}, expected ${b}`);
const FIVE = [[-3, -1], [-1, -1.5], [0, 0.5], [1, 0.5], [3, 1.5]];
const OFF = FIVE.map(([a, b]) => [a + 7, b * b - 2]); // neither centred nor straight
const PENTAGON = Array.from({ length: 5 }, (_, i) => [2 * Math.cos(0.4 * Math.PI * i) + 1, 2 * Math.sin(0.4 * Math.PI * i)]);
const ANGLES = [0, 13, 45, 90, 110.5, 179, 180];

test("the chapter's sums: w = (0.8, 0.6) captures 4.816 of 5.2", () => {
  const { captured, lost, total, codes } = project(FIVE, (Math.atan2(0.6, 0.8) * 180) / Math.PI);
  close(captured, 4.816);
  close(lost, 0.384);
  close(total, 5.2);
  close(codes[0], -3);
});

test("Pythagoras: captured and lost add up to a total that no angle changes", () => {
  for (const points of [FIVE, OFF, PENTAGON]) {
    const { total } = project(points, 0);
    for (const angle of ANGLES) {
      const { captured, lost, total: again } = project(points, angle);
      close(captured + lost, total);
      close(again, total);
    }
  }
});

test("residuals are perpendicular to the line, feet lie on it", () => {
  for (const angle of ANGLES) {
    const [c, s] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    const [m1, m2] = meanPoint(OFF);
    project(OFF, angle).feet.forEach(([f1, f2], i) => {
      close((OFF[i][0] - f1) * c + (OFF[i][1] - f2) * s, 0);
      close((f1 - m1) * s - (f2 - m2) * c, 0);
    });
  }
});

test("the mean square of the codes is wᵀSw", () => {
  for (const points of [FIVE, OFF, PENTAGON]) {
    for (const angle of ANGLES) close(capturedAlong(covarianceOf(points), angle), project(points, angle).captured);
  }
});

test("at the first principal axis the captured variance is flat and highest, a right angle further lowest", () => {
  for (const points of [FIVE, OFF, FIVE.map(([a, b]) => [b, -a]), FIVE.map(([a]) => [a, -2 * a])]) {
    const covariance = covarianceOf(points);
    const { angle, most, least } = principalAxis(covariance);
    const step = 1e-3;
    close((capturedAlong(covariance, angle + step) - capturedAlong(covariance, angle - step)) / step, 0, 1e-6);
    close(capturedAlong(covariance, angle), most);
    close(capturedAlong(covariance, angle + 90), least);
    for (let other = 0; other < 180; other++) assert.ok(capturedAlong(covariance, other) <= most + 1e-9);
    assert.ok(angle >= 0 && angle <= 180);
  }
});

test("a regular pentagon has no first axis", () => {
  const { angle, most, least } = principalAxis(covarianceOf(PENTAGON));
  assert.equal(angle, null);
  close(most, least);
  assert.match(sayAxis(PENTAGON, 30), /captures 2\.00 and loses 2\.00.*no axis comes first/);
});

test("an axis has no sign: angles half a turn apart are one", () => {
  assert.deepEqual([-10, 0, 180, 190, 361].map(wrapAngle), [170, 0, 180, 10, 1]);
  assert.deepEqual([between(179, 1), between(0, 180), between(10, 100), between(20, 150)], [2, 0, 90, 50]);
});

test("the sentence knows the first and the second axis", () => {
  assert.match(sayAxis(FIVE, 27), /^At 27° the line captures 4\.96 and loses 0\.24; together 5\.20.*first principal axis: no line captures more/);
  assert.match(sayAxis(FIVE, 117), /second principal axis/);
  assert.match(sayAxis(FIVE, 25), /The most that a line can capture is 4\.96, the least 0\.24/);
});
