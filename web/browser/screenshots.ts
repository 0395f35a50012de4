// Pictures of every page, light and dark, at two widths, for people to look at; into CORDON_SCREENSHOTS.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { it } from "vitest";

import { Console, launch, open, visitMocked } from "./harness";
import { MockApi } from "./mock_api";

const PAGES = [
  ["dashboard", "/", "Dashboard"],
  ["problems", "/problems", "Problems"],
  ["problem", "/problems?open=100", "Problems"],
  ["results", "/results", "Results"],
  ["result", "/results?open=01JD0000000000000000000000", "Results"],
  ["agents", "/agents", "Agents"],
  ["buckets", "/buckets", "Buckets"],
  ["bucket", "/buckets?open=invoices.example", "Buckets"],
  ["quarantine", "/quarantine", "Quarantine"],
  ["quarantined", "/quarantine?open=3HL4kqtJlcpXroDTDmJ.rmSpXd3dIb0%3Auploads%2Fincoming%2F0%2Fa%2520file.com", "Quarantine"],
  ["letters", "/letters", "Dead letters"],
  ["letter", "/letters?open=5fea7756-0ea4-451a-a703-a558b933e270", "Dead letters"],
  ["signatures", "/signatures", "Signatures"],
  ["jobs", "/jobs", "Jobs"],
  ["settings", "/settings", "Settings"],
  ["settings-history", "/settings?tab=history", "Settings"],
  ["settings-policy", "/settings?tab=policy&bucket=uploads&key=a.pdf", "Settings"],
  ["not-found", "/nothing", "There is no such page"],
] as const;
const WIDTHS = [1440, 1024];

it("takes pictures", { timeout: 900_000 }, async () => {
  const directory = process.env.CORDON_SCREENSHOTS ?? "screenshots";
  mkdirSync(directory, { recursive: true });
  const served = await new Console().start();
  const browser = await launch();
  try {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of WIDTHS) {
        const options = { colorScheme, viewport: { width, height: 900 } };
        const take = async (name: string, path: string, heading: string, api: MockApi, act?: "ask") => {
          const { context, page } = await visitMocked(browser, served.url, api, options);
          await open(page, path, heading);
          if (act === "ask") {
            await page.getByRole("button", { name: "Say that it is handled" }).click();
            await page.getByRole("dialog").waitFor();
          }
          await page.screenshot({ path: join(directory, `${name}-${colorScheme}-${width}.png`) });
          await context.close();
        };
        for (const [name, path, heading] of PAGES) await take(name, path, heading, new MockApi(new Date()));
        await take("handle", "/problems?open=100", "Problems", new MockApi(new Date()), "ask");
        const stranger = new MockApi(new Date());
        stranger.isSignedIn = false;
        await take("sign-in", "/", "Sign in", stranger);
        stranger.needsSetup = true;
        await take("setup", "/", "The first person", stranger);
        const nothing = new MockApi(new Date());
        nothing.forget();
        await take("empty", "/", "Dashboard", nothing);
      }
    }
  } finally {
    await browser.close();
    await served.stop();
  }
});
