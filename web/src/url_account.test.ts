import { describe, expect, it } from "vitest";

import {
  bucketsHref, jobsHref, lettersHref, parseBuckets, parseJobs, parseLetters, parseQuarantine, parseSettings, quarantineHref,
  settingsHref,
} from "./url_account";

const queryOf = (href: string) => new URL(href, "http://console").searchParams;
const NOTHING = new URLSearchParams();

describe("the addresses of", () => {
  it("buckets come back as they were", () => {
    const view = {
      text: "up", states: ["lacking" as const], region: "eu-west-1", account: "111122223333", sort: "bucket",
      descending: false, page: 2, open: "my.bucket_1",
    };
    expect(parseBuckets(queryOf(bucketsHref(view)))).toEqual(view);
    expect(bucketsHref({})).toBe("/buckets");
  });

  it("quarantine come back as they were, with ids that have blanks and colons in them", () => {
    const view = {
      quarantine: "cordon-quarantine-main", bucket: "uploads", prefix: "a b/", sort: "size", descending: false, page: 3,
      open: "3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY:uploads/a%20b/%C3%BC.com",
    };
    expect(parseQuarantine(queryOf(quarantineHref(view)))).toEqual(view);
    expect(quarantineHref({})).toBe("/quarantine");
  });

  it("letters come back as they were", () => {
    const view = { cause: "not-protected", sort: "cause", descending: true, page: 1, open: "a-1" };
    expect(parseLetters(queryOf(lettersHref(view)))).toEqual(view);
    expect(lettersHref({})).toBe("/letters");
  });

  it("jobs come back as they were", () => {
    const place = { sort: "bucket", descending: false, page: 2, open: undefined };
    expect(parseJobs(queryOf(jobsHref(place)))).toEqual(place);
  });

  it("settings come back as they were", () => {
    const view = { tab: "policy" as const, bucket: "uploads", key: "a b/ü?.pdf" };
    expect(parseSettings(queryOf(settingsHref(view)))).toEqual(view);
    expect(settingsHref({})).toBe("/settings");
    expect(parseSettings(new URLSearchParams("tab=secret&bucket=a/b"))).toEqual(parseSettings(NOTHING));
  });

  it("leave out what no list could have written", () => {
    expect(parseBuckets(new URLSearchParams("state=nice&open=../x&sort=secret"))).toEqual(parseBuckets(NOTHING));
    expect(parseQuarantine(new URLSearchParams("quarantine=a/b&prefix=x&open=a%20b"))).toEqual(parseQuarantine(NOTHING));
    expect(parseLetters(new URLSearchParams("cause=A%20B&open=%3Cb%3E"))).toEqual(parseLetters(NOTHING));
  });
});
