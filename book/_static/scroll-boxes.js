// A formula wider than its line scrolls sideways in its own box; the keyboard must be able to reach such a box, and
// should not stop at the others. The theme does the same for code and tables.
"use strict";

(() => {
  const update = (box) => {
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "Formula");
    } else {
      ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name));
    }
  };
  // The box changes with the window, the formula in it when its fonts arrive.
  const observer = new ResizeObserver((entries) =>
    entries.forEach(({ target }) => update(target.closest(".katex-display"))),
  );
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".katex-display, .katex-display > .katex").forEach((el) => observer.observe(el));
  });
})();
