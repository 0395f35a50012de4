import { expect, it } from "vitest";

import { rateOf } from "./sweep_rate";

it.each([
  ["2026-11-30T11:59:50Z", 1000, 100], ["2026-11-30T12:00:00Z", 1000, undefined], ["2026-11-30T12:00:10Z", 5, undefined],
  ["2026-11-30T11:00:00Z", 0, undefined], [undefined, 5, undefined],
])("began at %s and listed %d: %s a second", (started, listed, rate) => {
  expect(rateOf(started, listed, new Date("2026-11-30T12:00:00Z"))).toBe(rate);
});
