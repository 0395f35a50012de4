// Every page, light and dark: what axe finds, what the policy reports, where requests go, and what is loaded at first.
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { problem } from "./answers";
import { Console, expectAccessible, launch, open, settle, visit, visitMocked, type Visit } from "./harness";
import { MockApi } from "./mock_api";

const NOW = new Date();
const SCRIPT_BYTES_MOST = 350 * 1024;
const ALL_BYTES_MOST = 550 * 1024;

let console_: Console;
let browser: Browser;
let visited: Visit | undefined;

beforeAll(async () => {
  console_ = await new Console().start();
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await console_?.stop();
});
afterEach(async () => {
  const faults = visited?.faults ?? [];
  await visited?.context.close();
  visited = undefined;
  expect(faults).toEqual([]);
});

async function come(api: MockApi, options = {}): Promise<Page> {
  visited = await visitMocked(browser, console_.url, api, options);
  return visited.page;
}

const PAGES = [
  ["/", "Dashboard"], ["/problems?open=100", "Problems"], ["/results?open=01JD0000000000000000000000", "Results"],
  ["/agents", "Agents"], ["/buckets?open=invoices.example", "Buckets"],
  ["/quarantine?open=3HL4kqtJlcpXroDTDmJ.rmSpXd3dIb0%3Auploads%2Fincoming%2F0%2Fa%2520file.com", "Quarantine"],
  ["/letters?open=5fea7756-0ea4-451a-a703-a558b933e270", "Dead letters"], ["/signatures", "Signatures"],
  ["/jobs", "Jobs"], ["/settings", "Settings"], ["/settings?tab=history", "Settings"],
  ["/settings?tab=policy&bucket=uploads", "Settings"], ["/nothing", "There is no such page"],
] as const;

describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
  it("axe finds nothing on any page", { timeout: 400_000 }, async () => {
    const page = await come(new MockApi(NOW), { colorScheme });
    for (const [path, heading] of PAGES) {
      await open(page, path, heading);
      await expectAccessible(page);
    }
  });

  it("axe finds nothing on the way in", async () => {
    const api = new MockApi(NOW);
    api.isSignedIn = false;
    const page = await come(api, { colorScheme });
    await open(page, "/", "Sign in");
    await expectAccessible(page);
    api.needsSetup = true;
    await open(page, "/", "The first person");
    await expectAccessible(page);
  });

  it("axe finds nothing where a person is asked first", async () => {
    const page = await come(new MockApi(NOW), { colorScheme });
    await open(page, "/problems?open=100", "Problems");
    await page.getByRole("button", { name: "Say that it is handled" }).click();
    await page.getByRole("dialog").waitFor();
    await expectAccessible(page);
  });
});

