// What is wrong now: firing alerts, and what moved most.

import { amount, element, keep, moment, plural, span, visible } from "./pieces.js";

const SEVERITIES = ["critical", "page", "error", "high", "warning", "info", "none"];

const rank = (severity) => {
  const place = SEVERITIES.indexOf(severity);
  return place < 0 ? SEVERITIES.indexOf("warning") : place;
};

/** The class that colours a severity; what is unknown counts as a warning. */
function severityTone(severity) {
  if (rank(severity) <= SEVERITIES.indexOf("high")) return "bad";
  return rank(severity) <= SEVERITIES.indexOf("warning") ? "odd" : "calm";
}

/**
 * Alerts that differ only by tenant, as one: `[{name, severity, process, release, since, tenants,
 * alerts}]`, the worst and newest first.
 */
export function gathered(alerts) {
  const groups = new Map();
  for (const alert of alerts) {
    const labels = alert.labels ?? {};
    const group = {
      name: labels.alertname ?? "alert", severity: labels.severity ?? "warning",
      process: labels.process ?? "", release: labels.release ?? "",
    };
    const key = JSON.stringify(group);
    if (!groups.has(key)) groups.set(key, { ...group, key, since: Infinity, alerts: [] });
    const found = groups.get(key);
    found.alerts.push(alert);
    found.since = Math.min(found.since, Date.parse(alert.activeAt) || Infinity);
  }
  for (const group of groups.values()) {
    group.tenants = [...new Set(group.alerts.map((alert) => alert.labels?.tenant).filter(Boolean))].sort();
  }
  return [...groups.values()].sort((one, other) =>
    rank(one.severity) - rank(other.severity) || other.since - one.since
    || (one.key < other.key ? -1 : 1));
}

/** Shows gathered alerts in `host`. */
export function showAlerts(host, groups) {
  keep(host, groups, {
    key: (group) => group.key,
    version: (group) => JSON.stringify([group.alerts, minutesSince(group.since)]),
    build: alertBox,
  });
}

const minutesSince = (time) => Math.floor((Date.now() - time) / 60_000);

function alertBox(group) {
  const summary = group.alerts.map((alert) => alert.annotations?.summary).find(Boolean);
  const isKnown = Number.isFinite(group.since);
  return element(
    "details", { class: `alert ${severityTone(group.severity)}` },
    element(
      "summary", {},
      element("span", { class: "severity" }, group.severity),
      element("strong", {}, visible(group.name)),
      isKnown
        ? element("time", { datetime: new Date(group.since).toISOString() },
          `since ${moment(group.since)}`)
        : null,
      element(
        "span", { class: "facts" },
        fact("process", group.process), fact("release", group.release),
        group.tenants.map((tenant) => fact("tenant", tenant))),
      summary ? element("span", { class: "summary" }, visible(summary)) : null),
    element("ul", {}, group.alerts.map(alertLine)));
}

function fact(name, value) {
  return value ? element("span", { class: "fact", title: name }, visible(value)) : null;
}

function alertLine(alert) {
  const labels = Object.entries(alert.labels ?? {}).filter(([name]) => name !== "alertname");
  const annotations = Object.entries(alert.annotations ?? {});
  return element(
    "li", {},
    element("div", { class: "labels" },
      visible(labels.map(([name, value]) => `${name}="${value}"`).join("  ")),
      `  value ${amount(Number(alert.value))}`),
    annotations.map(([name, text]) =>
      element("div", {}, element("b", {}, visible(`${name} `)), visible(text))));
}

/** Shows the rows that moved in `host`; at most `most`. Returns how many there are. */
export function showAnomalies(host, rows, tenant, most = 8) {
  const moved = rows.filter((row) => row.score > 0 && (!tenant || row.tenant === tenant)).slice(0, most);
  if (moved.length === 0) {
    host.replaceChildren();
    return 0;
  }
  let body = host.querySelector("tbody");
  if (!body) {
    body = element("tbody");
    const names = ["Tenant", "Process", "What", "Failed", "Nearest change"];
    host.replaceChildren(element(
      "table", {},
      element("thead", {}, element("tr", {}, names.map((name) => element("th", { scope: "col" }, name)))),
      body));
  }
  keep(body, moved, {
    key: (row) => `${row.tenant} ${row.process}`,
    version: JSON.stringify,
    build: anomalyRow,
  });
  return moved.length;
}

function anomalyRow(row) {
  const change = row.nearestChange;
  return element(
    "tr", {},
    element("td", {}, visible(row.tenant ?? "")),
    element("td", {}, visible(row.title ?? row.process ?? "")),
    element("td", {},
      element("span", { class: `strength ${row.strength ?? ""}` }, evidenceText(row)),
      row.windowSeconds ? element("small", {}, ` in ${span(row.windowSeconds)}`) : null),
    element("td", { class: "number" },
      row.attempts === undefined ? "" : `${amount(row.failures ?? 0)} of ${amount(row.attempts)}`),
    element("td", {}, change
      ? [
        `${span(change.distanceSeconds ?? 0)} ${change.distanceSeconds < 0 ? "before" : "after"} `,
        element("strong", {}, visible(change.release ?? "")),
      ]
      : "none known"));
}

/** What was seen against what was expected, in a few words. */
function evidenceText(row) {
  const { kind, observed, expected } = row.evidence ?? {};
  const usual = `${amount(expected ?? 0)} usual`;
  if (kind === "failures") return `${amount(observed)} failures, ${usual}`;
  if (kind === "volume") return `${plural(observed, row.unit ?? "operation")}, ${usual}`;
  if (kind === "duration") return `slow in ${plural(observed, "slot")}, ${usual}`;
  return "";
}
