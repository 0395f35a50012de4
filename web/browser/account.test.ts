// What a person does on the pages about the deployment's account; who may not is not offered it.
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { Console, expectAccessible, launch, open, visitMocked, type Visit } from "./harness";
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

async function come(role: MockApi["role"]): Promise<{ page: Page; api: MockApi }> {
  const api = new MockApi(NOW);
  api.role = role;
  const visited = await visitMocked(browser, console_.url, api);
  visits.push(visited);
  return { page: visited.page, api };
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const posts = (api: MockApi) => api.asked.filter(({ method }) => method !== "GET");

describe("buckets", () => {
  it("are protected after exactly what changes was shown, and the equal command", async () => {
    const { page, api } = await come("admin");
    await open(page, "/buckets?open=archive", "Buckets");
    await button(page, "Protect").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("protected.json").waitFor();
    await dialog.getByText("cordon bucket protect archive --deployment main").waitFor();
    expect(posts(api).map(({ path }) => path)).toEqual(["/api/v1/buckets/archive/protect/preview"]);
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Protect", exact: true }).click();
    await page.getByText("archive is protected.").waitFor();
    expect(posts(api).at(-1)!.path).toBe("/api/v1/buckets/archive/protect");
  });

  it("say which part is missing, and are repaired", async () => {
    const { page, api } = await come("admin");
    await open(page, "/buckets?state=lacking&open=invoices.example", "Buckets");
    await page.getByText("it was deleted").waitFor();
    await button(page, "Repair").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("protected.json").waitFor();
    await dialog.getByRole("button", { name: "Repair", exact: true }).click();
    await page.getByText("invoices.example is protected.").waitFor();
    expect(posts(api).at(-1)!.path).toBe("/api/v1/buckets/invoices.example/protect");
  });

  it("get a gate only after its policy was shown", async () => {
    const { page, api } = await come("admin");
    await open(page, "/buckets?open=invoices.example", "Buckets");
    await button(page, "Read gate").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Put up the gate" }).click();
    await dialog.getByText("What this changes is not known yet").waitFor();
    expect(posts(api)).toEqual([]);
    await dialog.getByLabel("Roles that read everything").fill("arn:aws:iam::111122223333:role/agent");
    await dialog.getByText("2012-10-17").waitFor();
    await dialog.getByRole("button", { name: "Put up the gate" }).click();
    await page.getByText("The read gate of invoices.example: reading takes").waitFor();
    expect(posts(api).at(-1)!.body).toEqual({ allowRoles: ["arn:aws:iam::111122223333:role/agent"] });
  });

  it("are not changed by those who may not", async () => {
    const { page } = await come("operator");
    await open(page, "/buckets?open=archive", "Buckets");
    await page.getByText("Parts of its protection").waitFor();
    for (const name of ["Protect", "Repair", "Unprotect", "Read gate"]) expect(await button(page, name).count()).toBe(0);
  });
});

const FIRST = "/quarantine?open=3HL4kqtJlcpXroDTDmJ.rmSpXd3dIb0%3Auploads%2Fincoming%2F0%2Fa%2520file.com";

describe("quarantine", () => {
  it("gives an object back, allowed for some days, after a question that shows the request", async () => {
    const { page, api } = await come("operator");
    await open(page, FIRST, "Quarantine");
    await button(page, "Restore").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Its content is always allowed").check();
    await dialog.getByLabel("Days until that ends").fill("7");
    await dialog.getByText('"allow":"always"').waitFor();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Restore", exact: true }).click();
    await page.getByText("s3://uploads/incoming/0/a file.com is restored.").waitFor();
    expect(posts(api).at(-1)!.body).toMatchObject({ allow: "always",
      quarantine: "cordon-quarantine-main-111122223333-eu-west-1" });
    await page.getByText("It is not among what was read").waitFor();
  });

  it("loses those that were marked, after their number was typed; the mark and the page survive", async () => {
    const { page, api } = await come("operator");
    await open(page, "/quarantine?sort=size", "Quarantine");
    for (const row of [1, 2]) await page.getByRole("row").nth(row).getByRole("checkbox").check();
    await page.getByRole("heading", { name: "Quarantine (2/30)" }).waitFor();
    await button(page, "Look again").click();
    await page.getByRole("heading", { name: "Quarantine (2/30)" }).waitFor();
    await button(page, "Delete the chosen ones").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Delete", exact: true }).click();
    expect(posts(api)).toEqual([]);
    await dialog.getByLabel("Type 2 to go on").fill("2");
    await dialog.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText("2 deleted from quarantine.").waitFor();
    await page.getByRole("heading", { name: "Quarantine (28)" }).waitFor();
    expect(new URL(page.url()).search).toBe("?sort=size");
  });

  it("opens a row with the keyboard alone", async () => {
    const { page } = await come("operator");
    await open(page, "/quarantine", "Quarantine");
    await button(page, "Open s3://uploads/incoming/1/a file.com").focus();
    await page.keyboard.press("Enter");
    await page.getByText("Where it lies now").waitFor();
    expect(new URL(page.url()).searchParams.get("open")).toContain("incoming/1/");
  });

  it("is a file for spreadsheets", async () => {
    const { page } = await come("viewer");
    await open(page, "/quarantine", "Quarantine");
    await button(page, "Export").click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: "CSV" }).click()]);
    expect(download.suggestedFilename()).toBe("quarantine.csv");
  });

  it("is only read by those who may not act", async () => {
    const { page } = await come("viewer");
    await open(page, FIRST, "Quarantine");
    await page.getByText("Where it lies now").waitFor();
    for (const name of ["Restore", "Delete", "Delete the chosen ones"]) expect(await button(page, name).count()).toBe(0);
    expect(await page.getByRole("checkbox").count()).toBe(0);
  });
});

