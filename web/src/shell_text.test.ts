import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";

import { curlOf, quoted } from "./shell_text";

describe("what is pasted into a shell", () => {
  it.each(["", "a b", "it's", "$(id) `id` \\ \" ! \n;", "ü"])("stays what it was: %j", (text) => {
    expect(execFileSync("sh", ["-c", `printf %s ${quoted(text)}`], { encoding: "utf8" })).toBe(text);
  });

  it("is a whole request", () => {
    expect(curlOf("http://c", "/api/v1/problems/1/handle", { why: "it's ours" })).toBe(
      `curl -H "Authorization: Bearer $TOKEN" -d '{"why":"it'\\''s ours"}' 'http://c/api/v1/problems/1/handle'`);
  });
});
