// A page that keeps itself up to date: its parts are renewed in place when something has happened,
// times count down, and a connection that is lost is shown. What is half typed is never taken away.
import { byItself } from "./attended.js";
import { toast } from "./talking.js";
import { say } from "./words.js";

const main = document.getElementById("main");
const lost = document.getElementById("lost");
const out = document.getElementById("out");
const BEAT = 10_000; // milliseconds between two signs of life
export const LOST_BEAT = 2_000; // the same while there is none
const LOOK_AGAIN = 60_000; // times go by without anybody recording anything
const PATIENCE = 8_000;

let ahead = 0; // the service's clock, as seen from this device's
let seenAt = 0;
let gone = false;
let looked = 0;
let alarmClock = null;
let isAnothers = false;
const whenRenewed = [];

export const now = () => Date.now() + ahead;
export const isLost = () => gone;
export const isGivenUp = () => isAnothers;
export const onRenewed = (act) => whenRenewed.push(act);

const wall = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: main.dataset.zone });
export const clock = (moment) => wall.format(new Date(moment));

// ---- parts -----------------------------------------------------------------------------------

const signatures = new WeakMap();
// What a part says, without what every drawing makes anew, and the times that tick by here.
const VOLATILE = /(name="(?:id|csrf)" value=")[^"]*|(<time [^>]*data-left[^>]*>)[^<]*|(<progress [^>]*value=")[^"]*/g;
const signature = (element) => element.outerHTML.replaceAll(VOLATILE, "$1$2$3");

function sign(root) {
  for (const part of root.querySelectorAll("[data-renew] > *")) signatures.set(part, signature(part));
}

sign(document); // before anything is added to it

function isBusy(part) {
  if ("own" in part.dataset || part.matches("form[data-dirty]") || part.querySelector("form[data-dirty]")) return true;
  if (part.matches("details[open]") || part.querySelector("details[open] form")) return part.querySelector("form") !== null;
  const active = document.activeElement;
  return part.contains(active) && active.matches("input, select, textarea");
}

// A form has a field of this name, which stands before its own attribute.
const idOf = (element) => element.getAttribute("id");

function renew(old, fresh) {
  if (fresh.dataset.changes !== undefined) old.dataset.changes = fresh.dataset.changes;
  old.className = fresh.className;
  const before = new Map([...old.children].map((part) => [idOf(part), part]));
  const wanted = new Set([...fresh.children].map(idOf));
  for (const part of [...old.children]) if (!wanted.has(idOf(part)) && !isBusy(part)) part.remove();
  let last = null;
  for (const part of [...fresh.children]) {
    const mine = before.get(idOf(part));
    if (mine && "renew" in mine.dataset && "renew" in part.dataset) renew(mine, part);
    else if (mine) last = replace(mine, part);
    else if (last) last.after(part);
    else old.prepend(part);
    last = mine?.isConnected ? mine : part.isConnected ? part : last;
  }
}

function replace(mine, part) {
  if (isBusy(mine) || signatures.get(mine) === signatures.get(part)) return mine;
  // An alarm that still rings is not read out again because a time beside it has changed.
  if (mine.dataset.keep !== undefined && mine.dataset.keep === part.dataset.keep) return mine;
  for (const opened of mine.querySelectorAll("details[open][id]")) {
    const same = part.querySelector(`[id="${opened.id}"]`);
    if (same) same.open = true;
  }
  mine.replaceWith(part);
  return part;
}

// Show what a page that was just drawn says, but for what somebody is filling in.
export function apply(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const drawn = page.getElementById("main");
  if (!drawn?.dataset.now) return false;
  if (drawn.dataset.account !== main.dataset.account) return giveUp();
  ahead = Date.parse(drawn.dataset.now) - Date.now();
  sign(page);
  main.dataset.csrf = drawn.dataset.csrf ?? "";
  main.dataset.change = drawn.dataset.change;
  for (const field of document.querySelectorAll("input[name=csrf]")) field.value = main.dataset.csrf || field.value;
  const focused = document.activeElement?.closest("[id]")?.getAttribute("id");
  document.title = page.title;
  for (const list of document.querySelectorAll("[data-renew]")) {
    const fresh = page.getElementById(list.id);
    if (fresh && !list.parentElement.closest("[data-renew]")) renew(list, fresh);
  }
  if (focused && document.activeElement === document.body) refocus(focused);
  for (const act of whenRenewed) act();
  tick();
  wakeUp();
  return true;
}

// Somebody else has signed in: what was typed here is neither theirs to see nor theirs to send.
function giveUp() {
  isAnothers = true;
  for (const form of document.forms) form.reset(); // a browser may fill a page in again
  location.reload();
  return true;
}

