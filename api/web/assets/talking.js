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

// A message at the edge of the page, with things to do about it; read out, and gone when closed.
export function toast(text, ...choices) {
  document.querySelector(".toast")?.remove();
  const box = document.createElement("div");
  box.className = "toast";
  box.setAttribute("role", "alert");
  const says = document.createElement("p");
  says.textContent = text;
  box.append(says);
  for (const choice of [...choices, { label: say("Close"), act: () => {} }]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain small";
    button.textContent = choice.label;
    button.addEventListener("click", () => {
      box.remove();
      choice.act();
    });
    box.append(button);
  }
  document.body.append(box);
}
