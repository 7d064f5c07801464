// Whom a longer stay would hit, shown over the session: its page, inside a dialog.
import { isSignedOut, missed, notWhileSignedOut } from "./live.js";
import { toast } from "./talking.js";
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
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const drawn = page.getElementById("longer");
  if (!answer.ok || !drawn) return toast(whyNot(answer, page)); // what is typed here stays
  const box = dialog();
  box.replaceChildren(drawn);
  for (const link of box.querySelectorAll("nav a")) link.href = new URL(link.getAttribute("href"), new URL(path, location.href)).href;
  if (!box.open) box.showModal();
}

// What the page of a refusal says is in the way; one that has failed says nothing to rely on.
function whyNot(answer, page) {
  const why = page.querySelector("main [role=alert] .large, main h1")?.textContent;
  const refused = answer.status >= 400 && answer.status < 500 && why;
  if (refused) return say("It cannot be seen whom that would hit. {why}.", { why });
  return say("It cannot be seen whom that would hit: the service has failed. Try again in a moment.");
}

export function openLonger(click) {
  const link = click.target.closest("a[data-longer], dialog.longer nav a");
  if (!link || click.ctrlKey || click.metaKey || click.shiftKey) return;
  click.preventDefault();
  show(link.href).catch(missed);
}
