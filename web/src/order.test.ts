import { describe, expect, it } from "vitest";

import { PAGE_ROWS, rowsAt } from "./order";

const columns = [{ id: "n", compare: (a: number, b: number) => a - b }, { id: "other" }];
const place = { sort: "n", descending: false, page: 1 };

describe("rowsAt", () => {
  it("orders all rows before it divides them", () => {
    const rows = Array.from({ length: PAGE_ROWS + 2 }, (_, at) => PAGE_ROWS + 1 - at);
    expect(rowsAt(rows, columns, { ...place, page: 2 })).toEqual([PAGE_ROWS, PAGE_ROWS + 1]);
    expect(rowsAt(rows, columns, { ...place, descending: true })[0]).toBe(PAGE_ROWS + 1);
  });

  it("leaves them as they came where the column has no order", () => {
    expect(rowsAt([2, 1], columns, { ...place, sort: "other" })).toEqual([2, 1]);
  });
});
