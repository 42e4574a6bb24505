// Makes formulas, tables and outputs that are wider than the paper as small as it takes; returns what is still too wide.
// The window is as wide as the paper's text, so that what fits here fits there.
() => {
  const tooWide = (element) => element.scrollWidth > element.clientWidth + 1;
  const LEAST = 0.5;

  for (const line of document.querySelectorAll(".katex-display")) {
    const formula = line.querySelector(".katex");
    const size = Number.parseFloat(getComputedStyle(formula).fontSize);
    if (tooWide(line)) formula.style.fontSize = `${size * Math.max(LEAST, line.clientWidth / line.scrollWidth)}px`;
  }

  for (const box of document.querySelectorAll(".pst-scrollable-table-container, .cell_output > .output")) {
    for (let size = 100; tooWide(box) && size >= LEAST * 100; size -= 5) box.style.fontSize = `${size}%`;
  }

  const edge = document.documentElement.clientWidth + 1;
  const inside = (element) => element.getBoundingClientRect().right <= edge && !(element.matches("pre") && tooWide(element));
  return [...document.querySelectorAll("pre, td, th, img, .katex, p, li, h1, h2, h3, dt")]
    .filter((element) => !inside(element))
    .map((element) => `${element.tagName.toLowerCase()}.${element.className} in ${element.closest(".chapter")?.id}: ${element.textContent.trim().slice(0, 60)}`);
}
