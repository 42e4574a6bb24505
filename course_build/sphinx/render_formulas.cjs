// KaTeX as a line-by-line filter: one request {latex, display} in, one answer {html} or {error} out, both JSON.
// Called with the path of KaTeX and the macros by katex_math.py; ends when its input does.
"use strict";

const readline = require("node:readline");

const katex = require(process.argv[2]);
const macros = JSON.parse(process.argv[3]);

function render({ latex, display }) {
  return katex.renderToString(latex, {
    displayMode: display,
    macros: { ...macros },
    throwOnError: true,
    // \htmlClass gives each symbol its colour. LaTeX has no such command, so it needs both permissions.
    trust: ({ command }) => command === "\\htmlClass",
    strict: (code) => (code === "htmlExtension" ? "ignore" : "error"),
  });
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  let answer;
  try {
    answer = { html: render(JSON.parse(line)) };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