describe("dead letters", () => {
  it("of a cause are replayed together", async () => {
    const { page, api } = await come("operator");
    await open(page, "/letters?cause=denied", "Dead letters");
    await page.getByRole("heading", { level: 2, name: "Dead letters (2)" }).waitFor();
    await button(page, "Replay this cause").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText('{"cause":"denied"}').waitFor();
    await dialog.getByRole("button", { name: "Replay", exact: true }).click();
    await page.getByText("2 replayed.").waitFor();
    expect(posts(api).at(-1)!.body).toEqual({ cause: "denied" });
    await page.getByText("No dead letter").waitFor();
  });

  it("that were marked are dropped after a question", async () => {
    const { page, api } = await come("operator");
    await open(page, "/letters", "Dead letters");
    await page.getByRole("row").nth(1).getByRole("checkbox").check();
    await button(page, "Drop the chosen").click();
    await page.getByRole("dialog").getByRole("button", { name: "Drop", exact: true }).click();
    await page.getByText("1 dropped.").waitFor();
    expect((posts(api).at(-1)!.body as { ids: string[] }).ids.length).toBe(1);
  });

  it("are only read by those who may not act", async () => {
    const { page } = await come("viewer");
    await open(page, "/letters?open=5fea7756-0ea4-451a-a703-a558b933e270", "Dead letters");
    await page.getByText("What to do").waitFor();
    for (const name of ["Replay", "Drop", "Replay all", "Drop all"]) expect(await button(page, name).count()).toBe(0);
  });
});

describe("the brake", () => {
  it("is decided about by admins: some of the names are wrong", async () => {
    const { page, api } = await come("admin");
    await open(page, "/signatures", "Signatures");
    await button(page, "They are wrong").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Some of the names").check();
    await dialog.getByRole("button", { name: "They are wrong" }).click();
    await dialog.getByText("Choose 1 to 100 names.").waitFor();
    await dialog.getByLabel("The whole set").check();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "They are wrong" }).click();
    await page.getByText("The new signatures are rejected.").waitFor();
    expect(posts(api).at(-1)!.body).toEqual({ set: true });
  });

  it("is not decided about by operators", async () => {
    const { page } = await come("operator");
    await open(page, "/signatures", "Signatures");
    await page.getByText("Win.New-1").waitFor();
    expect(await button(page, "They are right").count()).toBe(0);
  });
});

