// Log search: lines with their fields, and how many there are over time.

import { Chart } from "./chart.js";
import { clock, day, element, keep, moment, visible } from "./pieces.js";
import { quoted } from "./asking.js";

export const EXAMPLES = [
  ["Everything", '{service="odoo"}'],
  ["Errors", '{service="odoo", level=~"error|critical"}'],
  ["Slow requests", '{service="odoo"} | path=~".+" | duration > 2'],
  ["Server errors", '{service="odoo"} | status >= 500'],
  ["Tracebacks", '{service="odoo"} |= "Traceback"'],
  ["Failed jobs", '{service="odoo", logger=~".*queue_job.*", level="error"}'],
  ["Crons held back", '{service="odoo"} |= "Skipping database"'],
  ["Worker time-outs", '{service="odoo", level="error"} |~ `Worker\\w+ \\(\\d+\\) timeout`'],
];

const LEVELS = ["trace", "debug", "info", "notice", "warning", "error", "critical"];
const TONES = {
  critical: "level-bad", error: "level-bad", warning: "level-odd", debug: "level-faint", trace: "level-faint",
};

/** Series by level, the calm ones at the bottom, as the chart wants them. */
export function levelSeries(series) {
  return series
    .map(({ labels, values }) => ({
      name: labels.level ?? "no level", tone: TONES[labels.level] ?? "level-calm", values,
    }))
    .sort((one, other) => LEVELS.indexOf(one.name) - LEVELS.indexOf(other.name));
}

/** The histogram above the lines. */
export function histogram(host) {
  return new Chart(host, { name: "Log lines", unit: "lines, by level", height: 96 });
}

/**
 * Shows lines in `host`, newest first. `onFilter` gets what to add to the query when a field is
 * chosen.
 */
export function showLines(host, lines, onFilter) {
  const seen = new Map();
  const unique = lines.map((line) => {
    const name = `${line.nanoseconds} ${JSON.stringify(line.labels)} ${line.text}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return { line, key: `${name} ${count}` };
  });
  keep(host, unique, { key: ({ key }) => key, build: ({ line }) => lineBox(line, onFilter) });
}

function lineBox(line, onFilter) {
  const { level = "", tenant = "", logger = "" } = line.labels;
  const release = line.labels.release ?? line.fields.release ?? "";
  const parts = line.text.split("\n").filter((part) => part.trim() !== "");
  // A traceback says what went wrong in its last line.
  const headline = (parts[0]?.startsWith("Traceback") ? parts.at(-1) : parts[0]) ?? "";
  const box = element(
    "details", { class: `line ${TONES[level] ?? "level-calm"}` },
    element(
      "summary", {},
      element("time", { datetime: new Date(line.time).toISOString(), title: moment(line.time) },
        `${clock(line.time, true)}.${line.nanoseconds.slice(-9, -6)}`),
      element("span", { class: "level" }, level),
      element("span", { class: "who" }, visible(tenant), " ", element("small", {}, visible(release))),
      element("span", { class: "message", title: logger }, visible(headline),
        parts.length > 1 ? element("small", {}, ` +${parts.length - 1} lines`) : null)));
  // The fields are made when they are first looked at: most never are.
  box.addEventListener("toggle", () => {
    if (box.open && box.children.length === 1) box.append(...contents(line, onFilter));
  });
  return box;
}

function contents(line, onFilter) {
  const fields = Object.entries({ ...line.labels, ...line.fields });
  return [
    element("pre", { tabindex: "0" }, visible(line.text)),
    element(
      "dl", {},
      element("dt", {}, "time"),
      element("dd", {}, `${day(line.time)} ${clock(line.time, true)}  (${line.nanoseconds} ns)`),
      fields.sort().flatMap(([name, value]) => [
        element("dt", {}, visible(name)),
        element("dd", {}, element(
          "button", {
            type: "button", title: `Search for this ${name}`,
            onclick: () => onFilter(` | ${name}=${quoted(String(value))}`),
          },
          visible(value))),
      ])),
  ];
}
