// The calendar: bars on rows of rooms or people, moved by dragging, judged while they are dragged.
// The service judges; this file asks it, and shows what it says. Without this script the page is a
// list whose visits have pages of their own, on which everything can be done.
import { createCalendar, Interaction, ResourceTimeline } from "@event-calendar/core";
import "@event-calendar/core/index.css";
import "./calendar.css";
import { byItself } from "./attended.js";
import { toast, sendJson } from "./talking.js";
import { openPanel } from "./panel.js";
import { say, sayWhy } from "./words.js";

const board = document.getElementById("calendar");
const says = document.getElementById("says");
const { first, last, by, span, step, offset, csrf } = board.dataset;
const heads = JSON.parse(document.getElementById("heads").textContent);
const noPlace = heads.at(-1)?.id; // by places, the last row is of visits that are at none
const HOVER = 350; // milliseconds over one time before its reasons are asked for

let dragged = null; // what is being dragged: its visit and the times that work
let sifted = "";

const wall = (date) => {
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
};
const clock = (text) => text.slice(11, 16);

// The wall clock's instant, by the difference that the visit itself had: the service knows zones,
// browsers do not know the clinic's.
function instantOf(visit, start) {
  const moved = new Date(`${start}:00Z`) - new Date(`${visit.wall}:00Z`);
  return new Date(new Date(visit.at).getTime() + moved);
}

// The page brings its visits along in its list, with what a bar needs beyond a line of it; what
// changes later is asked for.
function broughtAlong() {
  const lines = [...document.querySelectorAll("#twin [data-bar]")];
  return [...lines.map(barOf), ...JSON.parse(document.getElementById("behind").textContent)];
}

function barOf(line) {
  const { resourceIds, start, end, lengthens, ...moves } = JSON.parse(line.dataset.bar);
  const link = line.querySelector("a");
  const path = link.getAttribute("href");
  const [what, where] = Array.from(line.querySelectorAll("small span"), (part) => part.textContent);
  const status = line.querySelector(".tag").textContent;
  const at = line.querySelector("time").dateTime;
  return {
    id: path.split("/").at(-1),
    resourceIds,
    start,
    end,
    title: link.textContent,
    startEditable: "patients" in moves,
    durationEditable: Boolean(lengthens),
    classNames: [...line.classList],
    extendedProps: { what, where, status, at, path, ...moves },
  };
}

let brought = broughtAlong();

async function barsOf() {
  if (brought) {
    const bars = brought;
    brought = null;
    return bars;
  }
  const answer = await fetch(`/calendar/bars?first=${first}&last=${last}&by=${by}`, { headers: { accept: "application/json", ...byItself() } });
  if (answer.status === 401) location.assign("/sign-in");
  if (!answer.ok) throw new Error("the calendar could not be read");
  return answer.json();
}

const calendar = createCalendar(board, [ResourceTimeline, Interaction], {
  view: span === "week" ? "resourceTimelineWeek" : "resourceTimelineDay",
  date: first,
  locale: document.documentElement.lang,
  firstDay: 1,
  resources: heads,
  headerToolbar: { start: "", center: "", end: "" },
  slotMinTime: `${board.dataset.from}:00`,
  slotMaxTime: `${board.dataset.to}:00`,
  slotDuration: span === "week" ? "01:00" : "00:15",
  slotLabelInterval: span === "week" ? "03:00" : "01:00",
  slotWidth: span === "week" ? 22 : 24,
  snapDuration: { minutes: Number(step) },
  slotLabelFormat: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" },
  timeZone: offset,
  nowIndicator: true,
  eventDurationEditable: "lengthens" in board.dataset,
  eventStartEditable: "moves" in board.dataset,
  longPressDelay: 500,
  eventSources: [{ events: () => barsOf().catch(lost) }],
  filterEventsWithResources: false,
  eventFilter: ({ event }) => event.display === "background" || matches(event),
  eventContent: ({ event }) => ({ domNodes: event.display === "background" ? [words("small", event.title)] : inside(event) }),
  eventClick: ({ event }) => open(event),
  eventDragStart: ({ event }) => begin(event),
  dragConstraint: ({ event }) => hover(event),
  eventDragStop: () => board.removeAttribute("data-judged"),
  eventDrop: (drop) => dropped(drop),
  eventResize: ({ event, endDelta, revert }) => lengthen(event, endDelta, revert),
  viewDidMount: tidy,
  eventAllUpdated: tidy,
  loading: (busy) => board.setAttribute("aria-busy", String(busy)),
});
board.hidden = false;
document.getElementById("twin").open = false;

