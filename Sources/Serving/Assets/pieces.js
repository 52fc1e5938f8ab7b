// Small pieces that every panel uses: elements, texts, times.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. Texts are set as text, so that nothing of a log line becomes markup. */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** An SVG element. */
export function shape(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return node;
}

/**
 * Makes the children of `host` those of `items`. A child whose key and version stay is left alone,
 * with its focus and whether it is open; so a refresh does not flicker.
 */
export function keep(host, items, { key, version = () => "", build }) {
  const before = new Map([...host.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const name = key(item);
    const state = version(item);
    const old = before.get(name);
    if (old && old.dataset.version === state) return old;
    const child = build(item);
    child.dataset.key = name;
    child.dataset.version = state;
    if (old?.open) child.open = true;
    return child;
  });
  const staying = new Set(wanted);
  for (const child of [...host.children]) if (!staying.has(child)) child.remove();
  wanted.forEach((child, place) => {
    if (host.children[place] !== child) host.insertBefore(child, host.children[place] ?? null);
  });
}

// C0 and C1 controls but tab and line feed, and the marks that reorder or hide text.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/;

/** A text with its control characters made visible as `\x1b`, as nodes to append. */
export function visible(text) {
  const nodes = [];
  let plain = "";
  for (const character of String(text)) {
    if (!HIDDEN.test(character)) {
      plain += character;
      continue;
    }
    if (plain) nodes.push(plain);
    plain = "";
    const code = character.codePointAt(0);
    const shown = code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
    nodes.push(element("span", { class: "control" }, shown));
  }
  if (plain) nodes.push(plain);
  return nodes;
}

/** A count for people: 950, 1.2k, 3.4M; small ones keep two digits. */
export function amount(value) {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  for (const [limit, sign] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (size >= limit) return trimmed(value / limit, size >= 100 * limit ? 0 : 1) + sign;
  }
  return trimmed(value, size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

function trimmed(value, digits) {
  return String(Number(value.toFixed(digits)));
}

/** A length of time for people: 45 s, 12 min, 3 h, 2 d. */
export function span(seconds) {
  const size = Math.abs(seconds);
  if (size < 90) return `${Math.round(size)} s`;
  if (size < 90 * 60) return `${Math.round(size / 60)} min`;
  if (size < 36 * 3600) return `${Math.round(size / 3600)} h`;
  return `${Math.round(size / 86400)} d`;
}

/** One or many: `plural(2, "tenant")` is `2 tenants`. */
export function plural(count, noun) {
  return `${amount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

const two = (number) => String(number).padStart(2, "0");

/** `14:03`, or `14:03:07` with seconds. Milliseconds since 1970, in the reader's zone. */
export function clock(time, withSeconds = false) {
  const date = new Date(time);
  const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return withSeconds ? `${minutes}:${two(date.getSeconds())}` : minutes;
}

/** `23 Nov`. */
export function day(time) {
  return new Date(time).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

/** `23 Nov 14:03:07`; only the time of today. */
export function moment(time) {
  const isToday = new Date(time).toDateString() === new Date().toDateString();
  return isToday ? clock(time, true) : `${day(time)} ${clock(time, true)}`;
}

/** A box beside the pointer; it is also read out. */
export class Tip {
  constructor(host) {
    this.host = host;
    this.box = element("div", { class: "tip", role: "status", hidden: "" });
    host.append(this.box);
  }

  /** Shows `children` at `x` of the host, on the side with more room. */
  show(x, y, ...children) {
    this.box.replaceChildren(...children.flat());
    this.box.hidden = false;
    const room = this.host.clientWidth;
    const width = this.box.offsetWidth;
    const left = x > room / 2 ? x - width - 12 : x + 12;
    this.box.style.left = `${Math.max(0, Math.min(left, room - width))}px`;
    this.box.style.top = `${y}px`;
  }

  hide() {
    this.box.hidden = true;
  }
}
