import { expect, it } from "vitest";

import { jsonProblemOf, textOfSettings } from "./settings_text";

it("keeps the order of members", () => {
  expect(textOfSettings({ schema: 1, b: [1], a: {} })).toBe('{\n  "schema": 1,\n  "b": [\n    1\n  ],\n  "a": {}\n}\n');
});

it("says where a text is no JSON", () => {
  expect(jsonProblemOf('{"schema": 1}')).toBeUndefined();
  expect(jsonProblemOf('{"schema": 1,}')).toMatch(/JSON|property/i);
});
