import { expect, it } from "vitest";

import { csvOf } from "./csv";

it("quotes what has to be quoted", () => {
  expect(csvOf(["a", "b"], [["x", 'say "y", z'], ["", "two\nlines"]])).toBe(
    'a,b\r\nx,"say ""y"", z"\r\n,"two\nlines"\r\n');
});

it.each(["=1+1", "+1", "-1", "@a", "\tx"])("keeps a spreadsheet from running %j", (text) => {
  expect(csvOf(["k"], [[text]])).toBe(`k\r\n'${text}\r\n`);
});