function words(kind, text) {
  const element = document.createElement(kind);
  element.textContent = text;
  return element;
}

function inside(event) {
  const { what, where, status } = event.extendedProps;
  const unseen = words("span", `, ${say("{start} to {end}", { start: clock(wall(event.start)), end: clock(wall(event.end)) })}, ${where || ""}, ${status || ""}`);
  unseen.className = "unseen";
  return [words("strong", event.title), words("small", what), unseen];
}

function matches(event) {
  const text = `${event.title} ${event.extendedProps.what} ${event.extendedProps.where || ""}`.toLowerCase();
  return text.includes(sifted);
}

// What the library calls a table is none for a screen reader: its cells are not in rows.
function tidy() {
  queueMicrotask(() => {
    for (const element of board.querySelectorAll("[role]")) {
      if (/^(table|row|rowgroup|rowheader|columnheader|cell|list|listitem)$/.test(element.getAttribute("role"))) element.removeAttribute("role");
    }
    for (const name of ["colindex", "rowindex", "colcount", "rowcount", "colspan", "rowspan"]) {
      for (const element of board.querySelectorAll(`[aria-${name}]`)) element.removeAttribute(`aria-${name}`);
    }
    const root = board.querySelector(".ec");
    root?.setAttribute("role", "region");
    root?.setAttribute("aria-label", say("Calendar"));
    const main = board.querySelector(".ec-main");
    if (main) main.tabIndex = 0;
  });
}

function open(event) {
  const { path } = event.extendedProps;
  if (path.startsWith("/visits/")) openPanel(path, () => calendar.refetchEvents());
  else location.assign(path);
}

// Dragging: once the visit is picked up, the times that work are asked for, and shown as they come.
function begin(event) {
  const { at, patients, activity, occurrence, version } = event.extendedProps;
  dragged = { id: event.id, at, wall: wall(event.start), patient: patients[0], activity, occurrence, version, offers: null, over: "" };
  const visit = dragged;
  says.textContent = say("Looking for times that work …");
  find(visit, {}).then((found) => {
    visit.offers = byStart(found.offers);
    if (dragged === visit) says.textContent = found.offers.length === 1 ? say("One time works.") : say("{number} times work.", { number: found.offers.length });
  }).catch(failed);
}

function find(visit, more) {
  const since = instantOf(visit, `${first}T00:00`);
  const until = new Date(instantOf(visit, `${last}T00:00`).getTime() + 24 * 3600e3);
  const asked = { patient: visit.patient, activity: visit.activity, occurrence: visit.occurrence, most: 50 };
  return sendJson("/api/v1/appointments/find", csrf, more.at ? { ...asked, ...more } : { ...asked, since: since.toISOString(), until: until.toISOString() });
}

const byStart = (offers) => new Map(offers.map((offer) => [new Date(offer.start).getTime(), offer]));
const rowUnder = (event) => event.resourceIds.at(-1);

// What is known of a time: the offer in the row under the pointer, else one at another place.
function offerAt(visit, event) {
  const offer = visit.offers?.get(instantOf(visit, wall(event.start)).getTime());
  const elsewhere = offer && by === "places" && (offer.location || noPlace) !== rowUnder(event);
  return { offer: elsewhere ? null : offer, elsewhere };
}

// Asked of one time, in the row under the pointer where rows are places.
function ask(visit, event) {
  const row = rowUnder(event);
  const place = by === "places" && row !== noPlace ? { place: row } : {};
  return find(visit, { at: instantOf(visit, wall(event.start)).toISOString(), most: 3, ...place });
}

