// Whom a longer stay would hit, shown over the session: its page, inside a dialog.
import { isSignedOut, missed, notWhileSignedOut } from "./live.js";
import { say } from "./words.js";

function dialog() {
  const found = document.querySelector("dialog.longer");
  if (found) return found;
  const made = document.createElement("dialog");
  made.className = "longer";
  made.setAttribute("aria-labelledby", "longer-title");
  made.addEventListener("click", (click) => click.target === made && made.close());
  document.body.append(made);
  return made;
}

async function show(path) {
  const answer = await fetch(path, { headers: { accept: "text/html" } });
  if (isSignedOut(answer)) return notWhileSignedOut(say("You were signed out."));
  const drawn = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("longer");
  if (!answer.ok || !drawn) return location.assign(path);
  const box = dialog();
  box.replaceChildren(drawn);
  for (const link of box.querySelectorAll("nav a")) link.href = new URL(link.getAttribute("href"), new URL(path, location.href)).href;
  if (!box.open) box.showModal();
}

export function openLonger(click) {
  const link = click.target.closest("a[data-longer], dialog.longer nav a");
  if (!link || click.ctrlKey || click.metaKey || click.shiftKey) return;
  click.preventDefault();
  show(link.href).catch(missed);
}
