// The page: what is chosen, which panel asks what, and when it asks again.

import * as asking from "./asking.js";
import { Chart } from "./chart.js";
import { gathered, showAlerts, showAnomalies } from "./findings.js";
import { EXAMPLES, histogram, levelSeries, showLines } from "./logs.js";
import { element, plural } from "./pieces.js";
import { Timeline, tones } from "./releases.js";

const SECOND = 1000;
/** Each range with the width of its bars and, since long ranges cost more, its own pace. */
const RANGES = {
  "15m": { length: 900 * SECOND, step: 15 * SECOND, pace: 5 * SECOND },
  "1h": { length: 3_600 * SECOND, step: 60 * SECOND, pace: 5 * SECOND },
  "6h": { length: 21_600 * SECOND, step: 300 * SECOND, pace: 15 * SECOND },
  "24h": { length: 86_400 * SECOND, step: 1_200 * SECOND, pace: 60 * SECOND },
  "3d": { length: 259_200 * SECOND, step: 3_600 * SECOND, pace: 60 * SECOND },
};
const TICK = 5 * SECOND;
const LINES = 200;

const root = document.documentElement;
const find = (selector) => document.querySelector(selector);

function record(error) {
  root.dataset.errors = `${root.dataset.errors ?? ""}${error}\n`;
}
window.addEventListener("error", (event) => record(event.message));
window.addEventListener("unhandledrejection", (event) => record(event.reason));

/** What the reader chose. It is kept in the address, so that it can be sent to somebody. */
const choice = { tenant: "", range: "1h", query: find("#query").value };

function readAddress() {
  const stated = new URLSearchParams(location.search);
  for (const name of Object.keys(choice)) choice[name] = stated.get(name) ?? choice[name];
  if (!RANGES[choice.range]) choice.range = "1h";
  find("#query").value = choice.query;
  find(`#range input[value="${choice.range}"]`).checked = true;
  if (choice.tenant) find("#tenant").append(element("option", {}, choice.tenant));
  find("#tenant").value = choice.tenant;
}

function writeAddress() {
  history.replaceState(null, "", `?${new URLSearchParams(choice)}`);
}

/** The time shown, cut to whole bars, in milliseconds. A bar that still grows would look like a fall. */
function shownTime() {
  const { length, step } = RANGES[choice.range];
  const to = Math.floor(Date.now() / step) * step;
  return { from: to - length, to, step };
}

const matcher = () => (choice.tenant ? `tenant=${asking.quoted(choice.tenant)}` : "");
const narrowed = (query) => asking.narrowed(query, matcher());

/** The deploy events as last read: the charts mark them, and colour releases by them. */
let timeline = [];

/** A part of the page that asks for itself, and says when it cannot. */
class Panel {
  #running = null;
  #due = 0;
  #hasShown = false;

  /** `show(body, signal)` asks and draws; it returns a sentence when there is nothing to draw. */
  constructor(name, pace, show) {
    this.section = find(`#${name}`);
    this.note = this.section.querySelector(".note");
    this.body = this.section.querySelector(".body");
    this.pace = pace;
    this.show = show;
  }