// The visit of somebody else on which the pointer is, if one: they might change places.
function under(visit, event) {
  const row = rowUnder(event);
  const at = wall(event.start);
  return calendar.getEvents().find((other) => other.id !== visit.id && other.startEditable && other.resourceIds.includes(row) && wall(other.start) <= at && at < wall(other.end));
}

// Whether the two may change places; each date's answer is asked for once.
async function swapWith(visit, other) {
  const on = wall(other.start).slice(0, 10);
  visit.swaps ??= {};
  visit.swaps[on] ??= fetch(`/api/v1/appointments/${visit.id}/swaps?on=${on}`).then((answer) => (answer.ok ? answer.json() : []));
  return (await visit.swaps[on]).find((partner) => partner.id === other.id);
}

const isAt = (visit, event) => (offer) => new Date(offer.start).getTime() === instantOf(visit, wall(event.start)).getTime();

function hover(event) {
  const visit = dragged;
  if (!visit) return true;
  const place = `${wall(event.start)}|${event.resourceIds.at(-1)}`;
  if (place === visit.over) return true;
  visit.over = place;
  clearTimeout(visit.waiting);
  if (wall(event.start) === visit.wall) {
    board.dataset.judged = "none";
    return true;
  }
  const { offer, elsewhere } = offerAt(visit, event);
  board.dataset.judged = visit.offers === null || elsewhere ? "none" : judged(offer);
  if (visit.offers === null) return true;
  const time = clock(wall(event.start));
  says.textContent = elsewhere ? say("{time} works; is this place free?", { time }) : told(time, offer);
  if (!offer) visit.waiting = setTimeout(() => look(visit, event, place), HOVER);
  return true;
}

const judged = (offer) => (!offer ? "refused" : offer.sets_aside.length ? "soft" : "free");
const rulesOf = (offer) => offer.sets_aside.join(", ");
const told = (time, offer) => (!offer ? say("{time} does not work.", { time }) : offer.sets_aside.length ? say("{time} works, and sets aside {rules}.", { time, rules: rulesOf(offer) }) : say("{time} works.", { time }));
const refused = (time, found) => say("{time} does not work: {why}", { time, why: reasons(found) });

async function look(visit, event, place) {
  const other = under(visit, event);
  const partner = other && (await swapWith(visit, other).catch(() => null));
  if (partner?.works) {
    if (visit.over !== place || dragged !== visit) return;
    board.dataset.judged = "soft";
    says.textContent = say("{who} is there: let go, and the two can change places.", { who: other.title });
    return;
  }
  const found = await ask(visit, event).catch(() => null);
  if (!found || visit.over !== place || dragged !== visit) return;
  const offer = found.offers.find(isAt(visit, event));
  board.dataset.judged = judged(offer);
  const time = clock(wall(event.start));
  says.textContent = offer ? told(time, offer) : refused(time, found);
}

const reasons = (found) => (found.why_not.length ? found.why_not.map(sayWhy).join("; ") : say("it cannot be there"));

async function dropped(drop) {
  const visit = dragged;
  dragged = null;
  clearTimeout(visit.waiting);
  const { event, revert, oldResource, newResource } = drop;
  if (by === "people" && newResource && newResource.id !== oldResource.id) {
    revert();
    toast(say("Who treats follows from the time. Drag the visit within its own row."));
    return;
  }
  let { offer } = offerAt(visit, event);
  if (!offer) {
    const found = await ask(visit, event).catch(failed);
    offer = found?.offers.find(isAt(visit, event));
    if (!offer) {
      const other = under(visit, event);
      const partner = other && (await swapWith(visit, other).catch(() => null));
      revert();
      refuse(visit, found, clock(wall(event.start)), partner && exchange(visit, other, partner));
      return;
    }
  }
  if (offer.sets_aside.length) {
    revert();
    askReason(visit, offer);
    return;
  }
  move(visit, offer, {}, revert);
}

