// Five maps: points by place, direction and rectangle; groups and neighbourhoods; pictures; words.
import assert from "node:assert/strict";
import test from "node:test";
import { deflateSync } from "node:zlib";
import { arrowOf } from "../../../course_lib/widgets/js/core/controls.mjs";
import { inflate, placesBeside, unpackImage } from "../../../course_lib/widgets/js/core/digits.mjs";
import { census, kept, together } from "../../../course_lib/widgets/js/core/groups.mjs";
import { blend, inRectangle, nearestPoint, nearestTable, nextPoint, rectangle, unpackTwelveBits, widened } from "../../../course_lib/widgets/js/core/points.mjs";
import { uniformGenerator } from "../../../course_lib/widgets/js/core/random.mjs";
import { nearestSetting, sayDigit, saySelection, titleOf } from "../../../course_lib/widgets/js/five-maps.mjs";

const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);
const cross = [0.5, 0.5, 0.9, 0.5, 0.5, 0.8, 0.1, 0.5, 0.5, 0.3, 0.7, 0.9]; // the middle, right, up, left, down, up right
const cloud = Float32Array.from({ length: 600 }, uniformGenerator(3));

test("twelve bits, by hand: 4095, 0, 1, 2048 are ff 0f 00 01 00 80", () => {
  const bytes = new DataView(Uint8Array.from([0xff, 0x0f, 0x00, 0x01, 0x00, 0x80]).buffer);
  const fractions = unpackTwelveBits(bytes);
  [1, 0, 1 / 4095, 2048 / 4095].forEach((value, i) => near(fractions[i], value));
  assert.equal(fractions.length, 4);
});

test("the nearest point, within reach", () => {
  assert.equal(nearestPoint(cross, [0.85, 0.52]), 1);
  assert.equal(nearestPoint(cross, [0.85, 0.52], 0.06), 1);
  assert.equal(nearestPoint(cross, [0.85, 0.52], 0.05), -1);
});

test("an arrow key goes to the nearest point on its side, and stays where there is none", () => {
  assert.deepEqual([[1, 0], [0, 1], [-1, 0], [0, -1]].map((direction) => nextPoint(cross, 0, direction)), [1, 2, 3, 4]);
  assert.equal(nextPoint(cross, 1, [1, 0]), 1);
  assert.equal(nextPoint(cross, 2, [1, 0]), 5);
  const key = (name, more = {}) => arrowOf({ key: name, altKey: false, ctrlKey: false, metaKey: false, ...more });
  assert.deepEqual(key("ArrowUp"), [0, 1]);
  assert.equal(key("ArrowUp", { altKey: true }), null);
  assert.equal(key("a"), null);
});

test("from any point, arrow keys reach most others, never the point itself", () => {
  const seen = new Set([0]);
  const open = [0];
  while (open.length) {
    const from = open.pop();
    for (const direction of [[1, 0], [0, 1], [-1, 0], [0, -1]]) {
      const next = nextPoint(cloud, from, direction);
      if (next !== from) assert.ok((cloud[2 * next] - cloud[2 * from]) * direction[0] + (cloud[2 * next + 1] - cloud[2 * from + 1]) * direction[1] > 0);
      if (!seen.has(next)) seen.add(next), open.push(next);
    }
  }
  assert.ok(seen.size > 0.9 * 300, `${seen.size} of 300`);
});

test("neighbours are those of the long way: all distances, sorted", () => {
  const table = nearestTable(cloud, 10);
  for (let i = 0; i < 300; i++) {
    const distance = (j) => Math.hypot(cloud[2 * i] - cloud[2 * j], cloud[2 * i + 1] - cloud[2 * j + 1]);
    const others = Array.from({ length: 300 }, (_, j) => j).filter((j) => j !== i).sort((a, b) => distance(a) - distance(b));
    assert.deepEqual([...table.subarray(10 * i, 10 * i + 10)], others.slice(0, 10));
  }
  assert.throws(() => nearestTable(cloud.subarray(0, 20), 10), /got 10 points, expected more than k = 10/);
});

test("points on one place are each other's neighbours, never their own", () => {
  const table = nearestTable(new Float32Array(24).fill(0.5), 11);
  for (let i = 0; i < 12; i++) {
    assert.deepEqual([...table.subarray(11 * i, 11 * i + 11)].sort((a, b) => a - b), Array.from({ length: 12 }, (_, j) => j).filter((j) => j !== i));
  }
});

