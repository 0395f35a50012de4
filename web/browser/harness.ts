// A real `cordon console` that serves the pages, and a browser that writes down what it must not see: reports of the
// content security policy, requests to elsewhere, errors of scripts.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { AxeBuilder } from "@axe-core/playwright";
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";
import { expect } from "vitest";

import { MockApi } from "./mock_api";

const BINARIES = process.env.CORDON_BIN_DIR ?? join(import.meta.dirname, "../../build/release/bin");
const START_MS = 60_000;
const STEP_MS = 60_000; // A machine that also compiles is slow.

/** Starts a program of ours and waits until it has printed `sign`; gives what that finds. */
function started(program: string, args: string[], environment: Record<string, string>, sign: RegExp):
    Promise<{ child: ChildProcess; found: RegExpExecArray }> {
  const child = spawn(join(BINARIES, program), args,
    { env: { PATH: process.env.PATH, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${program} did not start: ${said}`)), START_MS);
    const listen = (bytes: Buffer) => {
      said += bytes.toString();
      const found = sign.exec(said);
      if (!found) return;
      clearTimeout(timer);
      resolve({ child, found });
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`${program} ended with ${code}: ${said}`)));
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.removeAllListeners("exit");
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

/** A console on an empty database, with an empty cloud behind it. */
export class Console {
  url = "";
  /** With which its first person can be made. */
  setupToken = "";
  readonly #folder = mkdtempSync(join(tmpdir(), "cordon-web-"));
  readonly #children: ChildProcess[] = [];

  async start(): Promise<this> {
    const cloud = await started("cordon-devcloud", ["--listen", "127.0.0.1:0"], { HOME: this.#folder },
      /^endpoint: (http:\S+)$/m);
    this.#children.push(cloud.child);
    const console = await started("cordon",
      ["console", "--listen", "127.0.0.1:0", "--database", `sqlite:${join(this.#folder, "console.db")}`], {
        HOME: this.#folder, AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "cordon",
        AWS_SECRET_ACCESS_KEY: "cordon-dev-secret", AWS_ENDPOINT_URL: cloud.found[1]!,
      }, /^console: (http:\S+)$[^]*^setup token: (\S+)$/m);
    this.#children.push(console.child);
    this.url = console.found[1]!;
    this.setupToken = console.found[2]!;
    const page = await fetch(this.url);
    if (!page.ok) throw new Error(`there are no pages to test: ${await page.text()}`);
    return this;
  }

  async stop(): Promise<void> {
    for (const child of this.#children.reverse()) await ended(child);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CORDON_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
}

export interface Visit {
  context: BrowserContext;
  page: Page;
  /** What must not have happened. */
  faults: string[];
}

/** A window of its own, which writes its faults down. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ baseURL: url, locale: "en-US", timezoneId: "UTC", reducedMotion: "reduce",
    viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(STEP_MS);
  const faults: string[] = [];
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) =>
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  });
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("console", (message) => {
    // Chromium itself reports each answer of 400 and above; tests of those know what they asked for.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) faults.push(message.text());
  });
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:" && origin !== new URL(url).origin) faults.push(`request to ${request.url()}`);
  });
  return { context, page, faults };
}

/** The same with a mock of the API. */
export async function visitMocked(browser: Browser, url: string, api: MockApi, options: BrowserContextOptions = {}):
    Promise<Visit> {
  const visited = await visit(browser, url, options);
  await api.serve(visited.context);
  return visited;
}

/** Goes to an address and waits until the page has its heading and nothing is loading. */
export async function open(page: Page, path: string, heading: string): Promise<void> {
  await page.goto(path);
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
  await page.waitForLoadState("networkidle");
  await settle(page);
}

export async function settle(page: Page): Promise<void> {
  await page.waitForFunction(() => !document.querySelector("[role=status]"));
}

export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((node) => node.html) }))).toEqual([]);
}
