// The link that takes the marks of a search away. Sphinx writes it as a javascript: address, which the page's policy
// would block.
"use strict";

document.addEventListener("click", (event) => {
  if (!event.target.closest(".highlight-link a")) return;
  event.preventDefault();
  SphinxHighlight.hideSearchWords();
});
