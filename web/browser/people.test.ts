// What a person does with the pages, one habit a test; with the keyboard where that says something.
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { problem } from "./answers";
import { Console, launch, open, settle, visitMocked, type Visit } from "./harness";
import { MockApi } from "./mock_api";

const NOW = new Date();

let console_: Console;
let browser: Browser;
let visits: Visit[] = [];

beforeAll(async () => {
  console_ = await new Console().start();
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await console_?.stop();
});
afterEach(async () => {
  const faults = visits.flatMap((one) => one.faults);
  for (const { context } of visits) await context.close();
  visits = [];
  expect(faults).toEqual([]);
});

async function come(api: MockApi, options = {}): Promise<Page> {
  const visited = await visitMocked(browser, console_.url, api, options);
  visits.push(visited);
  return visited.page;
}

const addressOf = (page: Page) => page.url().slice(console_.url.length);

describe("signing in", () => {
  it("says what is wrong, and lets in whom the console lets in, with the keyboard alone", async () => {
    const api = new MockApi(NOW);
    api.isSignedIn = false;
    const page = await come(api);
    await open(page, "/problems?verdict=Infected", "Sign in");
    await page.keyboard.type("ada");
    await page.keyboard.press("Tab");
    await page.keyboard.type("wrong");
    await page.keyboard.press("Enter");
    await page.getByText("Name, password or code is not right.").waitFor();
    await page.getByLabel("Password").fill("correct horse battery");
    await page.getByLabel("One-time code").fill("123456");
    await page.keyboard.press("Enter");
    // Where they wanted to go.
    await page.getByRole("heading", { level: 1, name: "Problems" }).waitFor();
    expect(addressOf(page)).toBe("/problems?verdict=Infected");
  });

  it("says for how long to wait", async () => {
    const api = new MockApi(NOW);
    api.isSignedIn = false;
    api.instead.set("/api/v1/session", problem(429, "wait", { "Retry-After": "60" }));
    const page = await come(api);
    api.instead.set("/api/v1/session", problem(401, "no"));
    await open(page, "/", "Sign in");
    api.instead.set("/api/v1/session", problem(429, "wait", { "Retry-After": "60" }));
    await page.getByLabel("Name").fill("ada");
    await page.getByLabel("Password").fill("x");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Wait 1 minute").waitFor();
  });

  it("makes the first person with the setup token", async () => {
    const api = new MockApi(NOW);
    api.isSignedIn = false;
    api.needsSetup = true;
    const page = await come(api);
    await open(page, "/", "The first person");
    await page.getByLabel("Setup token").fill("cordon-setup_right");
    await page.getByLabel("Name").fill("ada");
    await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
    await page.getByLabel("Password, again").fill("another horse battery");
    await page.getByRole("button", { name: "Make the first person" }).click();
    await page.getByText("The two passwords are not the same.").waitFor();
    await page.getByLabel("Password, again").fill("correct horse battery");
    await page.getByRole("button", { name: "Make the first person" }).click();
    await page.getByRole("heading", { level: 1, name: "Dashboard" }).waitFor();
  });

  it("is asked for again when the session ends, and leads back", async () => {
    const api = new MockApi(NOW);
    const page = await come(api);
    await page.clock.install();
    await open(page, "/agents?state=away", "Agents");
    api.isSignedIn = false;
    await page.clock.runFor(11_000);
    await page.getByText("Your session has ended.").waitFor();
    const asked = api.asked.length;
    await page.clock.runFor(60_000);
    expect(api.asked.length).toBe(asked); // Nobody who is not signed in asks on.
    await page.getByLabel("Name").fill("ada");
    await page.getByLabel("Password").fill("correct horse battery");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1, name: "Agents" }).waitFor();
    expect(addressOf(page)).toBe("/agents?state=away");
  });
});

describe("live and paused", () => {
  it("asks anew while live, and nothing at all while paused", async () => {
    const api = new MockApi(NOW);
    const page = await come(api);
    await page.clock.install();
    await open(page, "/", "Dashboard");
    const before = api.asked.length;
    await page.clock.runFor(11_000);
    await expect.poll(() => api.asked.length).toBeGreaterThan(before);
    await settle(page);

    await page.getByRole("button", { name: /^Live/ }).click();
    await page.getByRole("button", { name: /^Paused/ }).waitFor();
    const asked = api.asked.length;
    await page.clock.runFor(120_000);
    await page.evaluate(() => {
      document.dispatchEvent(new Event("visibilitychange"));
      window.dispatchEvent(new Event("focus"));
      window.dispatchEvent(new Event("online"));
    });
    await page.clock.runFor(120_000);
    expect(api.asked.length).toBe(asked);

    await page.getByRole("button", { name: /^Paused/ }).click();
    await expect.poll(() => api.asked.length).toBeGreaterThan(asked);
  });
});

