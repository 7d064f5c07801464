// The curves, drawn so that any moment can be read off: touch or point, and each panel says its
// values. Without this file the same curves stand in the page as the service has drawn them.
import uPlot from "uplot";

const main = document.getElementById("main");
const dark = matchMedia("(prefers-color-scheme: dark)");
const drawn = new Map(); // each figure, and its plots

const colour = (name) => getComputedStyle(main).getPropertyValue(`--${name}`).trim();

// A colour of the page's is light or dark by itself; a canvas wants one that is resolved.
function resolved(name) {
  const probe = document.createElement("span");
  probe.className = `of-${name}`;
  main.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found || colour(name);
}

function dashed(plot, value, stroke, dash) {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(value, "y", true));
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

function upright(plot, moment, stroke) {
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(moment, "x", true));
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

// The heads of the panels say the values under the pointer, with their time; without it, the last.
function tell(plot, keys, panel, data) {
  const at = plot.cursor.idx ?? null;
  keys.forEach((key, number) => {
    const value = at === null ? panel.series[number].findLast((one) => one !== null) : panel.series[number][at];
    key.querySelector("b").textContent = `${value ?? "–"}${at === null ? "" : ` (${hour(data.times[at])})`}`;
  });
}

function options(data, panel, keys, width, colours) {
  const lines = [colours.calm, colours.soft];
  const axis = { stroke: colours.soft, grid: { stroke: colours.line, width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  return {
    width,
    height: panel.height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), main.dataset.zone),
    scales: { x: { range: () => data.range }, y: { range: () => panel.range } },
    axes: [
      { ...axis, values: (_, splits) => splits.map((at) => hour(at)), size: 24, space: 60 },
      { ...axis, size: 38, space: 28 },
    ],
    cursor: { sync: { key: "signs" }, drag: { x: false, y: false }, y: false, points: { size: 8 } },
    legend: { show: false },
    series: [
      {},
      ...panel.series.map((_, number) => ({
        stroke: lines[number],
        width: 2.5,
        spanGaps: true,
        points: { show: true, size: 6, fill: colours.card },
      })),
    ],
    hooks: {
      setCursor: [(plot) => tell(plot, keys, panel, data)],
      drawAxes: [
        (plot) => {
          for (const [at, urgency] of panel.limits) dashed(plot, at, colours[urgency === "urgent" ? "alarm" : "warn"], urgency === "urgent" ? [] : [2, 3]);
          panel.baseline.forEach((value, number) => value !== null && dashed(plot, value, lines[number], [8, 4]));
          if (data.dosed) upright(plot, data.dosed, colours.warn);
        },
      ],
    },
  };
}

const hours = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: main.dataset.zone });
const hour = (seconds) => hours.format(new Date(seconds * 1e3));

export function drawCurves(figure) {
  figure.dataset.drawn = "";
  for (const [old] of drawn) if (!old.isConnected) forget(old);
  const data = JSON.parse(figure.dataset.curves);
  const colours = Object.fromEntries(["calm", "soft", "line", "card", "warn", "alarm"].map((name) => [name, resolved(name)]));
  const plots = [];
  figure.querySelectorAll("[data-panel]").forEach((holder, number) => {
    const keys = [...holder.querySelectorAll(".key-of")];
    const panel = data.panels[number];
    const box = document.createElement("div");
    box.className = "plot";
    box.setAttribute("aria-hidden", "true"); // the table says it
    holder.querySelector("svg").setAttribute("hidden", "");
    holder.append(box);
    const plot = new uPlot(options(data, panel, keys, Math.max(box.clientWidth, 200), colours), [data.times, ...panel.series], box);
    plots.push([plot, box]);
  });
  const watcher = new ResizeObserver(() => {
    for (const [plot, box] of plots) if (box.clientWidth) plot.setSize({ width: box.clientWidth, height: plot.height });
  });
  watcher.observe(figure);
  drawn.set(figure, { plots, watcher });
}

function forget(figure) {
  const { plots, watcher } = drawn.get(figure);
  watcher.disconnect();
  for (const [plot, box] of plots) {
    plot.destroy();
    box.remove();
  }
  drawn.delete(figure);
}

dark.addEventListener("change", () => {
  for (const figure of [...drawn.keys()]) {
    forget(figure);
    drawCurves(figure);
  }
});
