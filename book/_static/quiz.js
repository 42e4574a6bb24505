// Judges the questions of a page (the directive `quiz`, course_build/sphinx/quiz.py). Everything it says is already in the page:
// it compares, and quotes from the closed list of reasons. Nothing is stored.
"use strict";

// ---- Pure functions, tested with node ----

/** The number that somebody typed, with a decimal point or comma; NaN if it is none. */
function parseNumber(text) {
  const plain = text.trim().replace(/^[−–]/, "-").replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

/** Whether two numbers agree within a tolerance; rounding in the last digit never counts. */
function isNear(number, value, tolerance) {
  return Math.abs(number - value) <= tolerance + 1e-9 * Math.max(1, Math.abs(value));
}

/**
 * Judge a choice.
 * @param {boolean[]} correct  which answers are right
 * @param {boolean[]} chosen   which ones were chosen
 * @returns {{verdict: "none" | "right" | "wrong" | "incomplete", reasons: number[], missing: number}}
 *   the answers whose reasons to give, and how many right ones were not chosen
 */
function judgeChoice(correct, chosen) {
  const reasons = [...chosen.keys()].filter((i) => chosen[i]);
  const missing = correct.filter((right, i) => right && !chosen[i]).length;
  if (reasons.length === 0) return { verdict: "none", reasons, missing };
  if (reasons.some((i) => !correct[i])) return { verdict: "wrong", reasons, missing };
  return { verdict: missing ? "incomplete" : "right", reasons, missing };
}

/**
 * Judge a typed number.
 * @param {string} text       as typed
 * @param {number[]} values   the right one, then wrong ones with a reason of their own; any other has the reason after
 * @param {number} tolerance  how far from a value still counts as that value
 */
function judgeNumber(text, values, tolerance) {
  const number = parseNumber(text);
  if (Number.isNaN(number)) return { verdict: "none", reasons: [], missing: 0 };
  // Where wrong values lie close together, the nearest is meant.
  const distance = (i) => Math.abs(number - values[i]);
  const near = [...values.keys()].filter((i) => isNear(number, values[i], tolerance));
  const nearest = near.sort((a, b) => distance(a) - distance(b))[0] ?? values.length;
  const right = near.includes(0);
  return { verdict: right ? "right" : "wrong", reasons: [right ? 0 : nearest], missing: right ? 0 : 1 };
}

/** What is said first: the judgement in words. */
function announce({ verdict, missing }, kind) {
  if (verdict === "none") return kind === "number" ? "Type a number first, such as 1.5 or 1,5." : "Choose an answer first.";
  if (verdict === "right") return "Right.";
  const more = missing === 1 ? "One more of these is right." : `${missing} more of these are right.`;
  if (verdict === "incomplete") return `Right so far. ${more}`;
  return kind === "multiple" && missing ? `Not right. ${more}` : "Not right.";
}

// ---- The page ----

function connect(form) {
  const { kind, tolerance } = form.dataset;
  const inputs = [...form.querySelectorAll("input")];
  const items = [...form.querySelectorAll(".quiz-answer li")];
  const feedback = form.querySelector(".quiz-feedback");

  const clear = () => {
    feedback.replaceChildren();
    delete feedback.dataset.verdict;
    form.querySelectorAll("label").forEach((label) => delete label.dataset.verdict);
  };
  const make = (tag, ...children) => {
    const element = document.createElement(tag);
    element.append(...children);
    return element;
  };
  const quote = (node) => {
    const copy = node.cloneNode(true);
    copy.querySelectorAll("[id]").forEach((element) => element.removeAttribute("id")); // an id stands once in a page
    return copy;
  };
  const judge = () =>
    kind === "number"
      ? judgeNumber(inputs[0].value, items.slice(0, -1).map((item) => Number(item.dataset.value)), Number(tolerance))
      : judgeChoice(items.map((item) => "correct" in item.dataset), inputs.map((input) => input.checked));

  form.addEventListener("input", clear);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clear();
    const result = judge();
    const why = result.reasons.map((i) => items[i]);
    const said = make("p", make("strong", announce(result, kind)));
    feedback.dataset.verdict = result.verdict;
    feedback.append(said);
    if (result.verdict === "none") return;
    form.classList.add("tried");
    if (kind === "multiple") feedback.append(make("ul", ...why.map(quote)));
    else said.append(" ", quote(why[0].querySelector(".quiz-why")));
    result.reasons.forEach((i) => {
      const label = inputs[kind === "number" ? 0 : i].closest("label");
      label.dataset.verdict = "correct" in items[i].dataset ? "right" : "wrong";
    });
  });
  form.querySelector("button").hidden = false;
  form.classList.add("live");
}

if (typeof document === "undefined") {
  module.exports = { announce, isNear, judgeChoice, judgeNumber, parseNumber };
} else {
  document.querySelectorAll("form.quiz").forEach(connect);
  addEventListener("beforeprint", () => document.querySelectorAll(".quiz-answer").forEach((item) => (item.open = true)));
}
