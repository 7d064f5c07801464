// Begins a course that is wider than the screen at the present week. Without it, at the first.
"use strict";
for (const shown of document.querySelectorAll("[data-begin]")) {
  shown.scrollLeft = Number(shown.dataset.begin) - shown.clientWidth / 2;
}
