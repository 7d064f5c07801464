// Shows what was kept, where the network does not answer; and how old it is.
import { kept } from "/static/keeping.js";

const shown = await kept().catch(() => null);
if (shown) show(shown);
document.querySelector("[data-again]").addEventListener("click", () => location.reload());

function show({ language, words, made, driving, visits, phone, sender }) {
  const now = Date.now();
  document.documentElement.lang = language;
  document.title = words.offline;
  const put = (name, text) => (document.querySelector(`[data-${name}]`).textContent = text);
  put("offline", words.offline);
  put("age", `${words.asOf} ${made.text} (${ago(language, Math.min(0, Date.parse(made.at) - now))}). ${words.changed}`);
  put("again", words.again);
  put("sender", sender);
  if (driving && Date.parse(driving.at) > now) {
    document.querySelector("[data-stop]").hidden = false;
    put("stop-head", words.doNotDrive);
    put("stop-says", words.drivesAgain);
    put("stop-time", driving.text);
  }
  const list = document.querySelector("[data-visits]");
  for (const visit of visits.filter((one) => Date.parse(one.end) > now)) list.append(line(visit));
  list.hidden = !list.children.length;
  if (phone) put("phone", `${words.questions} ${phone}`);
}

function line(visit) {
  const [item, when, day, what] = ["li", "p", "strong", "p"].map((name) => document.createElement(name));
  when.className = "when";
  day.textContent = visit.day;
  when.append(day, visit.time);
  what.textContent = visit.title;
  item.append(when, what);
  return item;
}

function ago(language, milliseconds) {
  const said = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const minutes = Math.round(milliseconds / 60000);
  if (minutes > -60) return said.format(minutes, "minute");
  return minutes > -48 * 60 ? said.format(Math.round(minutes / 60), "hour") : said.format(Math.round(minutes / 1440), "day");
}
