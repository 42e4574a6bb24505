// The latent sliders: codes that differ in one number, and what is said about them.
import assert from "node:assert/strict";
import test from "node:test";
import { nameOf, readPictures, traverse, withDimension } from "../../../course_lib/widgets/js/core/traversal.mjs";
import { centre, squaredChange } from "../../../course_lib/widgets/js/latent-sliders.mjs";

test("one number is exchanged, and the code itself stays", () => {
  const z = [1, 2, 3];
  assert.deepEqual(withDimension(z, 1, -5), [1, -5, 3]);
  assert.deepEqual(z, [1, 2, 3]);
});

test("a traversal moves one dimension from end to end in equal steps", () => {
  const codes = traverse([9, 0, 7], 1, -3, 3, 5);
  assert.deepEqual(codes.map((code) => code[1]), [-3, -1.5, 0, 1.5, 3]);
  assert.ok(codes.every((code) => code[0] === 9 && code[2] === 7));
  assert.equal(traverse([0], 0, -3, 3).length, 11);
});

test("the middle of the sliders", () => {
  assert.deepEqual(centre([-3, -1], [3, 5]), [0, 2]);
});

test("the change of a picture is the sum of its squares", () => {
  assert.equal(squaredChange(Float32Array.of(0, 1, 0.5), Float32Array.of(0, 0, 1)), 1.25);
});

test("dimensions are counted from one, with indices", () => {
  assert.deepEqual([0, 8, 9, 19].map(nameOf), ["z₁", "z₉", "z₁₀", "z₂₀"]);
});

test("pictures are unpacked in order; none are none", () => {
  const bytes = new DataView(Uint8Array.of(0, 255, 51, 102).buffer);
  assert.deepEqual(readPictures(bytes, 2).map((one) => [...one].map((v) => Math.round(5 * v) / 5)), [[0, 1], [0.2, 0.4]]);
  assert.deepEqual(readPictures(new DataView(new ArrayBuffer(0)), 4), []);
  assert.deepEqual(readPictures(undefined, 4), []);
});
