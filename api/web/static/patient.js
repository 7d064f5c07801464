// What a patient's page can do better where scripts run. Without them every page is whole.
const form = document.querySelector("form[data-saves]");
if (form) savesAsItGoes(form);

function savesAsItGoes(form) {
  const says = form.querySelector("[data-says]");
  let turn = Promise.resolve(); // one after the other, so that the first begins what others add to
  form.addEventListener("change", ({ target }) => {
    target.closest(".item")?.classList.remove("missing");
    turn = turn.then(() => keep(form, target, says));
  });
}

async function keep(form, field, says) {
  const body = new URLSearchParams({ csrf: form.csrf.value, part: "1", [field.name]: field.value });
  try {
    const answer = await fetch(location.pathname, { method: "POST", body });
    if (!answer.ok) throw new Error(answer.status);
    form.querySelector("[data-crisis]").hidden = !(await answer.json()).crisis;
    says.textContent = form.dataset.kept;
  } catch {
    says.textContent = form.dataset.lost;
  }
}

// What the device keeps for when it is offline; where it cannot, the pages work all the same.
const leaving = document.querySelector("form[data-leaves]");
if (isSecureContext && navigator.serviceWorker && crypto.subtle) {
  const keeping = import("/static/keeping.js");
  leaving?.addEventListener("submit", async (event) => {
    event.preventDefault();
    await keeping.then(({ forget }) => forget()).finally(() => leaving.submit());
  });
  if (!leaving) {
    navigator.serviceWorker.register("/service-worker.js", { scope: "/me" });
    if (location.pathname === "/me") {
      const answer = await fetch("/me/kept.json");
      if (answer.ok) await (await keeping).keep(await answer.text());
    }
  }
}
