// Releases on a time line: a lane for each, as high as the share of tenants on it.

import { timeTicks } from "./chart.js";
import { element, moment, plural, shape, Tip, visible } from "./pieces.js";

const LANE = { height: 40, gap: 8, text: 168 };
const NARROW = 620;
const LANES = 8;
const TONES = 6;

/** The class that colours each release, by its place in the time line; it never changes. */
export function tones(deploys) {
  const names = [...new Set(deploys.map((event) => event.release))];
  const places = new Map(names.map((name, place) => [name, `tone${place % TONES}`]));
  return (release) => places.get(release) ?? "toneless";
}

/** The key of what is deployed: events of one replace each other. */
const subject = (event) => `${event.service ?? ""} ${event.environment ?? ""}`.trim();

/**
 * For each subject and release, how many of `tenants` run it from when on:
 * `[{subject, release, events, steps: [{time, count}]}]`, the newest release first. An event for
 * single instances moves no tenant, but is among the events.
 */
export function exposure(deploys, tenants) {
  const lanes = new Map();
  const running = new Map();
  for (const event of deploys) {
    const name = `${subject(event)}\n${event.release}`;
    if (!lanes.has(name)) {
      lanes.set(name, { subject: subject(event), release: event.release, events: [], steps: [] });
    }
    const lane = lanes.get(name);
    lane.events.push(event);
    if (event.instances) continue;
    for (const tenant of event.tenants ?? tenants) {
      if (tenants.includes(tenant)) running.set(`${subject(event)}\n${tenant}`, lane);
    }
    for (const one of lanes.values()) {
      const count = tenants.filter((tenant) => running.get(`${one.subject}\n${tenant}`) === one).length;
      if (count !== (one.steps.at(-1)?.count ?? 0)) one.steps.push({ time: event.start, count });
    }
  }
  return [...lanes.values()].sort((one, other) => other.events[0].start - one.events[0].start);
}

/** The time line in `host`. */
export class Timeline {
  #data = null;

  constructor(host) {
    this.host = host;
    this.figure = element("div", { class: "chart" });
    this.more = element("p", { class: "more", hidden: "" });
    host.append(this.figure, this.more);
    this.svg = shape("svg", { role: "group", "aria-label": "Releases by time" });
    this.figure.append(this.svg);
    this.tip = new Tip(this.figure);
    new ResizeObserver(() => this.#render()).observe(host);
  }

  /** Shows `{from, to, deploys, tenants, toneOf}`; times in milliseconds. */
  draw(data) {
    this.#data = data;
    this.#render();
  }

  #render() {
    const width = this.host.clientWidth;
    if (!this.#data || width === 0) return;
    const { from, deploys, tenants } = this.#data;
    const all = exposure(deploys, tenants);
    const isShown = (lane) =>
      lane.steps.at(-1)?.count > 0 || lane.events.some((event) => event.start >= from)
      || lane.steps.some((step) => step.time >= from);
    const shown = all.filter(isShown).slice(0, LANES);
    this.figure.hidden = shown.length === 0;
    this.hasSubjects = new Set(shown.map((lane) => lane.subject)).size > 1;
    this.isNarrow = width < NARROW;
    this.left = this.isNarrow ? 8 : LANE.text;
    this.right = width - 12;
    const pitch = LANE.height + LANE.gap + (this.isNarrow ? 18 : 0);
    const height = shown.length * pitch + 28;
    for (const [name, value] of [["viewBox", `0 0 ${width} ${height}`], ["width", width], ["height", height]]) {
      this.svg.setAttribute(name, value);
    }
    const focused = document.activeElement?.dataset?.event;
    const lanes = shown.map((lane, place) => this.#lane(lane, place * pitch + (this.isNarrow ? 18 : 0)));
    this.svg.replaceChildren(this.#axis(height), ...lanes);
    if (focused) this.svg.querySelector(`[data-event="${focused}"]`)?.focus();
    this.more.hidden = all.length === shown.length;
    this.more.textContent = `${plural(all.length - shown.length, "older release")} not shown`;
  }

  #x(time) {
    const { from, to } = this.#data;
    const place = (Math.max(from, Math.min(time, to)) - from) / (to - from);
    return this.left + place * (this.right - this.left);
  }

  #axis(height) {
    const group = shape("g", { class: "grid" });
    const most = Math.max(2, Math.floor((this.right - this.left) / 80));
    for (const { time, text } of timeTicks(this.#data.from, this.#data.to, most)) {
      const x = this.#x(time);
      group.append(
        shape("line", { x1: x, x2: x, y1: 0, y2: height - 22 }),
        shape("text", { x, y: height - 6, "text-anchor": "middle" }, text));
    }
    return group;
  }

  #lane(lane, top) {
    const { from, to, tenants, toneOf } = this.#data;
    const group = shape("g");
    const now = lane.steps.at(-1)?.count ?? 0;
    group.append(...this.#name(lane, top, now), shape("rect", {
      class: "track", x: this.left, y: top, width: this.right - this.left, height: LANE.height, rx: 3,
    }));
    lane.steps.forEach((step, place) => {
      const end = lane.steps[place + 1]?.time ?? to;
      if (step.count === 0 || end < from || step.time > to) return;
      const tall = LANE.height * (step.count / Math.max(1, tenants.length));
      group.append(shape("rect", {
        class: toneOf(lane.release), x: this.#x(step.time), y: top + LANE.height - tall,
        width: Math.max(1, this.#x(end) - this.#x(step.time)), height: tall,
      }));
    });
    let clear = -Infinity;
    for (const event of lane.events.filter((one) => one.start >= from && one.start <= to)) {
      const x = this.#x(event.start);
      group.append(this.#wave(event, lane, x, top, x >= clear));
      if (x >= clear) clear = x + 30;
    }
    return group;
  }

  #name(lane, top, now) {
    const name = this.hasSubjects ? `${lane.release} ${lane.subject}` : lane.release;
    const short = name.length > 22 ? `${name.slice(0, 21)}…` : name;
    const share = `${now} of ${plural(this.#data.tenants.length, "tenant")}`;
    if (this.isNarrow) {
      return [shape("text", { x: this.left, y: top - 5, class: "lane" }, `${short}: ${share}`)];
    }
    return [
      shape("text", { x: 0, y: top + 17, class: "lane" }, short, shape("title", {}, name)),
      shape("text", { x: 0, y: top + 33, class: "faint" }, share),
    ];
  }

