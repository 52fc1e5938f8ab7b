// Stacked bars over time.

import { amount, clock, day, element, moment, shape, Tip } from "./pieces.js";

const MARGIN = { top: 10, right: 8, bottom: 22, left: 44 };
const MINUTE = 60_000;
const TICK_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((count) => count * MINUTE);

/** Round times of the reader's clock between two, at most `most` of them. */
export function timeTicks(from, to, most) {
  const step = TICK_STEPS.find((one) => (to - from) / one <= most) ?? TICK_STEPS.at(-1);
  const offset = new Date(to).getTimezoneOffset() * MINUTE;
  const ticks = [];
  for (let time = Math.ceil((from - offset) / step) * step + offset; time <= to; time += step) {
    const isMidnight = clock(time) === "00:00";
    ticks.push({ time, text: isMidnight ? day(time) : clock(time) });
  }
  return ticks;
}

/** Steps of 1, 2 or 5 that reach `largest` in four or five. */
export function valueTicks(largest) {
  const rough = Math.max(largest, 1e-9) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough);
  return Array.from({ length: Math.ceil(largest / step) + 1 }, (_, place) => place * step);
}

/**
 * A chart in `host`. `unit` follows each value. The bar of a time ends there. Values show where the
 * pointer is, and where the arrow keys go.
 */
export class Chart {
  #data = null;
  #chosen = null;
  #tip;

  constructor(host, { name, unit, height = 168 }) {
    this.name = name;
    this.unit = unit;
    this.height = height;
    this.legend = element("ul", { class: "legend" });
    this.figure = element("div", {
      class: "chart", tabindex: "0", role: "group", "aria-label": `${name}, by arrow keys`,
      onpointermove: (event) => this.#point(event),
      onpointerleave: () => this.#choose(null),
      onblur: () => this.#choose(null),
      onkeydown: (event) => this.#key(event),
    });
    host.append(this.legend, this.figure);
    this.#tip = new Tip(this.figure);
    this.svg = shape("svg", { role: "img" });
    this.figure.prepend(this.svg);
    new ResizeObserver(() => this.#render()).observe(this.figure);
  }

  /**
   * Shows `{from, to, step, times, series: [{name, tone, values}], marks: [{time, text}]}`; times
   * in milliseconds.
   */
  draw(data) {
    this.#data = data;
    this.#render();
  }

  #render() {
    const width = this.figure.clientWidth;
    if (!this.#data || width === 0) return;
    const { series } = this.#data;
    this.plot = {
      left: MARGIN.left, right: width - MARGIN.right,
      top: MARGIN.top, bottom: this.height - MARGIN.bottom,
    };
    const totals = this.#data.times.map((_, place) =>
      series.reduce((sum, one) => sum + one.values[place], 0));
    const ticks = valueTicks(Math.max(...totals, 0) || 1);
    this.largest = ticks.at(-1);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", this.height);
    this.svg.setAttribute("aria-label", this.#summary(totals));
    this.svg.replaceChildren(this.#grid(ticks), this.#bars(), this.#marks(), this.#cursor());
    this.legend.replaceChildren(...series.map((one) =>
      element("li", {}, element("i", { class: one.tone }), one.name)));
    this.#choose(this.#chosen);
  }

  #summary(totals) {
    const most = Math.max(...totals, 0);
    const names = this.#data.series.map((one) => one.name).join(", ");
    return `${this.name}: at most ${amount(most)} ${this.unit}; ${names || "nothing"}`;
  }

  #x(time) {
    const { from, to } = this.#data;
    return this.plot.left + ((time - from) / (to - from)) * (this.plot.right - this.plot.left);
  }

  #y(value) {
    return this.plot.bottom - (value / this.largest) * (this.plot.bottom - this.plot.top);
  }

  #grid(ticks) {
    const { left, right, bottom } = this.plot;
    const group = shape("g", { class: "grid" });
    for (const value of ticks) {
      const y = this.#y(value);
      group.append(
        shape("line", { x1: left, x2: right, y1: y, y2: y, class: value === 0 ? "base" : null }),
        shape("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, amount(value)));
    }
    const most = Math.max(2, Math.floor((right - left) / 70));
    for (const { time, text } of timeTicks(this.#data.from, this.#data.to, most)) {
      group.append(
        shape("text", { x: this.#x(time), y: bottom + 16, "text-anchor": "middle" }, text));
    }
    return group;
  }

  #bars() {
    const { times, series, step } = this.#data;
    const group = shape("g");
    const width = this.#x(this.#data.from + step) - this.plot.left;
    const gap = width > 6 ? 1 : 0;
    times.forEach((time, place) => {
      let below = 0;
      for (const one of series) {
        const value = one.values[place];
        if (!(value > 0)) continue;
        const top = this.#y(below + value);
        group.append(shape("rect", {
          class: one.tone, x: this.#x(time - step), y: top,
          width: Math.max(0.5, width - gap), height: Math.max(0.5, this.#y(below) - top),
        }));
        below += value;
      }
    });
    return group;
  }

  #marks() {
    const { top, bottom, left, right } = this.plot;
    const group = shape("g", { class: "marks" });
    for (const { time, text } of this.#data.marks ?? []) {
      const x = this.#x(time);
      if (x < left || x > right) continue;
      group.append(
        shape("line", { x1: x, x2: x, y1: top - 4, y2: bottom }, shape("title", {}, text)));
    }
    return group;
  }

  #cursor() {
    this.cursor = shape("rect", { class: "cursor", y: this.plot.top, width: 0, height: 0 });
    return this.cursor;
  }

  #point(event) {
    if (!this.#data) return;
    const place = (event.clientX - this.svg.getBoundingClientRect().left - this.plot.left)
      / (this.plot.right - this.plot.left);
    const last = this.#data.times.length - 1;
    const isInside = place >= 0 && place <= 1;
    this.#choose(isInside ? Math.min(last, Math.floor(place * (last + 1))) : null);
  }

  #key(event) {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!move || !this.#data) return;
    event.preventDefault();
    const last = this.#data.times.length - 1;
    this.#choose(Math.max(0, Math.min(last, (this.#chosen ?? last + (move < 0 ? 1 : 0)) + move)));
  }

  #choose(place) {
    this.#chosen = place;
    if (!this.cursor || !this.#data) return;
    if (place === null) {
      this.cursor.setAttribute("height", 0);
      this.#tip.hide();
      return;
    }
    const { times, step, series } = this.#data;
    const x = this.#x(times[place] - step);
    const width = this.#x(times[place]) - x;
    this.cursor.setAttribute("x", x);
    this.cursor.setAttribute("width", width);
    this.cursor.setAttribute("height", this.plot.bottom - this.plot.top);
    const rows = series.filter((one) => one.values[place] > 0).map((one) =>
      element("div", {}, element("i", { class: one.tone }), `${one.name}: ${amount(one.values[place])}`));
    this.#tip.show(
      x + width / 2, this.plot.top,
      element("strong", {}, `${moment(times[place] - step)} – ${clock(times[place], true)}`),
      rows.length > 0 ? rows : element("div", {}, "nothing"),
      element("small", {}, this.unit));
  }
}
