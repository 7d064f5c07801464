// Speaking with the service, and telling people what came of it.
import { say } from "./words.js";

// Send a JSON document and read the answer; a refusal is thrown as its problem document says it.
export async function sendJson(path, csrf, body, headers = {}) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf, ...headers },
    body: JSON.stringify(body),
  });
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  const parts = [said.detail || said.title, said.fix].filter(Boolean);
  throw Object.assign(new Error(said.title), { says: parts.join(": ") || null });
}

// A message at the edge of the page, with things to do about it; read out, and gone when closed. A
// choice with an address opens it in another tab. Where a dialog is open, only its inside can be used.
export function toast(text, ...choices) {
  document.querySelector(".toast")?.remove();
  const box = document.createElement("div");
  box.className = "toast";
  box.setAttribute("role", "alert");
  const says = document.createElement("p");
  says.textContent = text;
  box.append(says);
  for (const choice of [...choices, { label: say("Close"), act: () => {} }]) {
    box.append(choice.path ? opening(choice) : pressing(choice, box));
  }
  (document.querySelector("dialog:modal") ?? document.body).append(box);
  return box;
}

function opening({ label, path }) {
  const link = Object.assign(document.createElement("a"), { href: path, target: "_blank", rel: "noopener" });
  link.textContent = label;
  return link;
}

function pressing({ label, act }, box) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "plain small" });
  button.textContent = label;
  button.addEventListener("click", () => {
    box.remove();
    act();
  });
  return button;
}
