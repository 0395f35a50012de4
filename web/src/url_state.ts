// What a list shows, as the query of its address and back. What an address says that no list could have written
// is left out: addresses come from other people.

export const VERDICTS = ["Infected", "Suspicious", "Unscannable", "Error", "InfectedAllowed", "Clean"] as const;
export type Verdict = (typeof VERDICTS)[number];
/** Those that somebody should look at. */
export const PROBLEM_VERDICTS = ["Infected", "Suspicious", "Unscannable", "Error"] as const satisfies readonly Verdict[];

export const PROBLEM_STATES = ["open", "handled", "gone"] as const;
export type ProblemState = (typeof PROBLEM_STATES)[number];

export const AGENT_STATES = ["reporting", "away"] as const;
export type AgentState = (typeof AGENT_STATES)[number];

/**
 * A time range: so long until now, or instants. An address carries instants and never local dates, so that it means
 * the same to a reader in another zone.
 */
export type Range = { last: string } | { since: string; until: string } | "any";

const LAST = /^([1-9][0-9]{0,3})(m|h|d)$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;
const SHA256 = /^[0-9a-fA-F]{64}$/;
const MILLIS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export function parseRange(query: URLSearchParams, otherwise: Range): Range {
  const last = query.get("last");
  if (last === "any") return "any";
  if (last !== null && LAST.test(last)) return { last };
  const since = query.get("since");
  const until = query.get("until");
  if (since && until && isInstant(since) && isInstant(until) && since < until) return { since, until };
  return otherwise;
}

function isInstant(text: string): boolean {
  return INSTANT.test(text) && !Number.isNaN(Date.parse(text));
}

/** The instants that a range means at `now`; what it does not bound is undefined. */
export function boundsOf(range: Range, now: Date): { since?: string; until?: string } {
  if (range === "any") return {};
  if ("since" in range) return range;
  const [, amount, unit] = LAST.exec(range.last)!;
  return { since: new Date(now.getTime() - Number(amount) * MILLIS[unit as keyof typeof MILLIS]).toISOString() };
}

function sameRange(a: Range, b: Range): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function writeRange(query: URLSearchParams, range: Range, otherwise: Range): void {
  if (sameRange(range, otherwise)) return;
  if (range === "any") query.set("last", "any");
  else if ("last" in range) query.set("last", range.last);
  else {
    query.set("since", range.since);
    query.set("until", range.until);
  }
}

export function allOf<T extends string>(query: URLSearchParams, name: string, known: readonly T[]): T[] {
  const said = query.getAll(name);
  return known.filter((one) => said.includes(one));
}

export function textOf(query: URLSearchParams, name: string): string {
  return (query.get(name) ?? "").slice(0, 1024);
}

function numberOf(query: URLSearchParams, name: string, otherwise: number, most: number): number {
  const text = query.get(name) ?? "";
  if (!/^[1-9][0-9]{0,6}$/.test(text)) return otherwise;
  return Math.min(Number(text), most);
}

/** Of problems, results and messages. */
export const PLAIN_ID = /^[0-9A-Za-z-]{1,64}$/;

function idOf(query: URLSearchParams, name: string, ids: RegExp): string | undefined {
  const text = query.get(name) ?? "";
  return ids.test(text) ? text : undefined;
}

export interface ListPlace {
  sort: string;
  descending: boolean;
  /** From 1. */
  page: number;
  /** Which row is open beside the list. */
  open?: string;
}

/** `ids`: what rows of the list are named by. */
export function parsePlace(query: URLSearchParams, columns: readonly string[], sort: string, ids: RegExp): ListPlace {
  const said = query.get("sort") ?? "";
  const name = said.replace(/^-/, "");
  const known = columns.includes(name);
  return {
    sort: known ? name : sort,
    descending: known ? said.startsWith("-") : true,
    page: numberOf(query, "page", 1, 1_000_000),
    open: idOf(query, "open", ids),
  };
}

export function writePlace(query: URLSearchParams, place: ListPlace, sort: string): void {
  if (place.sort !== sort || !place.descending) query.set("sort", (place.descending ? "-" : "") + place.sort);
  if (place.page !== 1) query.set("page", String(place.page));
  if (place.open) query.set("open", place.open);
}

export interface ProblemsView extends ListPlace {
  states: ProblemState[];
  verdicts: Verdict[];
  bucket: string;
  cause: string;
  sha256: string;
  range: Range;
}

