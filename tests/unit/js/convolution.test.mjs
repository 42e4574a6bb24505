// The convolutional decoder of the page; that it does what torch does is tested from Python.
import assert from "node:assert/strict";
import test from "node:test";
import { halfFloat, readConvolutions, runConvolutions, sizeAfter } from "../../../course_lib/widgets/js/core/convolution.mjs";

test("half floats: ends, subnormals and signs", () => {
  const known = { 0x0000: 0, 0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0400: 2 ** -14, 0x0001: 2 ** -24, 0x3555: 0.333251953125, 0x7c00: Infinity };
  for (const [bits, value] of Object.entries(known)) assert.equal(halfFloat(Number(bits)), value);
  assert.ok(Number.isNaN(halfFloat(0x7e00)));
});

test("a transposed layer undoes what a convolution does to the size", () => {
  for (const [size, kernel, stride, padding] of [[28, 4, 2, 1], [14, 4, 2, 1], [7, 3, 1, 1]]) {
    assert.equal(sizeAfter("transposed", sizeAfter("convolution", size, kernel, stride, padding), kernel, stride, padding), size);
  }
});

// One layer, 3 × 3, a picture of one pixel that is lit: what comes out is the kernel.
function layer(kind, kernel) {
  const bytes = new DataView(new ArrayBuffer(8 + kernel.length));
  bytes.setFloat32(0, 1, true);
  kernel.forEach((value, i) => bytes.setInt8(8 + i, value));
  const one = { kind, inputs: 1, outputs: 1, kernel: [3, 3], biases: 1, stride: 1, padding: 1, activation: "none" };
  return readConvolutions({ shape: [3, 3, 1], layers: [one], number: "int8", weights: bytes, error: [0, 0] });
}

test("a lit pixel leaves the kernel behind: as it is, or turned round", () => {
  const kernel = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const lit = Float32Array.from([0, 0, 0, 0, 1, 0, 0, 0, 0]);
  assert.deepEqual([...runConvolutions(layer("transposed", kernel), lit)], kernel);
  assert.deepEqual([...runConvolutions(layer("convolution", kernel), lit)], kernel.toReversed());
});

test("what does not fit is refused", () => {
  assert.throws(() => layer("pooling", [1]), /got a layer of kind "pooling"/);
  assert.throws(() => layer("transposed", Array(10).fill(1)), /got 18 bytes of weights, expected 17/);
});
