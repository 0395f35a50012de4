import { describe, expect, it } from "vitest";

import { batchesOf, BODY_BYTES_MOST } from "./batches";

describe("batches", () => {
  it("keep every id, in order, and fit into a body", () => {
    const ids = Array.from({ length: 300 }, (_, at) => `3sL4kqtJlcpXroDTDmJ:uploads/${at}/${"ü\"".repeat(at % 40)}`);
    const batches = batchesOf(ids, 100, 10);
    expect(batches.flat()).toEqual(ids);
    for (const batch of batches) {
      expect(new TextEncoder().encode(JSON.stringify({ ids: batch })).length).toBeLessThanOrEqual(BODY_BYTES_MOST);
    }
  });

  it("have no more ids than they may", () => {
    expect(batchesOf(["a", "b", "c"], 2, 10)).toEqual([["a", "b"], ["c"]]);
    expect(batchesOf([], 2, 10)).toEqual([]);
  });

  it("leave an id that fits nowhere by itself", () => {
    const long = "x".repeat(5000);
    expect(batchesOf(["a", long, "b"], 100, 10)).toEqual([["a"], [long], ["b"]]);
  });
});
