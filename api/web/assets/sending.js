// Sending what a form says, and keeping it where the connection is gone: vital signs wait here, in
// this tab alone and with the time at which they were taken, until they can be sent under one id.
import { apply, clock, isGivenUp, isLost, isSignedOut, LOST_BEAT, missed, notWhileSignedOut, now, onRenewed, refresh, seen, signInAgain, wakeUp } from "./live.js";
import { toast } from "./talking.js";
import { say } from "./words.js";

const main = document.getElementById("main");
const said = document.getElementById("said");
const unsent = document.getElementById("unsent");
const PLACE = `unsent:${main.dataset.account}:${main.dataset.session}`;
const PATIENCE = 15_000;
const FIRST_PAUSE = 2_000; // milliseconds after the service has failed on an entry; then twice as long
const LONGEST_PAUSE = 300_000;

const newest = () => document.querySelector("#log li[value]");
let told = newest()?.value ?? 0;

// Say what was recorded since, for those who do not see it appear.
export function announce(words = said.dataset.others) {
  const last = newest();
  if (!last || last.value <= told) return;
  told = last.value;
  said.textContent = `${words} ${last.querySelector("[data-event]").textContent}`;
}

// ---- what waits ------------------------------------------------------------------------------

const waiting = () => JSON.parse(sessionStorage.getItem(PLACE) ?? "[]");

function keep(list) {
  if (list.length) sessionStorage.setItem(PLACE, JSON.stringify(list));
  else sessionStorage.removeItem(PLACE);
  show(list);
}

function show(list) {
  unsent.hidden = list.length === 0;
  const rows = list.map((one) => {
    const row = unsent.querySelector("template").content.cloneNode(true).firstElementChild;
    const state = row.querySelector("[data-state]");
    state.textContent = one.refused ? state.dataset.refused : state.dataset.waits;
    row.querySelector("time").textContent = clock(one.event.at);
    row.querySelector("[data-said]").textContent = one.words;
    row.querySelector("[data-why]").textContent = one.why ?? "";
    const drop = row.querySelector("[data-drop]");
    drop.hidden = !one.refused;
    drop.addEventListener("click", () => keep(waiting().filter((other) => other.event.id !== one.event.id)));
    row.classList.toggle("refused", Boolean(one.refused));
    return row;
  });
  unsent.querySelector("ul").replaceChildren(...rows);
}

const PLAIN = { true: true, false: false };

// The event that a form would record now, and how it is shown while it waits.
function noted(form, data) {
  const event = { at: new Date(now()).toISOString() };
  const words = [];
  for (const [name, value] of data) {
    if (name === "csrf" || name === "sure" || value === "") continue;
    event[name] = name === "id" || name === "kind" ? value : (PLAIN[value] ?? Number(value));
    const field = form.querySelector(`input[type=number][name="${name}"], [type=radio][name="${name}"][value="${value}"]`);
    if (!field) continue;
    const [label] = field.labels;
    if (field.type === "number") words.push(`${label.firstChild.textContent.trim()} ${value}`);
    else words.push(`${field.closest("fieldset").querySelector("legend").textContent} ${label.textContent.trim()}`);
  }
  return { event, words: words.join(", ") };
}

function remember(one) {
  const list = waiting();
  if (!list.some((other) => other.event.id === one.event.id)) keep([...list, one]);
}

// An entry on which the service has failed is tried again later; the others do not wait for it.
const pauses = new Map();
const resting = new Set();
function rest({ event: { id } }) {
  const pause = Math.min(2 * (pauses.get(id) ?? FIRST_PAUSE / 2), LONGEST_PAUSE);
  pauses.set(id, pause);
  resting.add(id);
  setTimeout(() => {
    resting.delete(id);
    refresh();
  }, pause);
}

