// Where an object is after what was done to it, as its result says.
import type { ScanResult } from "./api/documents";

export interface Whereabouts {
  /** `elsewhere`: moved to `place`. `leaving`: a deletion that is about to happen. */
  is: "where it was" | "elsewhere" | "deleted" | "leaving" | "held";
  place?: string;
  copies: string[];
  failures: { kind: string; detail: string }[];
}

export function addressOf(bucket: string | undefined, key: string | undefined): string {
  return `s3://${bucket ?? ""}/${key ?? ""}`;
}

export function whereaboutsOf(result: Pick<ScanResult, "actions">): Whereabouts {
  const now: Whereabouts = { is: "where it was", copies: [], failures: [] };
  for (const { kind = "", status, bucket, key, detail } of result.actions) {
    if (status === "failed") now.failures.push({ kind, detail: detail ?? "" });
    if (status === "held") now.is = "held";
    if (kind === "delete" && status === "pending") now.is = "leaving";
    if (status !== "done") continue;
    if (kind === "delete") now.is = "deleted";
    if (kind === "copy") now.copies.push(addressOf(bucket, key));
    if (kind === "move") {
      now.is = "elsewhere";
      now.place = addressOf(bucket, key);
    }
  }
  return now;
}
