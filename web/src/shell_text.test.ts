import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";

import { curlOf, quoted } from "./shell_text";

describe("what is pasted into a shell", () => {
  it.each(["", "a b", "it's", "$(id) `id` \\ \" ! \n;", "ü"])("stays what it was: %j", (text) => {
    expect(execFileSync("sh", ["-c", `printf %s ${quoted(text)}`], { encoding: "utf8" })).toBe(text);
  });

  it("is a whole request", () => {
    const body = { why: "it's ours" };
    expect(curlOf("http://c", { method: "POST", path: "/api/v1/problems/1/handle", body })).toBe(
      `curl -H "Authorization: Bearer $TOKEN" -d '{"why":"it'\\''s ours"}' 'http://c/api/v1/problems/1/handle'`);
  });

  it("says the method where curl would take another, and over which document it writes", () => {
    expect(curlOf("http://c", { method: "DELETE", path: "/api/v1/tokens/ci", body: undefined })).toBe(
      `curl -H "Authorization: Bearer $TOKEN" -X DELETE 'http://c/api/v1/tokens/ci'`);
    expect(curlOf("http://c", { method: "PUT", path: "/api/v1/settings", body: "{}", ifMatch: '"a"' })).toBe(
      `curl -H "Authorization: Bearer $TOKEN" -H 'If-Match: "a"' -X PUT -d '{}' 'http://c/api/v1/settings'`);
  });
});
