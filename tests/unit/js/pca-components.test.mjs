// The linear decoder of the page on made-up bytes; that it is course_lib's PCA is tested from Python.
import assert from "node:assert/strict";
import test from "node:test";
import { errorCurve, readComponents, redraw, sayWidth, squaredError } from "../../../course_lib/widgets/js/pca-components.mjs";

const close = (a, b, tolerance = 1e-6) => assert.ok(Math.abs(a - b) <= tolerance, `got ${a}, expected ${b}`);
const floats = (values) => values.flatMap((value) => [...new Uint8Array(Float32Array.of(value).buffer)]);
const view = (bytes) => new DataView(Uint8Array.from(bytes).buffer);

// Two axes: pixel 0 alone (60 × 1/60), and pixels 1 and 783 with opposite signs (±100 × 0.01 √½).
const first = new Array(784).fill(0).with(0, 60);
const second = new Array(784).fill(0).with(1, 100).with(783, -100 & 255);
const packed = () => ({
  mean: view(floats(Array.from({ length: 784 }, (_, i) => i / 1000))),
  axes: view([...floats([1 / 60, 0.01 * Math.SQRT1_2]), ...first, ...second]),
  codes: view(floats([0.5, -2, 3, 0])),
  images: view([...new Array(784).fill(51), ...new Array(784).fill(255)]),
});

test("bytes become the numbers that were packed", () => {
  const { mean, axes, codes, images } = readComponents(packed());
  close(mean[783], 0.783);
  close(axes[0][0], 1);
  close(axes[1][1], Math.SQRT1_2);
  close(axes[1][783], -Math.SQRT1_2);
  assert.deepEqual(codes.map((row) => [...row]), [[0.5, -2], [3, 0]]);
  close(images[0][5], 0.2);
  close(images[1][5], 1);
});

test("d numbers add d axes to the mean, and leave the mean as it was", () => {
  const content = readComponents(packed());
  assert.deepEqual(redraw(content, content.codes[0], 0), content.mean);
  const one = redraw(content, content.codes[0], 1);
  close(one[0], 0.5);
  close(one[1], 0.001);
  const two = redraw(content, content.codes[0], 2);
  close(two[1], 0.001 - 2 * Math.SQRT1_2);
  close(two[783], 0.783 + 2 * Math.SQRT1_2);
  close(content.mean[0], 0);
});

test("the curve of an image falls by the squares of its numbers, as the drawn image says", () => {
  const content = readComponents(packed());
  const [scaled, code] = [content.mean.map((value, i) => value + 0.5 * content.axes[0][i] - 2 * content.axes[1][i] + (i === 9 ? 0.3 : 0)), content.codes[0]];
  const curve = errorCurve(content, scaled, code);
  assert.equal(curve.length, 3);
  for (let d = 0; d <= 2; d++) close(curve[d], squaredError(scaled, redraw(content, code, d)), 1e-5);
  close(curve[2], 0.09, 1e-5);
});

test("an error never falls below nothing", () => {
  const content = readComponents(packed());
  assert.deepEqual(errorCurve(content, content.mean, [2]), [0, 0]);
});

test("bytes that do not fit together are refused", () => {
  const { codes, ...rest } = packed();
  assert.throws(() => readComponents({ ...rest, codes: view(floats([1])) }), /got 1576 bytes of axes and 4 of codes, expected those of/);
});

test("the sentence counts", () => {
  assert.match(sayWidth("4", 0, [60, 45], [50, 40]), /“4” redrawn from no number at all.*squared error is 60\.0, 0 % less/);
  assert.match(sayWidth("4", 1, [60, 45], [50, 40]), /from 1 number instead of 784.*45\.0, 25 % less than the 60\.0.*mean error is 40\.0/);
});
