import { describe, expect, it } from "vitest";

import { whereaboutsOf } from "./whereabouts";

describe("whereaboutsOf", () => {
  const place = { bucket: "quarantine", key: "b/k" };
  it.each([
    ["nothing was done", [], { is: "where it was" }],
    ["it was kept", [{ kind: "keep", status: "done" }], { is: "where it was" }],
    ["it was moved", [{ kind: "move", status: "done", ...place }], { is: "elsewhere", place: "s3://quarantine/b/k" }],
    ["a move was refused", [{ kind: "move", status: "failed", detail: "AccessDenied", ...place }],
      { is: "where it was", failures: [{ kind: "move", detail: "AccessDenied" }] }],
    ["it was copied and deleted", [{ kind: "copy", status: "done", ...place }, { kind: "delete", status: "done" }],
      { is: "deleted", copies: ["s3://quarantine/b/k"] }],
    ["it is about to be deleted", [{ kind: "delete", status: "pending" }], { is: "leaving" }],
    ["the brake holds it", [{ kind: "move", status: "held" }], { is: "held" }],
    ["an action was not needed", [{ kind: "delete", status: "skipped" }], { is: "where it was" }],
  ])("knows where it is when %s", (_, actions, expected) => {
    expect(whereaboutsOf({ actions })).toEqual({ copies: [], failures: [], ...expected });
  });
});
