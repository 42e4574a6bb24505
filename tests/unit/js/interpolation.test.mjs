// The interpolation strip: the line, the order of the pairs, and what is said about a way.
import assert from "node:assert/strict";
import test from "node:test";
import { between, pairIndex, percent, stations, verdictsAlong, weakest } from "../../../course_lib/widgets/js/interpolation.mjs";

test("the line begins and ends at its ends, and is straight", () => {
  assert.deepEqual(between([1, -2], [3, 4], 0), [1, -2]);
  assert.deepEqual(between([1, -2], [3, 4], 1), [3, 4]);
  assert.deepEqual(between([1, -2], [3, 4], 0.5), [2, 1]);
});

test("the pairs of n things are counted one after the other", () => {
  for (const n of [1, 2, 7, 20]) {
    let count = 0;
    for (let i = 0; i < n; i++) for (let j = i; j < n; j++) assert.equal(pairIndex(i, j, n), count++);
    assert.equal(count, (n * (n + 1)) / 2);
  }
});

// Two things, three ways of eleven frames: each frame of way w says the digit w, and is k · 25 / 255 sure.
const bytes = new DataView(Uint8Array.from({ length: 66 }, (_, i) => (i % 2 ? 25 * ((i >> 1) % 11) : Math.floor(i / 22))).buffer);

test("a way back is the way there, backwards", () => {
  const there = verdictsAlong(bytes, 0, 1, 2);
  assert.equal(there.length, 11);
  assert.ok(there.every((one) => one.digit === 1));
  assert.equal(there[10].sure, 250 / 255);
  assert.deepEqual(verdictsAlong(bytes, 1, 0, 2), [...there].reverse());
  assert.ok(verdictsAlong(bytes, 1, 1, 2).every((one) => one.digit === 2));
});

test("the least sure frame, and the digits on the way", () => {
  const way = [[7, 0.9], [7, 0.4], [9, 0.4], [9, 1], [7, 0.8]].map(([digit, sure]) => ({ digit, sure }));
  assert.deepEqual(weakest(way), { frame: 1, sure: 0.4 });
  assert.deepEqual(stations(way), [7, 9, 7]);
});

test("nothing but certainty is 100 percent", () => {
  assert.deepEqual([1, 254 / 255, 0.504, 0].map(percent), ["100", "99", "50", "0"]);
});
