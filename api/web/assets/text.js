// A text of messages in the making: how it would read is shown again while it is typed.
const form = document.querySelector("form[data-tries]");
const PAUSE = 400; // milliseconds without a key
const PATIENCE = 8_000;

let soon = null;
let looked = 0;

async function look() {
  const mine = ++looked;
  const sent = { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { accept: "text/html" } };
  try {
    const answer = await fetch(form.dataset.tries, { ...sent, signal: AbortSignal.timeout(PATIENCE) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const drawn = page.getElementById("example");
    if (drawn && mine === looked) document.getElementById("example").replaceChildren(...drawn.childNodes);
  } catch {
    // What is shown stays as it was: whoever sends the form is told what is wrong.
  }
}

form?.addEventListener("input", () => {
  clearTimeout(soon);
  soon = setTimeout(look, PAUSE);
});