describe("problems", () => {
  it("open on what nobody has handled, of the last 7 days", async () => {
    const api = new MockApi(NOW);
    const page = await come(api);
    await open(page, "/problems", "Problems");
    const { query } = api.asked.find(({ path }) => path === "/api/v1/problems")!;
    expect(query.getAll("state")).toEqual(["open"]);
    const days = (Date.now() - Date.parse(query.get("since")!)) / 86_400_000;
    expect(Math.round(days)).toBe(7);
    await page.getByRole("heading", { level: 2, name: "Problems (30)" }).waitFor();
  });

  it("keep filter, order, page and open row in the address, and Back goes back", async () => {
    const page = await come(new MockApi(NOW));
    await open(page, "/problems", "Problems");
    await page.getByRole("button", { name: "Page 2" }).click();
    await page.getByRole("columnheader", { name: "Objects" }).click();
    await page.getByRole("row").nth(1).click();
    await page.getByRole("button", { name: "Say that it is handled" }).waitFor();
    const address = addressOf(page);
    expect(address).toMatch(/^\/problems\?sort=objects&open=\d+$/);
    await page.reload();
    await page.getByRole("button", { name: "Say that it is handled" }).waitFor();
    expect(addressOf(page)).toBe(address);

    await page.getByLabel("Bucket").fill("uploads");
    await page.keyboard.press("Enter");
    await expect.poll(() => addressOf(page)).toBe("/problems?bucket=uploads&sort=objects");
    await page.goBack();
    await expect.poll(() => addressOf(page)).toBe(address);
  });

  it("are handled after a question that shows the equal command", async () => {
    const api = new MockApi(NOW);
    const page = await come(api);
    await open(page, "/problems?open=100", "Problems");
    await page.getByRole("button", { name: "Say that it is handled" }).click();
    await page.getByRole("button", { name: "It is handled", exact: true }).click();
    await page.getByText("Say why.").waitFor();
    expect(api.asked.some(({ method }) => method === "POST")).toBe(false);
    await page.getByLabel("Why").fill("it's a test");
    await page.getByText(`curl -H "Authorization: Bearer $TOKEN" -d '{"why":"it'\\''s a test"}' '${console_.url}` +
      "/api/v1/problems/100/handle'").waitFor();
    await page.getByRole("button", { name: "It is handled", exact: true }).click();
    await page.getByText("Win.Test.EICAR_HDB-1 is handled.").waitFor();
    expect(api.asked.find(({ method }) => method === "POST")!.body).toEqual({ why: "it's a test" });
    await page.getByText("it's a test").waitFor(); // In the panel, which stays.
    await page.getByRole("heading", { level: 2, name: "Problems (29)" }).waitFor();
  });

  it("are not handled by those who only read", async () => {
    const api = new MockApi(NOW);
    api.role = "viewer";
    const page = await come(api);
    await open(page, "/problems?open=100", "Problems");
    const button = page.getByRole("button", { name: "Say that it is handled" });
    await button.waitFor();
    expect(await button.isDisabled() || (await button.getAttribute("aria-disabled")) === "true").toBe(true);
  });

  it("say where their objects are now", async () => {
    const page = await come(new MockApi(NOW));
    await open(page, "/problems?open=100", "Problems");
    await page.getByText("s3://cordon-quarantine-111122223333-eu-west-1/uploads/incoming/0").waitFor();
  });
});

describe("the dashboard", () => {
  it("leads from each number to what it counts, with the keyboard alone", async () => {
    const page = await come(new MockApi(NOW));
    await open(page, "/", "Dashboard");
    await page.getByRole("link", { name: "Infected: 8" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 2, name: "Problems (8)" }).waitFor();
    expect(addressOf(page)).toBe("/problems?verdict=Infected&last=any");
    await page.goBack();
    await page.getByRole("link", { name: "1 away" }).click();
    await page.getByRole("heading", { level: 2, name: "Agents (1)" }).waitFor();
  });
});

describe("in other zones", () => {
  it.each(["Australia/Sydney", "America/Los_Angeles"])("links and lists agree: %s", async (timezoneId) => {
    const api = new MockApi(new Date("2026-11-30T14:00:00Z"));
    const page = await come(api, { timezoneId });
    // From 11:30 to 13:30 UTC: another day in Sydney, the morning in Los Angeles.
    await open(page, "/results?since=2026-11-30T11:30:00.000Z&until=2026-11-30T13:30:00.000Z", "Results");
    await page.getByRole("heading", { level: 2, name: "Results (4)" }).waitFor();
    const { query } = api.asked.find(({ path }) => path === "/api/v1/results")!;
    expect([query.get("since"), query.get("until")]).toEqual(["2026-11-30T11:30:00.000Z", "2026-11-30T13:30:00.000Z"]);
    await page.getByText(`Times are those of ${timezoneId}.`).waitFor();
    const shown = await page.locator("time[datetime='2026-11-30T13:29:00.000Z']").textContent();
    expect(shown).toContain(timezoneId === "Australia/Sydney" ? "Dec 1, 2026, 12:29:00" : "Nov 30, 2026, 5:29:00");
  });
});