function refocus(id) {
  const usable = "summary, button:not(:disabled), a, input:not([type=hidden])";
  const part = document.getElementById(id);
  const title = main.querySelector("h1");
  title.tabIndex = -1;
  (part?.matches(usable) ? part : part?.querySelector(usable) ?? title).focus({ preventScroll: true });
}

export async function refresh() {
  const mine = ++looked;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html", ...byItself() }, signal: AbortSignal.timeout(PATIENCE) });
    if (isSignedOut(answer)) return signInAgain();
    if (answer.status >= 500) return missed();
    const text = await answer.text();
    seen();
    if (mine !== looked) return;
    if (!answer.ok || !apply(text)) return wakeUp();
    signedIn();
    if (source.readyState === EventSource.CLOSED) listen();
  } catch {
    missed();
  }
}

export const isSignedOut = (answer) => answer.status === 401 || new URL(answer.url).pathname === "/sign-in";

// Whoever is signed out signs in again: in another tab where something typed would be lost here.
export function signInAgain() {
  const kept = "form[data-dirty], #unsent:not([hidden]), #out:not([hidden])";
  if (!out || !document.querySelector(kept)) return location.assign("/sign-in");
  out.hidden = false;
  wakeUp(LOST_BEAT);
}

// The same where somebody has just asked for something: they are told why nothing came of it.
let answered = null;
export function notWhileSignedOut(words) {
  answered = toast(words, { label: say("Sign in again in another tab"), path: "/sign-in" });
  out.hidden = false;
  wakeUp(LOST_BEAT);
}

function signedIn() {
  if (out) out.hidden = true;
  answered?.remove();
}

let soon = null;
function changed() {
  clearTimeout(soon);
  soon = setTimeout(refresh, 100);
}

// ---- time ------------------------------------------------------------------------------------

const two = (number) => String(number).padStart(2, "0");

function inWords(seconds) {
  const far = Math.abs(seconds);
  const hours = Math.floor(far / 3600);
  const minutes = Math.floor((far % 3600) / 60);
  return hours ? `${hours} h ${two(minutes)} min` : `${minutes}:${two(far % 60)}`;
}

function tick() {
  for (const element of document.querySelectorAll("[data-left]")) {
    const seconds = Math.round((Date.parse(element.dateTime) - now()) / 1000);
    const text = seconds >= 0 ? `${main.dataset.in} ${inWords(seconds)}` : `${inWords(seconds)} ${main.dataset.late}`;
    if (element.textContent !== text) element.textContent = text;
  }
  for (const bar of document.querySelectorAll("progress[data-from]")) {
    bar.value = Math.max((now() - Date.parse(bar.dataset.from)) / 1000, 0);
  }
}

// Look again at the next instant at which the page says something else by itself.
export function wakeUp(longest = LOOK_AGAIN) {
  clearTimeout(alarmClock);
  const listed = document.querySelector("[data-changes]")?.dataset.changes.trim().split(" ") ?? [];
  const moments = listed.map((text) => Date.parse(text) - now()).filter((wait) => wait > 0);
  alarmClock = setTimeout(refresh, Math.min(longest, ...moments.map((wait) => wait + 500)));
}

// ---- connection ------------------------------------------------------------------------------

export function seen() {
  seenAt = now();
  if (!gone) return;
  gone = false;
  lost.hidden = true;
  refresh();
}

export function missed() {
  if (gone) return;
  gone = true;
  lost.querySelector("[data-since]").textContent = clock(seenAt);
  lost.hidden = false;
}

export async function probe() {
  if (!navigator.onLine) return missed();
  try {
    const answer = await fetch("/livez", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (answer.ok) seen();
    else missed();
  } catch {
    missed();
  }
}

async function beat() {
  await probe();
  setTimeout(beat, gone ? LOST_BEAT : BEAT);
}

let source = null;
let stream = "";
let kinds = [];
function listen() {
  source = new EventSource(stream);
  for (const kind of kinds) source.addEventListener(kind, changed);
  // What has changed between the page and the first word of the service would be missed.
  source.addEventListener("listening", ({ lastEventId }) => lastEventId === main.dataset.change || changed(), { once: true });
  source.addEventListener("open", seen);
  source.addEventListener("error", probe);
}

// Begin: `path` is the stream of what happens, `heard` the kinds of its events that matter here.
export function live(path, ...heard) {
  ahead = Date.parse(main.dataset.now) - (performance.timeOrigin + performance.getEntriesByType("navigation")[0].responseEnd);
  [stream, kinds] = [path, heard];
  seenAt = now();
  listen();
  tick();
  wakeUp();
  setInterval(tick, 1000);
  setTimeout(beat, BEAT);
  addEventListener("offline", missed);
  addEventListener("online", probe);
  addEventListener("pagehide", () => source.close());
}