// Only by a page that was just drawn: an older one may carry the token of a sign-in that has ended.
let busy = false;
async function sendWaiting() {
  const ready = waiting().filter((each) => !each.refused && !resting.has(each.event.id));
  if (busy || !ready.length) return;
  busy = true;
  try {
    for (const one of ready) {
      const answer = await fetch(`/api/v1/sessions/${main.dataset.session}/events`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": main.dataset.csrf, "Idempotency-Key": one.event.id },
        body: JSON.stringify(one.event),
        signal: AbortSignal.timeout(PATIENCE),
      });
      const failed = answer.status >= 500;
      if (failed) rest(one);
      if (answer.status === 401) return signInAgain();
      const problem = answer.ok ? {} : await answer.json().catch(() => ({}));
      if (problem.type === "urn:careweave:problem:old-page") return wakeUp(LOST_BEAT);
      const mustWait = answer.status === 429;
      const why = [problem.detail ?? problem.title ?? `${answer.status}`, problem.fix].filter(Boolean).join(": ");
      const left = answer.ok ? [] : [{ ...one, why, refused: !mustWait && !failed }];
      keep(waiting().flatMap((each) => (each.event.id === one.event.id ? left : [each])));
      if (mustWait) return wakeUp(PATIENCE);
    }
    refresh();
  } catch {
    missed();
  } finally {
    busy = false;
  }
}

// ---- forms -----------------------------------------------------------------------------------

// Vital signs wait until they can be sent; whatever else was typed stays where it is, and `tell` says so.
function keepTyped(form, data, tell = () => toast(said.dataset.kept)) {
  if (!("vitals" in form.dataset)) return tell();
  remember(noted(form, data));
  finish(form);
}

const signedOut = () => notWhileSignedOut(say("Not sent: you were signed out. It stays here; sign in again, then send it once more."));
const hasFailed = () => toast(say("Not recorded: the service has failed. It stays here; send it again in a moment."));

// The form has done its work: it may be drawn anew.
function finish(form) {
  form.reset();
  delete form.dataset.dirty;
  form.closest("dialog")?.close();
  const opened = form.closest("details");
  if (opened) opened.open = false;
  if (form.contains(document.activeElement)) document.activeElement.blur();
  // An id is good for one event: what is typed here before the form is drawn anew is another.
  form.querySelector("[name=id]").value = crypto.randomUUID?.() ?? newId();
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

async function send(form, data) {
  const answer = await fetch(form.getAttribute("action") ?? location.pathname, {
    method: "POST",
    headers: { accept: "text/html" },
    body: new URLSearchParams(data),
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (answer.status >= 500) {
    keepTyped(form, data, hasFailed);
    return refresh();
  }
  const text = await answer.text();
  seen();
  if (isSignedOut(answer)) {
    keepTyped(form, data, signedOut);
    return signInAgain();
  }
  const signs = "vitals" in form.dataset ? noted(form, data) : null;
  if (answer.ok || signs) finish(form);
  const drawn = apply(text);
  if (drawn && answer.ok) return announce(said.dataset.recorded);
  const why = reason(drawn ? document : new DOMParser().parseFromString(text, "text/html"));
  if (!signs && !drawn) toast(why);
  if (signs && (!drawn || !mend())) remember({ ...signs, why, refused: drawn });
  if (drawn) look(form);
  else refresh();
}

// What is refused stands in the form again, where the page still takes vital signs, and stays there.
function mend() {
  const form = document.querySelector("form[data-vitals]");
  if (form) form.dataset.dirty = "";
  return form !== null;
}

const reason = (page) => page.querySelector("#refusal, main > [role=alert]")?.textContent.trim().replaceAll(/\s+/g, " ") ?? "";

// Bring the reason of a refusal, or the question, before the eyes.
function look(form) {
  form.closest("dialog")?.close();
  const found = document.getElementById("refusal") ?? document.querySelector("[data-ask]:not([hidden])");
  if (!found) return;
  found.tabIndex = -1;
  found.focus();
  found.scrollIntoView({ block: "center" });
}

async function submitted(event) {
  const form = event.target;
  if (!("record" in form.dataset)) return;
  event.preventDefault();
  if ("sending" in form.dataset || (form.mayBeSent && !form.mayBeSent())) return;
  const data = new FormData(form, event.submitter);
  if (form.isSure?.()) data.set("sure", "yes");
  if (isLost()) return keepTyped(form, data);
  form.dataset.sending = "";
  try {
    await send(form, data);
  } catch {
    missed();
    keepTyped(form, data);
  } finally {
    delete form.dataset.sending;
  }
}

export function beginSending() {
  document.addEventListener("submit", submitted);
  document.addEventListener("input", (typed) => {
    const { form } = typed.target;
    if (form && "record" in form.dataset) form.dataset.dirty = "";
  });
  addEventListener("beforeunload", (leaving) => {
    if (!isGivenUp() && waiting().some((one) => !one.refused)) leaving.preventDefault();
  });
  onRenewed(sendWaiting);
  show(waiting());
  sendWaiting();
}