  /** Asks again when it is time, or at once when the choice has changed. */
  async refresh(isAtOnce) {
    if (!isAtOnce && (this.#running || Date.now() < this.#due)) return;
    this.#running?.abort();
    const own = new AbortController();
    this.#running = own;
    this.#due = Date.now() + this.pace() - TICK / 2;
    this.section.setAttribute("aria-busy", "true");
    try {
      const remark = await this.show(this.body, own.signal);
      if (own.signal.aborted) return;
      this.#say(remark ?? "", false);
      this.#hasShown = true;
    } catch (error) {
      if (own.signal.aborted) return;
      if (!(error instanceof Error) || error instanceof TypeError) record(error);
      this.#say(this.#hasShown ? `Not up to date: ${error.message}` : error.message, true);
    } finally {
      if (this.#running === own) {
        this.#running = null;
        this.section.removeAttribute("aria-busy");
      }
    }
  }

  #say(text, isFault) {
    this.note.textContent = text;
    this.note.hidden = text === "";
    this.note.classList.toggle("fault", isFault);
  }
}

async function showTenants(signal) {
  const to = Date.now();
  const names = await asking.tenants(to - RANGES["3d"].length, to, signal);
  const select = find("#tenant");
  const known = new Set([...select.options].map((option) => option.value));
  select.append(...names.filter((name) => !known.has(name)).map((name) => element("option", {}, name)));
}

/** Whether an event reached whom the reader chose. */
const isMine = (event) => !choice.tenant || (event.tenants ?? [choice.tenant]).includes(choice.tenant);

function tenantNames() {
  if (choice.tenant) return [choice.tenant];
  const stated = timeline.flatMap((event) => event.tenants ?? []);
  const seen = [...find("#tenant").options].map((option) => option.value);
  // Rows without a tenant go to _platform, which runs no release.
  return [...new Set([...stated, ...seen])].filter((name) => name && name !== "_platform");
}

async function showReleases(body, signal) {
  const [events] = await Promise.all([asking.deploys(signal), showTenants(signal)]);
  timeline = events;
  const deploys = timeline.filter(isMine);
  const { from } = shownTime();
  body.timeline ??= new Timeline(body);
  body.timeline.draw({
    from, to: Date.now(), deploys, tenants: tenantNames(), toneOf: tones(timeline),
  });
  return deploys.length > 0
    ? "" : "No deploy is known yet. Tell one: plimsoll release start 17.0.43.0 --tenants acme";
}

/** A chart of what `query` counts, by release and per minute. `query` gets the window to count in. */
function countsByRelease(name, unit, query, nothing) {
  return async (body, signal) => {
    const range = shownTime();
    const window = `${range.step / SECOND}s`;
    const { times, series } = await asking.counts(narrowed(query(window)), range, signal);
    const toneOf = tones(timeline);
    const order = [...new Set(timeline.map((event) => event.release))];
    body.chart ??= new Chart(body, { name, unit });
    body.chart.draw({
      ...range, times,
      series: series
        .map(({ labels, values }) => ({
          release: labels.release, name: labels.release ?? "release unknown", tone: toneOf(labels.release),
          values: values.map((value) => value * (60 * SECOND) / range.step),
        }))
        .sort((one, other) => order.indexOf(one.release) - order.indexOf(other.release)),
      marks: timeline.filter(isMine)
        .map((event) => ({ time: event.start, text: `${event.kind ?? "deploy"} ${event.release}` })),
    });
    return series.length > 0 ? "" : nothing;
  };
}

async function showFiring(body, signal) {
  const all = await asking.alerts(signal);
  const mine = all.filter(({ labels }) => !choice.tenant || labels?.tenant === choice.tenant);
  const groups = gathered(mine.filter((alert) => alert.state === "firing"));
  const pending = mine.filter((alert) => alert.state === "pending").length;
  showAlerts(body, groups);
  find("#pending").textContent = pending > 0 ? `${pending} more pending` : "";
  const verdict = find("#verdict");
  const tenants = new Set(groups.flatMap((group) => group.tenants));
  verdict.textContent = groups.length > 0
    ? `${plural(groups.length, "alert")} firing${tenants.size > 0 ? ` for ${plural(tenants.size, "tenant")}` : ""}`
    : "No alert is firing";
  verdict.classList.toggle("bad", groups.length > 0);
  document.title = groups.length > 0 ? `(${groups.length}) Plimsoll` : "Plimsoll";
  return groups.length > 0 ? "" : "Nothing is firing.";
}

async function showMoved(body, signal) {
  const rows = await asking.anomalies("24h", signal);
  return showAnomalies(body, rows, choice.tenant) > 0
    ? "" : "Nothing moved against its own last days.";
}

async function showLogs(body, signal) {
  const range = shownTime();
  const query = narrowed(choice.query.trim());
  const found = await asking.lines(query, range.from, Date.now(), LINES, signal);
  showLines(body, found, addFilter);
  const counted = `sum by (level) (count_over_time(${query} [${range.step / SECOND}s]))`;
  const { times, series } = await asking.counts(counted, range, signal);
  body.histogram ??= histogram(find("#histogram"));
  body.histogram.draw({ ...range, times, series: levelSeries(series) });
  if (found.length === 0) return "No line matches.";
  return found.length === LINES ? `The newest ${LINES} lines.` : "";
}

const pace = () => RANGES[choice.range].pace;
const panels = [
  new Panel("releases", () => TICK, showReleases),
  new Panel("requests", pace, countsByRelease(
    "Requests", "requests per minute",
    (window) => `sum by (release) (count_over_time({service="odoo"} | path=~".+" [${window}]))`,
    `No request in this time. Send a log: curl --data-binary @odoo.log ${location.origin}/ingest/odoo`)),
  new Panel("failures", pace, countsByRelease(
    "Failures", "errors per minute",
    (window) => `sum by (release) (count_over_time({service="odoo", level=~"error|critical"}[${window}]))`,
    "No error in this time.")),
  new Panel("alerts", () => TICK, showFiring),
  new Panel("anomalies", () => 30 * SECOND, showMoved),
  new Panel("logs", pace, showLogs),
];
const [releases, ...others] = panels;
const logs = panels.at(-1);

/** Releases first: their colours and marks are in the charts. Lines wait while one is being read. */
async function refresh(isAtOnce) {
  await releases.refresh(isAtOnce);
  const isReading = find("#logs details[open]") !== null;
  find("#paused").hidden = !isReading;
  const hasNewLines = isAtOnce || (find("#live").checked && !isReading);
  const wanted = hasNewLines ? others : others.filter((panel) => panel !== logs);
  await Promise.all(wanted.map((panel) => panel.refresh(isAtOnce)));
}

function choose(changes) {
  Object.assign(choice, changes);
  find("#query").value = choice.query;
  writeAddress();
}

function search(query) {
  choose({ query });
  logs.refresh(true);
}

function addFilter(text) {
  search(choice.query.trimEnd() + text);
  find("#query").focus();
}

find("#scope").addEventListener("change", () => {
  choose({
    tenant: find("#tenant").value, range: find('#range input[name="range"]:checked').value,
  });
  refresh(true);
});
find("#scope").addEventListener("submit", (event) => event.preventDefault());
find("#search").addEventListener("submit", (event) => {
  event.preventDefault();
  search(find("#query").value);
});
find("#examples").append(...EXAMPLES.map(([name, query]) =>
  element("button", { type: "button", title: query, onclick: () => search(query) }, name)));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh(false);
});
setInterval(() => {
  if (!document.hidden) refresh(false);
}, TICK);

readAddress();
await refresh(true);
root.dataset.ready = "true";
