// Keeps a page that shows something live up to date. Without it, the page is right when loaded.
"use strict";
const shown = document.querySelector("[data-live]");
const reload_after = 60000; // times go by without anybody recording anything
function busy() {
  return document.querySelector("details[open]") !== null;
}
function changed() {
  const notice = document.querySelector("[data-changed]");
  if (busy() && notice) notice.hidden = false;
  else if (!busy()) location.reload();
}
if (shown && "EventSource" in window) {
  const source = new EventSource(shown.dataset.live);
  for (const kind of ["session", "appointment"]) source.addEventListener(kind, changed);
  addEventListener("pagehide", () => source.close());
}
if (shown) setInterval(changed, reload_after);
