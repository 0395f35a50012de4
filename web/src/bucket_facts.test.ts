import { describe, expect, it } from "vitest";

import { bucketStateOf, changesOf, fitsBucket, stepOf, type BucketReport, type Step } from "./bucket_facts";

const step = (what: string, state: Step["state"]): Step => ({ what, name: what, state, note: "" });
const report = (isProtected: boolean, ...steps: Step[]): BucketReport => ({
  schema: "cordon.provision-report/1", bucket: "uploads", region: "eu-west-1", account: "111122223333",
  protected: isProtected, steps,
});

describe("a bucket", () => {
  it.each([
    ["protected", report(true, step("notification", "present"))],
    ["lacking", report(true, step("notification", "present"), step("queue", "missing"))],
    ["unprotected", report(false, step("notification", "missing"))],
  ] as const)("is %s", (state, one) => expect(bucketStateOf(one)).toBe(state));

  it("fits a filter when every part of it does", () => {
    const all = { text: "", states: [], region: "", account: "" };
    const one = report(true);
    expect(fitsBucket(one, all)).toBe(true);
    expect(fitsBucket(one, { text: "load", states: ["protected"], region: "eu-west-1", account: "111122223333" })).toBe(true);
    for (const other of [{ text: "x" }, { states: ["lacking" as const] }, { region: "us-east-1" }, { account: "0" }]) {
      expect(fitsBucket(one, { ...all, ...other }), JSON.stringify(other)).toBe(false);
    }
  });
});

it("changes are what is written, and not what is there or missing", () => {
  const steps = (["present", "created", "changed", "removed", "missing", "kept"] as const).map((one) => step(one, one));
  expect(changesOf(steps).map(({ what }) => what)).toEqual(["created", "changed", "removed"]);
  expect(stepOf({ steps }, "kept")?.state).toBe("kept");
  expect(stepOf({ steps }, "read gate")).toBeUndefined();
});