describe("sweeps", () => {
  it("begin and stop after a question", async () => {
    const { page, api } = await come("operator");
    await open(page, "/jobs", "Jobs");
    await button(page, "Sweep archive").click();
    await page.getByRole("dialog").getByLabel("Scan every object").check();
    await page.getByRole("dialog").getByRole("button", { name: "Sweep", exact: true }).click();
    await page.getByText("The sweep of archive has begun.").waitFor();
    expect(posts(api).at(-1)!.body).toEqual({ bucket: "archive", every: true });
    await button(page, "Stop the sweep of uploads?").click();
    await page.getByRole("dialog").getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText("The sweep of uploads stops.").waitFor();
  });

  it("are only looked at by viewers", async () => {
    const { page } = await come("viewer");
    await open(page, "/jobs", "Jobs");
    await page.getByText("12,000 listed").first().waitFor();
    for (const name of ["Sweep a bucket", "Sweep archive", "Stop the sweep of uploads?"]) {
      expect(await button(page, name).count()).toBe(0);
    }
  });
});

describe("settings", () => {
  it("are put in force over the document that was seen, once they were checked and the difference was shown", async () => {
    const { page, api } = await come("admin");
    await open(page, "/settings", "Settings");
    const text = page.getByLabel("The document in force");
    await text.fill('{"schema": 1,}');
    await button(page, "Check").click();
    await page.getByText("The document would be refused").waitFor();
    expect(posts(api)).toEqual([]); // It is no JSON: nobody has to be asked.
    await text.fill('{"schema": 1,\n\n"wrong": 2}');
    await button(page, "Check").click();
    await page.getByText("Line 3, wrong:").waitFor();
    await text.fill('{"schema": 1}');
    await button(page, "Check").click();
    await page.getByText("The document is valid.").waitFor();
    await button(page, "Put in force").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText('+ {"schema": 1}').waitFor();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Put in force" }).click();
    await page.getByText("cordon settings apply FILE --if-match etag-2").waitFor();
    expect(posts(api).at(-1)).toMatchObject({ method: "PUT", ifMatch: '"etag-2"', body: { schema: 1 } });
  });

  it("are not written over what somebody else put in force meanwhile", async () => {
    const { page, api } = await come("admin");
    await open(page, "/settings", "Settings");
    await page.getByLabel("The document in force").fill('{"schema": 1}');
    await button(page, "Check").click();
    await page.getByText("The document is valid.").waitFor();
    api.account.settings = { eTag: "etag-9", settings: { schema: 1, tags: { enabled: false } } };
    await button(page, "Put in force").click();
    await page.getByRole("dialog").getByRole("button", { name: "Put in force" }).click();
    await page.getByRole("dialog").getByText("another document is in force").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).first().click();
    await button(page, "Look again").click();
    await page.getByText("Another document came into force while you were typing.").waitFor();
  });

  it("go back to an earlier version", async () => {
    const { page, api } = await come("admin");
    await open(page, "/settings?tab=history", "Settings");
    await page.getByRole("button", { name: /^Roll back/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Put in force" }).click();
    await page.getByText("The document is in force.").waitFor();
    expect(posts(api).at(-1)!.body).toMatchObject({ buckets: [] });
  });

  it("are only read by those who may not change them", async () => {
    const { page } = await come("operator");
    await open(page, "/settings", "Settings");
    await page.getByText("An admin can change it.").waitFor();
    for (const name of ["Check", "Put in force"]) expect(await button(page, name).count()).toBe(0);
  });
});
