// A dose session, live: what others record appears by itself, times count down, and what is typed
// is never lost. The page does all of this by forms alone, too; the service judges, never a script.
import "./plot.css";
import { live, onRenewed } from "./live.js";
import { readyVitals } from "./keypad.js";
import { drawCurves } from "./plot.js";
import { openLonger } from "./longer.js";
import { announce, beginSending } from "./sending.js";

const main = document.getElementById("main");

function ready() {
  document.querySelectorAll("form[data-vitals]:not([data-ready])").forEach(readyVitals);
  document.querySelectorAll("[data-curves]:not([data-drawn])").forEach(drawCurves);
}

ready();
beginSending();
onRenewed(ready);
onRenewed(() => announce());
live(`/api/v1/sessions/${main.dataset.session}/stream`, "session");
document.addEventListener("click", openLonger);
