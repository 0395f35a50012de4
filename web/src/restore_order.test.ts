import { describe, expect, it } from "vitest";

import { restoreOrderOf, type RestoreFields } from "./restore_order";

const NOW = new Date("2026-11-30T12:00:00.123Z");
const FIELDS: RestoreFields = { allow: "none", days: "", bucket: "", key: "", overwrite: false };
const orderOf = (change: Partial<RestoreFields>) => restoreOrderOf("v:k", "q", { ...FIELDS, ...change }, NOW);

describe("an order to restore", () => {
  it("says no more than was asked for", () => {
    expect(orderOf({})).toEqual({ id: "v:k", quarantine: "q" });
    expect(restoreOrderOf("v:k", undefined, FIELDS, NOW)).toEqual({ id: "v:k" });
    expect(orderOf({ allow: "once", days: "7" })).toEqual({ id: "v:k", quarantine: "q", allow: "once" });
  });

  it("lets allowing end", () => {
    expect(orderOf({ allow: "always", days: "30" })?.expires).toBe("2026-12-30T12:00:00Z");
    expect(orderOf({ allow: "always" })?.expires).toBeUndefined();
  });

  it("goes elsewhere and over what is there", () => {
    expect(orderOf({ bucket: "b", key: "k", overwrite: true })).toMatchObject({ to: { bucket: "b", key: "k" }, overwrite: true });
  });

  it.each([{ bucket: "b" }, { key: "k" }, { allow: "always" as const, days: "0" }, { allow: "always" as const, days: "x" }])(
    "is none with %j", (change) => expect(orderOf(change)).toBeUndefined());
});
