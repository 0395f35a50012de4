import { describe, expect, it } from "vitest";

import { de } from "./de";
import { en } from "./en";

// Every text with its path; what is a function is called with its path.
function leaves(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, String(value("one", "two"))]];
  return Object.entries(value as object).flatMap(([name, inner]) => leaves(inner, `${path}.${name}`));
}

describe("the catalogue", () => {
  it("has every text in every language, and none is empty", () => {
    expect(leaves(de).map(([path]) => path)).toEqual(leaves(en).map(([path]) => path));
    for (const [path, text] of [...leaves(en), ...leaves(de)]) expect(text, path).not.toBe("");
  });

  it("says what it is given in every language", () => {
    const german = new Map(leaves(de));
    for (const [path, text] of leaves(en)) {
      for (const given of ["one", "two"]) {
        if (new RegExp(`\\b${given}\\b`).test(text) && typeof at(en, path) === "function") {
          expect(german.get(path), path).toContain(given);
        }
      }
    }
  });
});

function at(value: unknown, path: string): unknown {
  return path.split(".").slice(1).reduce((inner, name) => (inner as Record<string, unknown>)[name], value);
}
