// What the dashboard says of lists: counts and sums, exact.
import type { Agent, Rollup } from "./api/documents";
import { VERDICTS, type Verdict } from "./url_state";

/** How many of each verdict there are; only those that there are, the worst first. */
export function countByVerdict(rows: readonly { verdict: Verdict }[]): [Verdict, number][] {
  return VERDICTS.map((verdict): [Verdict, number] => [verdict, rows.filter((row) => row.verdict === verdict).length])
    .filter(([, count]) => count > 0);
}

export interface AgentsSummary {
  reporting: number;
  away: number;
  /** Of the oldest signatures in force; undefined: no agent said. */
  signatureAgeSeconds?: number;
  refusing: number;
  /** The longest that a message had waited which an agent took last. */
  queueAgeMillis?: number;
  outboxResults: bigint;
}

/** What agents say together. Those that are away do not count: what they said is of before. */
export function summaryOf(agents: readonly Agent[]): AgentsSummary {
  const reporting = agents.filter((agent) => agent.state === "reporting").map((agent) => agent.report);
  const largest = (values: (number | string | null | undefined)[]): number | undefined => {
    const known = values.filter((value) => value !== null && value !== undefined).map(Number);
    return known.length === 0 ? undefined : known.reduce((a, b) => Math.max(a, b));
  };
  return {
    reporting: reporting.length,
    away: agents.length - reporting.length,
    signatureAgeSeconds: largest(reporting.map((report) => report.signatureAgeSeconds)),
    refusing: reporting.filter((report) => report.signaturesRefused).length,
    queueAgeMillis: largest(reporting.map((report) => report.queueAgeMillis)),
    outboxResults: reporting.reduce((sum, report) => sum + BigInt(report.outboxResults ?? 0), 0n),
  };
}

/** The days of UTC up to the one of `now`, "2026-11-30". */
export function lastDays(count: number, now: Date): string[] {
  const today = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  return Array.from({ length: count }, (_, at) =>
    new Date(today - (count - 1 - at) * 86_400_000).toISOString().slice(0, 10));
}

/** Results of each verdict on each of `days`, over all buckets. */
export function resultsByDay(rollups: readonly Rollup[], days: readonly string[]): Map<Verdict, bigint[]> {
  const sums = new Map<Verdict, bigint[]>();
  for (const { day, verdict, results } of rollups) {
    const at = days.indexOf(day);
    if (at < 0) continue;
    const line = sums.get(verdict) ?? days.map(() => 0n);
    line[at] = (line[at] ?? 0n) + BigInt(results);
    sums.set(verdict, line);
  }
  return sums;
}

/** Bytes of all results on each of `days`. */
export function bytesByDay(rollups: readonly Rollup[], days: readonly string[]): bigint[] {
  const sums = days.map(() => 0n);
  for (const { day, bytes } of rollups) {
    const at = days.indexOf(day);
    if (at >= 0) sums[at] = (sums[at] ?? 0n) + BigInt(bytes);
  }
  return sums;
}
