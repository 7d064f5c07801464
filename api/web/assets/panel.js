// A page of ours inside a dialog: what its links and forms bring takes the place of the part shown.
import "htmx.org/dist/htmx.esm.js";
import { toast } from "./talking.js";
import { say } from "./words.js";

const panel = document.getElementById("panel");
let closed = () => {};

// Show the part of a page that is meant for it; `after` is called when the dialog closes.
export async function openPanel(path, after) {
  closed = after;
  await htmx.ajax("GET", path, { target: "#panel-content", select: "#visit" });
  if (!panel.open && document.querySelector("#panel #visit")) panel.showModal();
}

panel.addEventListener("click", (click) => {
  if (click.target.closest("[data-close]") || click.target === panel) panel.close();
});
panel.addEventListener("close", () => closed());
document.addEventListener("htmx:error", () => toast(say("The service does not answer. Nothing was changed.")));