test("a rectangle from any two corners, cut off at the edge of the map; widened on one side", () => {
  assert.deepEqual(rectangle([0.60004, 0.9], [-0.2, 0.2996]), [0, 0.3, 0.6, 0.9]);
  assert.deepEqual(widened([0.25, 0.25, 0.5, 0.5], [1, 0], 0.25), [0.25, 0.25, 0.75, 0.5]);
  assert.deepEqual(widened([0.25, 0.25, 0.5, 0.5], [0, -1], 0.5), [0.25, 0, 0.5, 0.5]);
});

test("what lies in a rectangle, its edges included; nothing in one without area", () => {
  assert.deepEqual([...inRectangle(cross, [0.5, 0.5, 0.9, 0.8])], [1, 1, 1, 0, 0, 0]);
  assert.deepEqual([...inRectangle(cross, [0.5, 0, 0.5, 1])], [0, 0, 0, 0, 0, 0]);
});

test("half way is half way", () => {
  assert.deepEqual(blend([0, 1], [1, 0], 0.25), [0.25, 0.75]);
});

test("a group: 0 and 1 know each other, 2 and 3 know others", () => {
  const table = Uint16Array.from([1, 2, 0, 3, 0, 3, 2, 0]); // two neighbours each
  near(together(table, 2, Uint8Array.from([1, 1, 0, 0])), 0.5);
  near(together(table, 2, Uint8Array.from([1, 1, 1, 1])), 1);
  assert.equal(together(table, 2, new Uint8Array(4)), null);
  assert.deepEqual(census(Uint8Array.from([7, 9, 9, 7]), Uint8Array.from([1, 1, 1, 0])), [[9, 2], [7, 1]]);
  const other = Uint16Array.from([2, 1, 2, 0, 0, 3, 1, 0]);
  assert.deepEqual([0, 1, 2, 3].map((i) => kept(table, other, 2, i, 2)), [2, 1, 2, 1]);
  assert.deepEqual([0, 1, 2, 3].map((i) => kept(table, other, 2, i, 1)), [0, 0, 1, 0]);
});

test("the setting nearest to what an address asks for", () => {
  assert.equal(nearestSetting([2, 5, 30], 5), 1);
  assert.equal(nearestSetting([2, 5, 30], 1000), 2);
});

test("a name stands beside a group that it would hide, inside the map", () => {
  const labels = Uint8Array.from([1, 1, 1, 4, 4, 4, 7, 7, 7]);
  const points = [0.5, 0.5, 0.5, 0.5, 0.9, 0.5, 0.2, 1, 0.2, 1, 0.2, 1, 0.1, 0.1, 0.3, 0.1, 0.5, 0.1];
  const places = placesBeside(points, labels, 0.125);
  assert.deepEqual([places[1], places[4], places[7], places[0]], [[0.5, 0.75], [0.2, 0.75], [0.3, 0.1], null]);
});

test("pictures unpack and inflate", async () => {
  const bytes = Uint8Array.from([0x0f, 0x81, 0xf0, 0x00]);
  [0, 1, 8 / 15, 1 / 15].forEach((value, i) => near(unpackImage(bytes, 0, 4)[i], value));
  [1, 0, 0, 0].forEach((value, i) => near(unpackImage(bytes, 1, 4)[i], value));
  assert.deepEqual([...(await inflate(deflateSync(bytes)))], [...bytes]);
});

test("the sentences", () => {
  assert.equal(titleOf({ method: "umap", name: "UMAP", setting: 15 }), "UMAP, 15 neighbours");
  assert.equal(titleOf({ method: "tsne", name: "t-SNE", setting: 5 }, " (", ")"), "t-SNE (perplexity 5)");
  assert.equal(titleOf({ method: "pca", name: "PCA", setting: null }), "PCA");
  assert.equal(sayDigit(4, [9, 4], [["PCA", 0], ["t-SNE", 2]]), "A 4; the 2 nearest in pixels are 9, 4. Kept of them: 0 by PCA and 2 by t-SNE.");
  assert.equal(
    saySelection("t-SNE", [[9, 2], [4, 1]], [["in pixels", 0.25], ["PCA", 1]], 21).replaceAll("\u00a0", " "),
    "Selected in t-SNE: 3 digits, 2 × 9 and 1 × 4. Together: in pixels 25 % and PCA 100 %; by chance 10 %.",
  );
  assert.equal(saySelection("t-SNE", [], [], 21), "Nothing is selected.");
});
