import { describe, expect, it } from "vitest";

import type { Agent, Rollup } from "./api/documents";
import { bytesByDay, countByVerdict, lastDays, resultsByDay, summaryOf } from "./sums";

const agent = (state: Agent["state"], more: Partial<Agent["report"]>): Agent => ({
  state,
  report: {
    schema: "cordon.agent-report/1", agent: "a", account: "1", region: "r", startedAt: "", reportedAt: "",
    version: "1", engine: null, signatures: null, slots: 8, slotsBusy: 0, ...more,
  },
});

const rollup = (day: string, verdict: Rollup["verdict"], results: string, bytes: string): Rollup =>
  ({ day, bucket: "b", verdict, results, skipped: "0", bytes });

describe("countByVerdict", () => {
  it("counts what there is, the worst first", () => {
    expect(countByVerdict([{ verdict: "Error" }, { verdict: "Infected" }, { verdict: "Error" }]))
      .toEqual([["Infected", 1], ["Error", 2]]);
  });
});

describe("summaryOf", () => {
  it("takes the worst of those that report, and nothing of those that are away", () => {
    const sum = summaryOf([
      agent("reporting", { signatureAgeSeconds: 60, queueAgeMillis: 10, outboxResults: "18446744073709551615" }),
      agent("reporting", { signatureAgeSeconds: 3600, signaturesRefused: true, outboxResults: 1 }),
      agent("away", { signatureAgeSeconds: 999_999, queueAgeMillis: 999_999 }),
    ]);
    expect(sum).toEqual({
      reporting: 2, away: 1, signatureAgeSeconds: 3600, refusing: 1, queueAgeMillis: 10,
      outboxResults: 18446744073709551616n,
    });
  });

  it("does not know what no agent said", () => {
    expect(summaryOf([]).signatureAgeSeconds).toBeUndefined();
    expect(summaryOf([agent("reporting", { queueAgeMillis: null })]).queueAgeMillis).toBeUndefined();
  });
});

describe("sums by day", () => {
  it("are of days of UTC, whatever the reader's zone", () => {
    expect(lastDays(3, new Date("2026-12-01T00:30:00+11:00"))).toEqual(["2026-11-28", "2026-11-29", "2026-11-30"]);
  });

  it("add up over buckets, exactly, and leave other days out", () => {
    const days = ["2026-11-29", "2026-11-30"];
    const rows = [
      rollup("2026-11-30", "Infected", "9007199254740993", "18446744073709551615"),
      rollup("2026-11-30", "Infected", "1", "1"),
      rollup("2026-11-29", "Clean", "2", "5"),
      rollup("2026-11-01", "Clean", "7", "7"),
    ];
    expect(resultsByDay(rows, days)).toEqual(new Map([["Infected", [0n, 9007199254740994n]], ["Clean", [2n, 0n]]]));
    expect(bytesByDay(rows, days)).toEqual([5n, 18446744073709551616n]);
  });
});