/** "7 days, not handled": what a person wants to see who comes without a question. */
const PROBLEMS_RANGE: Range = { last: "7d" };
const PROBLEMS_STATES: readonly ProblemState[] = ["open"];
export const PROBLEM_COLUMNS = ["lastSeen", "verdict", "cause", "objects", "state"] as const;

export function parseProblems(query: URLSearchParams): ProblemsView {
  const states = allOf(query, "state", PROBLEM_STATES);
  const sha256 = textOf(query, "sha256");
  return {
    ...parsePlace(query, PROBLEM_COLUMNS, "lastSeen", PLAIN_ID),
    states: states.length > 0 ? states : [...PROBLEMS_STATES],
    verdicts: allOf(query, "verdict", PROBLEM_VERDICTS),
    bucket: textOf(query, "bucket"),
    cause: textOf(query, "cause"),
    sha256: SHA256.test(sha256) ? sha256.toLowerCase() : "",
    range: relativeOnly(parseRange(query, PROBLEMS_RANGE)),
  };
}

// Problems are asked for by their last sight, which has no upper bound.
function relativeOnly(range: Range): Range {
  return range === "any" || "last" in range ? range : PROBLEMS_RANGE;
}

export function problemsHref(view: Partial<ProblemsView>): string {
  const full: ProblemsView = { ...parseProblems(new URLSearchParams()), ...view };
  const query = new URLSearchParams();
  if (full.states.join() !== PROBLEMS_STATES.join()) full.states.forEach((one) => query.append("state", one));
  full.verdicts.forEach((one) => query.append("verdict", one));
  if (full.bucket) query.set("bucket", full.bucket);
  if (full.cause) query.set("cause", full.cause);
  if (full.sha256) query.set("sha256", full.sha256);
  writeRange(query, full.range, PROBLEMS_RANGE);
  writePlace(query, full, "lastSeen");
  return hrefOf("/problems", query);
}

export interface ResultsView extends ListPlace {
  bucket: string;
  prefix: string;
  verdicts: Verdict[];
  signature: string;
  sha256: string;
  range: Range;
}

const RESULTS_RANGE: Range = { last: "24h" };
export const RESULT_COLUMNS = ["scannedAt", "result", "object", "size"] as const;

export function parseResults(query: URLSearchParams): ResultsView {
  const sha256 = textOf(query, "sha256");
  return {
    ...parsePlace(query, RESULT_COLUMNS, "scannedAt", PLAIN_ID),
    bucket: textOf(query, "bucket"),
    prefix: textOf(query, "prefix"),
    verdicts: allOf(query, "verdict", VERDICTS),
    signature: textOf(query, "signature"),
    sha256: SHA256.test(sha256) ? sha256.toLowerCase() : "",
    range: parseRange(query, RESULTS_RANGE),
  };
}

export function resultsHref(view: Partial<ResultsView>): string {
  const full: ResultsView = { ...parseResults(new URLSearchParams()), ...view };
  const query = new URLSearchParams();
  if (full.bucket) query.set("bucket", full.bucket);
  if (full.prefix) query.set("prefix", full.prefix);
  full.verdicts.forEach((one) => query.append("verdict", one));
  if (full.signature) query.set("signature", full.signature);
  if (full.sha256) query.set("sha256", full.sha256);
  writeRange(query, full.range, RESULTS_RANGE);
  writePlace(query, full, "scannedAt");
  return hrefOf("/results", query);
}

export interface AgentsView extends ListPlace {
  states: AgentState[];
}

export const AGENT_COLUMNS = ["reportedAt", "agent", "signatureAgeSeconds", "queueAgeMillis"] as const;

export function parseAgents(query: URLSearchParams): AgentsView {
  return { ...parsePlace(query, AGENT_COLUMNS, "reportedAt", PLAIN_ID), states: allOf(query, "state", AGENT_STATES) };
}

export function agentsHref(view: Partial<AgentsView>): string {
  const full: AgentsView = { ...parseAgents(new URLSearchParams()), ...view };
  const query = new URLSearchParams();
  full.states.forEach((one) => query.append("state", one));
  writePlace(query, full, "reportedAt");
  return hrefOf("/agents", query);
}

export function hrefOf(path: string, query: URLSearchParams): string {
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}