  #wave(event, lane, x, top, hasRoom) {
    const size = event.tenants?.length ?? this.#data.tenants.length;
    const label = `${event.kind ?? "deploy"} of ${event.release} to ${plural(size, "tenant")} at ${moment(event.start)}`;
    const show = () => this.tip.show(x, top + LANE.height + 6, ...this.#details(event, lane));
    const hide = () => this.tip.hide();
    return shape(
      "g",
      {
        class: `wave ${event.kind === "rollback" ? "rollback" : ""}`, tabindex: 0, role: "img",
        "aria-label": label, "data-event": event.id ?? `${event.release}-${event.start}`,
        onpointerenter: show, onpointerleave: hide, onfocus: show, onblur: hide,
      },
      shape("rect", { class: "reach", x: x - 5, y: top - 4, width: 10, height: LANE.height + 8 }),
      shape("line", { x1: x, x2: x, y1: top - 3, y2: top + LANE.height }),
      shape("path", { d: `M${x - 4} ${top - 4}h8l-4 6z` }),
      hasRoom ? shape("text", { x: x + 5, y: top + 13 }, `+${size}`) : null);
  }

  #details(event, lane) {
    const names = event.tenants ?? ["all tenants"];
    const rest = names.length > 12 ? ` and ${names.length - 12} more` : "";
    const rows = [
      ["Tenants", names.slice(0, 12).join(", ") + rest],
      ["Hosts", event.instances?.join(", ")],
      ["Before", event.previous],
      ["Of", lane.subject],
      ["Until", event.end ? moment(event.end) : null],
      ["By", event.actor],
      ["Link", event.link],
      ["Basis", event.inferred ? "read from the logs" : null],
    ];
    return [
      element("strong", {}, visible(`${event.kind ?? "deploy"} ${event.release}`)),
      element("small", {}, moment(event.start)),
      ...rows.filter(([, value]) => value).map(([name, value]) =>
        element("div", {}, element("b", {}, `${name} `), visible(value))),
    ];
  }
}
