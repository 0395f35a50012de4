// What a list of buckets says of each: made of the parts that its report names.
import type { components } from "../generated/contract";

export type BucketReport = components["schemas"]["ProvisionReport"];
export type Step = components["schemas"]["Step"];

export const BUCKET_STATES = ["protected", "lacking", "unprotected"] as const;
/** `lacking`: it is protected, and a part of that is missing: what was there once was changed by somebody. */
export type BucketState = (typeof BUCKET_STATES)[number];

export function bucketStateOf({ protected: isProtected, steps }: BucketReport): BucketState {
  if (!isProtected) return "unprotected";
  return steps.some(({ state }) => state === "missing") ? "lacking" : "protected";
}

/** The part of this kind; undefined: the report says nothing of it. */
export function stepOf(report: Pick<BucketReport, "steps">, what: string): Step | undefined {
  return report.steps.find((step) => step.what === what);
}

/** What a change would write or has written; a preview and a report of what was done say it alike. */
export function changesOf(steps: readonly Step[]): Step[] {
  return steps.filter(({ state }) => state === "created" || state === "changed" || state === "removed");
}

export interface BucketFilter {
  text: string;
  states: readonly BucketState[];
  region: string;
  account: string;
}

export function fitsBucket(report: BucketReport, { text, states, region, account }: BucketFilter): boolean {
  return (report.bucket ?? "").includes(text) && (states.length === 0 || states.includes(bucketStateOf(report))) &&
    (region === "" || report.region === region) && (account === "" || report.account === account);
}
