import { describe, expect, it } from "vitest";

import { diffOf, hunksOf } from "./line_diff";

const signs = { same: " ", gone: "-", new: "+" };
const written = (before: string, after: string) => diffOf(before, after).map(({ is, text }) => signs[is] + text);

describe("a difference", () => {
  it.each([
    ["a", "a", [" a"]],
    ["a\nb\nc", "a\nx\nc", [" a", "-b", "+x", " c"]],
    ["a\nc", "a\nb\nc", [" a", "+b", " c"]],
    ["a\nb\nc\nd", "c\nd\na\nb", ["-a", "-b", " c", " d", "+a", "+b"]],
    ["", "a", ["-", "+a"]],
  ])("of %j and %j", (before, after, lines) => expect(written(before, after)).toEqual(lines));

  it("gives both texts back", () => {
    const before = Array.from({ length: 50 }, (_, at) => String(at % 7)).join("\n");
    const after = Array.from({ length: 40 }, (_, at) => String(at % 5)).join("\n");
    const lines = diffOf(before, after);
    expect(lines.filter(({ is }) => is !== "new").map(({ text }) => text).join("\n")).toBe(before);
    expect(lines.filter(({ is }) => is !== "gone").map(({ text }) => text).join("\n")).toBe(after);
  });

  it("is told without comparing where that would take too long", () => {
    const long = (mark: string) => Array.from({ length: 3000 }, (_, at) => `${mark}${at}`).join("\n");
    expect(diffOf(long("a"), long("b"))).toHaveLength(6000);
  });
});

it("leaves out what is far from a change", () => {
  const lines = diffOf("1\n2\n3\n4\n5", "1\n2\n3\n4\nx");
  expect(hunksOf(lines, 1).map((line) => line?.text)).toEqual([undefined, "4", "5", "x"]);
  expect(hunksOf(diffOf("a\nb", "a\nb"), 3)).toEqual([undefined]);
});
