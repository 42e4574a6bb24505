// What printing needs of a page: the button that starts it, and paper that is white whatever the screen was.
"use strict";

(() => {
  // The theme calls print in an attribute, which the page's policy would block.
  document.addEventListener("click", (event) => {
    if (event.target.closest(".btn-download-pdf-button")) window.print();
  });

  const root = document.documentElement;
  let shown;
  addEventListener("beforeprint", () => {
    shown = root.dataset.theme;
    root.dataset.theme = "light";
    // The stills that stand for the figures may never have been near the window.
    document.querySelectorAll("img[loading=lazy]:not(.on-dark-page)").forEach((image) => (image.loading = "eager"));
  });
  addEventListener("afterprint", () => (root.dataset.theme = shown));
})();
