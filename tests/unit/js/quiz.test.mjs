// The judgements of book/_static/quiz.js: what counts as right, and which reasons are given.
import assert from "node:assert/strict";
import test from "node:test";
import quiz from "../../../book/_static/quiz.js";

const { announce, isNear, judgeChoice, judgeNumber, parseNumber } = quiz;

test("a number may be typed with a point or a comma, any minus and an exponent", () => {
  const typed = { 1.5: 1.5, "1,5": 1.5, " 2 ": 2, "−3": -3, "-3,25": -3.25, "+.5": 0.5, "1.": 1, "1e-3": 0.001, "2E2": 200 };
  for (const [text, value] of Object.entries(typed)) assert.equal(parseNumber(text), value, text);
});

test("what is no number, or could be two, is not guessed", () => {
  for (const text of ["", " ", "½", "two", "1.5 nats", "1,000.5", "1,000,000", "--1", "e3", ".", "Infinity", "0x10"])
    assert.ok(Number.isNaN(parseNumber(text)), text);
});

test("the tolerance includes its ends in spite of rounding", () => {
  assert.ok(isNear(0.3, 0.1 + 0.2, 0));
  assert.ok(isNear(2.05, 2, 0.05));
  assert.ok(isNear(1.95, 2, 0.05));
  assert.ok(!isNear(2.051, 2, 0.05));
});

test("a single choice is right or wrong, and the reason is that of the chosen answer", () => {
  const correct = [false, true, false];
  assert.deepEqual(judgeChoice(correct, [false, true, false]), { verdict: "right", reasons: [1], missing: 0 });
  assert.deepEqual(judgeChoice(correct, [true, false, false]), { verdict: "wrong", reasons: [0], missing: 1 });
  assert.equal(judgeChoice(correct, [false, false, false]).verdict, "none");
});

test("a multiple choice is right only as a whole", () => {
  const correct = [true, false, true, true];
  assert.deepEqual(judgeChoice(correct, [true, false, true, true]), { verdict: "right", reasons: [0, 2, 3], missing: 0 });
  assert.deepEqual(judgeChoice(correct, [true, false, false, false]), { verdict: "incomplete", reasons: [0], missing: 2 });
  assert.deepEqual(judgeChoice(correct, [true, true, true, true]), { verdict: "wrong", reasons: [0, 1, 2, 3], missing: 0 });
});

test("every set of answers has a verdict that agrees with the definition", () => {
  const bits = (n) => [0, 1, 2, 3].map((i) => Boolean((n >> i) & 1));
  for (let c = 1; c < 15; c += 1)
    for (let s = 0; s < 16; s += 1) {
      const { verdict, reasons } = judgeChoice(bits(c), bits(s));
      assert.equal(verdict === "right", c === s);
      assert.equal(verdict === "wrong", Boolean(s & ~c));
      assert.equal(verdict === "none", s === 0);
      assert.deepEqual(reasons, [0, 1, 2, 3].filter((i) => bits(s)[i]));
    }
});

test("a number is compared with the right one first, then with the nearest wrong one", () => {
  const values = [2, 4, 4.08];
  assert.deepEqual(judgeNumber("2,04", values, 0.05), { verdict: "right", reasons: [0], missing: 0 });
  assert.deepEqual(judgeNumber("4", values, 0.05).reasons, [1]);
  assert.deepEqual(judgeNumber("4.05", values, 0.05).reasons, [2]);
  assert.deepEqual(judgeNumber("7", values, 0.05), { verdict: "wrong", reasons: [3], missing: 1 });
  assert.equal(judgeNumber("two", values, 0.05).verdict, "none");
});

test("what is missing is counted, not named", () => {
  assert.equal(announce({ verdict: "incomplete", missing: 1 }, "multiple"), "Right so far. One more of these is right.");
  assert.equal(announce({ verdict: "wrong", missing: 2 }, "multiple"), "Not right. 2 more of these are right.");
  assert.equal(announce({ verdict: "wrong", missing: 0 }, "multiple"), "Not right.");
  assert.equal(announce({ verdict: "wrong", missing: 1 }, "single"), "Not right.");
  assert.equal(announce({ verdict: "right", missing: 0 }, "number"), "Right.");
  assert.match(announce({ verdict: "none" }, "number"), /number first/);
  assert.match(announce({ verdict: "none" }, "single"), /answer first/);
});
