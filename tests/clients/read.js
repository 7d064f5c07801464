// What two calendar programs find in a file: ical.js (Thunderbird's) and node-ical.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";
import ical from "node-ical";

const text = readFileSync(process.argv[2], "utf8");

const whole = new ICAL.Component(ICAL.parse(text));
const byThunderbird = whole.getAllSubcomponents("vevent").map((found) => {
  const event = new ICAL.Event(found);
  return {
    uid: event.uid,
    start: event.startDate.toJSDate().toISOString(),
    end: event.endDate.toJSDate().toISOString(),
    title: event.summary,
    status: found.getFirstPropertyValue("status"),
    sequence: event.sequence,
  };
});

const byNode = Object.values(ical.sync.parseICS(text))
  .filter((found) => found.type === "VEVENT")
  .map(({ uid, start, end, summary, status, sequence }) => ({
    uid,
    start: start.toISOString(),
    end: end.toISOString(),
    title: summary,
    status,
    sequence: Number(sequence),
  }));

process.stdout.write(JSON.stringify({ "ical.js": byThunderbird, "node-ical": byNode }));
