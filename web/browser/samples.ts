// What an API answers that has seen some days: enough for every kind of row, and for two pages of problems.
import type { components } from "../generated/contract";
import type { Agent, ScanResult } from "../src/api/documents";

type Problem = components["schemas"]["Problem"];
type Rollup = components["schemas"]["Rollup"];
export type Verdict = components["schemas"]["Verdict"];

const SHA = (n: number) => n.toString(16).padStart(2, "0").repeat(32);

/** An instant so many minutes before `now`. */
export const ago = (now: Date, minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();

const KINDS: [Verdict, string][] = [
  ["Infected", "Win.Test.EICAR_HDB-1"], ["Suspicious", "PUA.Win.Packer.Upx-48"], ["Unscannable", "encrypted"],
  ["Error", "fetch-failed"],
];

/** Thirty open ones, one that is handled, one that is gone. */
export function problemsAt(now: Date): Problem[] {
  return Array.from({ length: 32 }, (_, at) => {
    const [verdict, cause] = KINDS[at % KINDS.length]!;
    return {
      id: String(100 + at),
      state: at === 30 ? "handled" : at === 31 ? "gone" : "open",
      verdict,
      cause: at < KINDS.length ? cause : `${cause}.${at}`,
      sha256: verdict === "Error" ? null : SHA(at),
      firstSeen: ago(now, 60 * (at + 2)),
      lastSeen: ago(now, 60 * at + 5),
      objects: at === 0 ? "18446744073709551615" : String(at + 1),
      example: { bucket: "uploads", key: `incoming/2026/Rechnung ü ${at} <b>not bold</b>.pdf`, versionId: null },
      handled: at === 30 ? { by: "ada", at: ago(now, 10), why: "A test of ours." } : null,
    };
  });
}

export function resultsAt(now: Date): ScanResult[] {
  return Array.from({ length: 12 }, (_, at) => {
    const verdict: Verdict = at % 3 === 2 ? "Clean" : KINDS[at % KINDS.length]![0];
    return {
      schema: "cordon.scan-result/1", id: `01JD${String(at).padStart(22, "0")}`, deployment: "main",
      account: "111122223333", region: "eu-west-1", agent: "i-0abc/1", source: "s3-event", bucket: "uploads",
      key: `incoming/2026/${at}/a very long name that has to be broken somewhere ${"x".repeat(60)}.pdf`,
      versionId: at % 2 ? "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo" : null,
      eTag: "d41d8cd98f00b204e9800998ecf8427e", size: 12345, scannedAt: ago(now, at * 30 + 1), result: verdict,
      reason: verdict === "Unscannable" ? "encrypted" : null, message: null,
      virusNames: verdict === "Infected" ? ["Win.Test.EICAR_HDB-1"] : verdict === "Suspicious" ? ["PUA.Win.Packer.Upx-48"] : [],
      skipped: false, sha256: SHA(at), engine: "ClamAV 1.4.6", signatures: "27451", bytesScanned: 12345,
      millis: { queued: 85, fetch: 12, scan: 3, act: 21 }, uploadedBy: "AWS:AIDAEXAMPLE", tagging: "done",
      actions: verdict === "Infected"
        ? [{ kind: "move", bucket: "cordon-quarantine-111122223333-eu-west-1", key: `uploads/incoming/${at}`, status: "done" }]
        : [],
    };
  });
}

export function agentsAt(now: Date): Agent[] {
  return Array.from({ length: 3 }, (_, at) => ({
    state: at === 2 ? "away" : "reporting",
    report: {
      schema: "cordon.agent-report/1", agent: `i-0abc/${at + 1}`, deployment: "main", account: "111122223333",
      region: at === 1 ? "ap-southeast-2" : "eu-west-1", startedAt: ago(now, 6000), reportedAt: ago(now, at === 2 ? 90 : 0),
      version: "0.1.0", engine: at === 2 ? null : "ClamAV 1.4.6", signatures: "27451", signatureCount: 8_700_000,
      signatureAgeSeconds: 3600 * (at + 4), signaturesRefused: at === 1, weakSandbox: at === 1, slots: 8, slotsBusy: 3,
      workers: 2, verdicts: [], skipped: 2, forgedTags: 1, lastMinute: { objects: 4, bytes: 4096 }, queueAgeMillis: 85_000,
      outboxResults: 7,
    },
  }));
}

export function rollupsAt(now: Date): Rollup[] {
  const days = Array.from({ length: 14 }, (_, at) => ago(now, at * 24 * 60).slice(0, 10));
  return days.flatMap((day, at) => (["Clean", "Infected", "Unscannable"] as const).map((verdict) => ({
    day, bucket: "uploads", verdict, results: String(verdict === "Clean" ? 9000 + at * 100 : (at * 7) % 11), skipped: "0",
    bytes: String((at + 3) * 1_234_567_890),
  })));
}
