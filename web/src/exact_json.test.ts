import { describe, expect, it } from "vitest";

import { withExactNumbers } from "./exact_json";

describe("withExactNumbers", () => {
  it.each([
    ['{"size":18446744073709551615}', { size: "18446744073709551615" }],
    ['[1,-9223372036854775808]', [1, "-9223372036854775808"]],
    ['{"size":12345}', { size: 12345 }],
    // Neither texts, nor fractions, nor exponents are whole numbers.
    ['{"key":"18446744073709551615 \\" 18446744073709551615"}',
      { key: '18446744073709551615 " 18446744073709551615' }],
    ["[0.12345678901234567890, 1e20]", [0.12345678901234568, 1e20]],
  ])("reads %s", (json, value) => {
    expect(JSON.parse(withExactNumbers(json))).toEqual(value);
  });
});
