import { describe, expect, it } from "vitest";

import {
  agentsHref, boundsOf, parseAgents, parseProblems, parseRange, parseResults, problemsHref, resultsHref,
} from "./url_state";

const queryOf = (href: string) => new URL(href, "http://console").searchParams;

describe("problems", () => {
  it("open on the last 7 days, not handled, the newest first", () => {
    expect(parseProblems(new URLSearchParams())).toEqual({
      states: ["open"], verdicts: [], bucket: "", cause: "", sha256: "", range: { last: "7d" },
      sort: "lastSeen", descending: true, page: 1, open: undefined,
    });
    expect(problemsHref({})).toBe("/problems");
  });

  it("come back from their address as they were", () => {
    const view = {
      states: ["open" as const, "gone" as const], verdicts: ["Infected" as const], bucket: "b&c", cause: "Win.Test ü",
      sha256: "0a".repeat(32), range: { last: "30d" }, sort: "objects", descending: false, page: 3, open: "17",
    };
    expect(parseProblems(queryOf(problemsHref(view)))).toEqual(view);
  });

  it("leave out what no list could have written", () => {
    const said = new URLSearchParams(
      "state=closed&verdict=Clean&verdict=Nice&sha256=xyz&last=7y&sort=-secret&page=-1&open=../../x");
    expect(parseProblems(said)).toEqual(parseProblems(new URLSearchParams()));
  });
});

describe("results", () => {
  it("carry instants, which mean the same in every zone", () => {
    const range = { since: "2026-11-30T13:00:00.000Z", until: "2026-12-01T13:00:00.000Z" };
    const href = resultsHref({ range, prefix: "a b/" });
    expect(href).toContain("since=2026-11-30T13%3A00%3A00.000Z");
    expect(parseResults(queryOf(href)).range).toEqual(range);
    expect(parseResults(queryOf(href)).prefix).toBe("a b/");
  });
});

describe("agents", () => {
  it("are asked for by their state", () => {
    expect(agentsHref({ states: ["away"] })).toBe("/agents?state=away");
    expect(parseAgents(queryOf("/agents?state=away")).states).toEqual(["away"]);
  });
});

describe("a range", () => {
  const otherwise = { last: "1d" };
  it.each([
    ["last=any", "any"],
    ["last=12h", { last: "12h" }],
    ["last=0d", otherwise],
    ["since=2026-11-30&until=2026-12-01", otherwise], // Local dates: of whose day?
    ["since=2026-12-01T00:00:00Z&until=2026-11-30T00:00:00Z", otherwise],
    ["since=2026-13-01T00:00:00Z&until=2026-14-30T00:00:00Z", otherwise],
    ["since=2026-12-01T00:00:00Z", otherwise],
  ])("is read from %s", (query, range) => {
    expect(parseRange(new URLSearchParams(query), otherwise)).toEqual(range);
  });

  it("is so long until now", () => {
    const now = new Date("2026-12-01T12:00:00Z");
    expect(boundsOf({ last: "90m" }, now)).toEqual({ since: "2026-12-01T10:30:00.000Z" });
    expect(boundsOf("any", now)).toEqual({});
  });
});