describe("a page", () => {
  it("says that there is nothing", async () => {
    const api = new MockApi(NOW);
    api.forget();
    const page = await come(api);
    for (const [path, text] of [["/problems", "No problem fits the filters"], ["/results", "No result fits the filters"],
      ["/agents", "No agent fits the filters"], ["/buckets", "No bucket fits the filters"],
      ["/quarantine", "Nothing in quarantine fits the filters"], ["/letters", "No dead letter"],
      ["/jobs", "No bucket is protected in this region"], ["/", "No agent has reported in seven days"]] as const) {
      await page.goto(path);
      await page.getByText(text).waitFor();
    }
    await expectAccessible(page);
  });

  it("says what the console said of a failure, and tries again when asked", async () => {
    const api = new MockApi(NOW);
    api.instead.set("/api/v1/problems", problem(400, "the parameter sha256 is not as it should be"));
    const page = await come(api);
    await page.goto("/problems");
    await page.getByText("the parameter sha256 is not as it should be").waitFor();
    await expectAccessible(page);
    api.instead.clear();
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("Win.Test.EICAR_HDB-1", { exact: true }).waitFor();
  });

  it("says that the role may not see something", async () => {
    const api = new MockApi(NOW);
    api.instead.set("/api/v1/agents", problem(403, "this needs the role operator; yours is viewer"));
    const page = await come(api);
    await page.goto("/agents");
    await page.getByText("Your role may not see this").waitFor();
  });

  it("keeps what it has while the console is away, and says so", async () => {
    const api = new MockApi(NOW);
    const page = await come(api);
    await page.clock.install();
    await open(page, "/agents", "Agents");
    api.instead.set("/api/v1/agents", "no answer");
    await page.clock.runFor(40_000);
    await page.getByText("What stands here is of before.").waitFor();
    await page.getByText("i-0abc/1").waitFor();
  });

  it("shows what attackers wrote as text", async () => {
    const page = await come(new MockApi(NOW));
    await open(page, "/problems", "Problems");
    await page.getByText("<b>not bold</b>").first().waitFor();
  });

  it("shows numbers of 64 bits exactly", async () => {
    const page = await come(new MockApi(NOW));
    await open(page, "/problems", "Problems");
    await page.getByText("18,446,744,073,709,551,615").first().waitFor();
  });

  it("speaks German to those who read it, and stays accessible", async () => {
    const page = await come(new MockApi(NOW), { locale: "de-DE" });
    await open(page, "/", "Überblick");
    expect(await page.locator("html").getAttribute("lang")).toBe("de");
    await expectAccessible(page);
  });
});

it.each([
  ["/", 200, "text/html"], ["/problems?state=open", 200, "text/html"], ["/healthz", 200, "text/plain"],
  ["/assets/nothing-0.js", 404, "text/plain"], ["/api/v2/problems", 404, "text/plain"],
  ["/api/v1/problems", 401, "application/problem+json"],
])("answers %s with %d", async (path, status, type) => {
  const answer = await fetch(console_.url + path);
  expect(answer.status).toBe(status);
  expect(answer.headers.get("Content-Type")).toContain(type);
  expect(answer.headers.get("Content-Security-Policy") ?? "default-src 'none'").toContain("default-src 'none'");
});

it("loads little at first", async () => {
  visited = await visitMocked(browser, console_.url, new MockApi(NOW));
  const { page } = visited;
  const sizes: Promise<[string, number]>[] = [];
  page.on("response", (response) => {
    if (response.url().includes("/api/")) return;
    sizes.push(response.request().sizes().then(({ responseBodySize }) => [response.url(), responseBodySize]));
  });
  await open(page, "/", "Dashboard");
  await page.waitForLoadState("networkidle");
  const all = await Promise.all(sizes);
  const sum = (rows: [string, number][]) => rows.reduce((bytes, [, size]) => bytes + size, 0);
  console.log(`first load: ${sum(all.filter(([url]) => url.endsWith(".js")))} bytes of script, ${sum(all)} in all`);
  expect(sum(all.filter(([url]) => url.endsWith(".js")))).toBeLessThanOrEqual(SCRIPT_BYTES_MOST);
  expect(sum(all)).toBeLessThanOrEqual(ALL_BYTES_MOST);
});

it("lets the first person in, who then signs in, at the console itself", async () => {
  visited = await visit(browser, console_.url);
  const { page } = visited;
  await page.goto("/");
  await page.getByLabel("Setup token").fill(console_.setupToken);
  await page.getByLabel("Name").fill("ada");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByLabel("Password, again").fill("correct horse battery");
  await page.getByRole("button", { name: "Make the first person" }).click();
  await page.getByRole("heading", { level: 1, name: "Dashboard" }).waitFor();
  await page.getByText("No agent has reported in seven days").waitFor();
  await settle(page);
  await page.getByRole("button", { name: "Signed in as ada" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByLabel("Name").fill("ada");
  await page.getByLabel("Password").fill("wrong horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Name, password or code is not right.").waitFor();
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1, name: "Dashboard" }).waitFor();
});
