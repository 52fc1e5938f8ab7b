// What the page asks the server. All of it is the public API.

/** Asks for JSON; throws an Error that says what the server said. */
async function ask(path, parameters, signal) {
  const query = new URLSearchParams(parameters).toString();
  let answer;
  try {
    answer = await fetch(query ? `${path}?${query}` : path, { signal, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("the server does not answer");
  }
  const text = await answer.text();
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    if (answer.ok) throw new Error("the answer is not JSON");
  }
  if (!answer.ok) throw new Error(json?.error ?? json?.message ?? (text.trim() || answer.statusText));
  return json;
}

/** Milliseconds as the nanoseconds of Loki's API, which no double holds. */
const nanoseconds = (milliseconds) => `${Math.round(milliseconds)}000000`;

/** A string as a literal of LogQL. */
export const quoted = (text) => JSON.stringify(text);

/** The query with `matcher` added to each of its stream selectors. */
export function narrowed(query, matcher) {
  if (!matcher) return query;
  let result = "";
  let quote = "";
  for (let place = 0; place < query.length; place += 1) {
    const character = query[place];
    result += character;
    if (quote) {
      if (character === "\\" && quote === '"') result += query[(place += 1)] ?? "";
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "`") {
      quote = character;
    } else if (character === "{") {
      const isEmpty = query.slice(place + 1).trimStart().startsWith("}");
      result += matcher + (isEmpty ? "" : ", ");
    }
  }
  return result;
}

/** The deploy events, oldest first: `tenants` is null where it is all of them. */
export async function deploys(signal) {
  const answer = await ask("/api/v1/deploys", {}, signal);
  return (answer?.deploys ?? [])
    .map((event) => ({
      ...event,
      tenants: Array.isArray(event.tenants) ? event.tenants : null,
      instances: Array.isArray(event.instances) ? event.instances : null,
      start: Date.parse(event.start),
      end: event.end ? Date.parse(event.end) : null,
    }))
    .filter((event) => event.release && Number.isFinite(event.start))
    .sort((one, other) => one.start - other.start);
}

export async function tenants(from, to, signal) {
  const answer = await ask(
    "/loki/api/v1/label/tenant/values", { start: nanoseconds(from), end: nanoseconds(to) }, signal);
  return answer?.data ?? [];
}

export async function alerts(signal) {
  const answer = await ask("/api/v1/alerts", {}, signal);
  return answer?.data?.alerts ?? [];
}

export async function anomalies(since, signal) {
  const answer = await ask("/api/v1/anomalies", { since }, signal);
  return answer?.rows ?? [];
}

/**
 * Counts per step: `times` are the ends of the steps (milliseconds), and each series has a value
 * for each of them. `range` is `{from, to, step}` in milliseconds.
 */
export async function counts(query, range, signal) {
  const answer = await ask(
    "/loki/api/v1/query_range",
    {
      query, start: nanoseconds(range.from + range.step), end: nanoseconds(range.to),
      step: `${range.step / 1000}s`,
    },
    signal);
  const times = [];
  for (let time = range.from + range.step; time <= range.to; time += range.step) times.push(time);
  const series = (answer?.data?.result ?? []).map(({ metric, values }) => {
    const points = new Map((values ?? []).map(([time, value]) => [time * 1000, Number(value)]));
    return { labels: metric ?? {}, values: times.map((time) => points.get(time) ?? 0) };
  });
  return { times, series };
}

/**
 * What a query finds: log lines, newest first, or the series of a query that counts. A query that
 * does not name `release` gets a filter on it that lets everything pass, so that lines show theirs.
 */
export async function lines(query, from, to, limit, signal) {
  const isLogQuery = query.trimStart().startsWith("{");
  const named = isLogQuery && !/\brelease\b/.test(query) ? `${query} | release=~".*"` : query;
  const answer = await ask(
    "/loki/api/v1/query_range",
    {
      query: named, start: nanoseconds(from), end: nanoseconds(to), limit,
      direction: "backward", fields: "true",
    },
    signal);
  if (answer?.data?.resultType !== "streams") {
    throw new Error("this query counts: ask it with `plimsoll query --logql` or in Grafana");
  }
  const found = (answer.data.result ?? []).flatMap(({ stream, values }) =>
    (values ?? []).map(([time, text, more]) => ({
      nanoseconds: time,
      time: Number(time.slice(0, -6)),
      text: text ?? "",
      labels: stream ?? {},
      fields: more?.structuredMetadata ?? more ?? {},
    })));
  const width = Math.max(0, ...found.map((line) => line.nanoseconds.length));
  const order = (line) => line.nanoseconds.padStart(width, "0");
  return found.sort((one, other) => (order(one) < order(other) ? 1 : order(one) > order(other) ? -1 : 0));
}
