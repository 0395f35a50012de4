import { describe, expect, it } from "vitest";

import { rowsOf } from "./rows";

const list = (pages: number[][]) => (_: number, cursor: string | undefined) => {
  const at = Number(cursor ?? 0);
  return Promise.resolve({ items: pages[at]!, next: at + 1 < pages.length ? String(at + 1) : null });
};

describe("rowsOf", () => {
  it("reads on where a page has fewer rows than its limit", async () => {
    expect(await rowsOf(4, list([[1], [], [2, 3]]))).toEqual({ rows: [1, 2, 3], hasMore: false });
  });

  it("stops when it has enough, and says that there is more", async () => {
    expect(await rowsOf(2, list([[1, 2], [3]]))).toEqual({ rows: [1, 2], hasMore: true });
  });

  it("asks for no more than a page may hold", async () => {
    const limits: number[] = [];
    await rowsOf(1500, (limit, cursor) => {
      limits.push(limit);
      return Promise.resolve({ items: Array.from({ length: limit }, () => 0), next: cursor ? null : "1" });
    });
    expect(limits).toEqual([1000, 500]);
  });
});