async function move(visit, offer, reasons, revert = () => {}) {
  try {
    const done = await sendJson(`/api/v1/appointments/${visit.id}/move`, csrf, { ...offer, reasons }, { "If-Match": `"${visit.version}"` });
    const number = done.others.length;
    const others = number === 1 ? say("One more moved with it.") : say("{number} more moved with it.", { number });
    const when = done.appointment.wall_time.replace("T", ", ").slice(0, 17);
    says.textContent = "";
    toast(`${say("Moved to {when}.", { when })}${number ? ` ${others}` : ""}`, { label: say("Open the visit"), act: () => openPanel(`/visits/${visit.id}`, () => calendar.refetchEvents()) });
    calendar.refetchEvents();
  } catch (problem) {
    revert();
    failed(problem);
  }
}

// What can be done where somebody else is: the two change places, or why they cannot.
function exchange(visit, other, partner) {
  if (!partner.works) return { says: ` ${say("To change places with {who} does not work either: {why}", { who: other.title, why: partner.why_not })}` };
  return { says: "", choice: { label: say("Change places with {who}", { who: other.title }), act: () => swap(visit, other, partner) } };
}

async function swap(visit, other, partner) {
  const why = partner.sets_aside.length ? prompt(say("This sets aside {rules}. Why?", { rules: rulesOf(partner) }))?.trim() : "";
  if (partner.sets_aside.length && !why) return;
  const reasons = Object.fromEntries(partner.sets_aside.map((rule) => [rule, why]));
  const body = { one: visit.id, other: partner.id, one_version: visit.version, other_version: partner.version, reasons };
  try {
    await sendJson("/api/v1/appointments/swap", csrf, body);
    toast(say("{who} has the old place, and this visit has theirs.", { who: other.title }));
  } catch (problem) {
    failed(problem);
  }
  calendar.refetchEvents();
}

function refuse(visit, found, time, other = null) {
  if (!found) return;
  says.textContent = refused(time, found);
  const nearest = found.offers.slice(0, 3).map((offer) => ({
    label: offer.start ? new Date(new Date(`${visit.wall}:00Z`).getTime() + (new Date(offer.start) - new Date(visit.at))).toISOString().replace("T", ", ").slice(5, 17) : "",
    act: () => (offer.sets_aside.length ? askReason(visit, offer) : move(visit, offer, {})),
  }));
  toast(`${refused(time, found)}.${other?.says || ""}`, ...(other?.choice ? [other.choice] : []), ...nearest);
}

function askReason(visit, offer) {
  const reason = prompt(say("This sets aside {rules}. Why?", { rules: rulesOf(offer) }));
  if (reason && reason.trim()) move(visit, offer, Object.fromEntries(offer.sets_aside.map((rule) => [rule, reason.trim()])));
}

// A session under way whose bar is drawn out: whom that hits is shown before anybody says so.
function lengthen(event, delta, revert) {
  revert();
  const minutes = Math.round(delta.seconds / 60);
  if (minutes > 0) location.assign(`/today/${event.id}/longer?minutes=${minutes}`);
  else toast(say("How long it is follows from its pathway. It can be drawn out, not in."));
}

function failed(problem) {
  toast(problem.says || say("The service does not answer. Nothing was changed."));
  says.textContent = problem.says || "";
  return null;
}

function lost(error) {
  failed({ says: say("The calendar could not be read; it is tried again.") });
  setTimeout(() => calendar.refetchEvents(), 5000);
  throw error;
}

// What others change appears by itself, but not under a hand that drags.
const changes = new EventSource("/api/v1/changes");
let soon = null;
function changed() {
  clearTimeout(soon);
  soon = setTimeout(() => (dragged ? changed() : calendar.refetchEvents()), 300);
}
for (const kind of ["appointment", "session", "plan", "clinic"]) changes.addEventListener(kind, changed);
// What has changed between the page and the first word of the service would be missed.
changes.addEventListener("listening", ({ lastEventId }) => lastEventId === board.dataset.changes || changed(), { once: true });
changes.addEventListener("error", () => board.setAttribute("data-lost", ""));
changes.addEventListener("open", () => board.removeAttribute("data-lost"));
addEventListener("pagehide", () => changes.close());

document.getElementById("sift").addEventListener("input", (typed) => {
  sifted = typed.target.value.trim().toLowerCase();
  calendar.setOption("eventFilter", ({ event }) => event.display === "background" || matches(event));
});
