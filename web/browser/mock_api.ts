// Answers as api/openapi.yaml says, in place of the console's API: states that a real one is seldom in (denied, away,
// empty, a thousand rows) are one line here. The pages themselves come from a real `cordon console`.
import type { BrowserContext, Route } from "playwright-core";

import { AccountApi } from "./account_api";
import { found, listOf, problem, type Answer, type Asked } from "./answers";
import { agentsAt, problemsAt, resultsAt, rollupsAt } from "./samples";

const CSRF = "csrf-of-this-session";

export class MockApi {
  role: "viewer" | "operator" | "admin" = "operator";
  isSignedIn = true;
  needsSetup = false;
  problems;
  results;
  agents;
  rollups;
  account;
  /** What a path answers instead, from now on. */
  instead = new Map<string, Answer | "no answer">();
  /** Every request, in order. */
  asked: Asked[] = [];

  constructor(readonly now: Date) {
    this.problems = problemsAt(now);
    this.results = resultsAt(now);
    this.agents = agentsAt(now);
    this.rollups = rollupsAt(now);
    this.account = new AccountApi(now);
  }

  async serve(context: BrowserContext): Promise<void> {
    await context.route("**/api/v1/**", (route) => this.#answer(route));
  }

  forget(): void {
    this.problems = [];
    this.results = [];
    this.agents = [];
    this.rollups = [];
    this.account.forget();
  }

  async #answer(route: Route): Promise<void> {
    const request = route.request();
    const url = new URL(request.url());
    const asked: Asked = {
      method: request.method(), path: url.pathname, query: url.searchParams,
      body: request.postData() ? bodyOf(request.postData()!) : undefined, csrf: request.headers()["x-cordon-csrf"],
      ifMatch: request.headers()["if-match"],
    };
    this.asked.push(asked);
    const instead = this.instead.get(asked.path);
    if (instead === "no answer") return route.abort();
    const { status, body, headers } = instead ?? this.#ordinary(asked);
    const type = status < 400 ? "application/json" : "application/problem+json";
    return route.fulfill({ status, headers: { "Content-Type": type, ...headers }, body: status === 204 ? "" : JSON.stringify(body) });
  }

  #ordinary(asked: Asked): Answer {
    const path = asked.path.replace("/api/v1/", "");
    if (path === "setup") return this.#setup(asked);
    if (path === "session" && asked.method === "POST") return this.#signIn(asked);
    if (!this.isSignedIn) return problem(401, "sign in");
    if (asked.method !== "GET" && asked.csrf !== CSRF) return problem(403, "no page of this console has made the request");
    if (path === "session") return this.#session(asked);
    const [list, id, more] = path.split("/");
    if (list === "problems") return this.#problem(asked, id, more);
    if (list === "results") return id ? found(this.results.find((one) => one.id === id)) : listOf(this.#filtered(asked), asked);
    if (list === "agents") return listOf(this.agents, asked);
    if (list === "rollups") return listOf(this.rollups, asked);
    return this.account.answer(asked, path.split("/").map(decodeURIComponent), this.role) ??
      problem(404, "there is nothing at this path");
  }

  #setup(asked: Asked): Answer {
    if (asked.method === "GET") return { status: 200, body: { needed: this.needsSetup } };
    const { token, name } = asked.body as { token: string; name: string };
    if (token !== "cordon-setup_right") return problem(401, "it opens nothing");
    this.needsSetup = false;
    return { status: 201, body: { name, role: "admin" } };
  }

  #signIn(asked: Asked): Answer {
    const { password, code } = asked.body as { password: string; code?: string };
    if (password !== "correct horse battery" || (code !== undefined && code !== "123456")) return problem(401, "no");
    this.isSignedIn = true;
    return this.#session(asked);
  }

  #session(asked: Asked): Answer {
    if (asked.method === "DELETE") {
      this.isSignedIn = false;
      return { status: 204 };
    }
    return { status: 200, body: { kind: "person", name: "ada", role: this.role, codes: true, csrf: CSRF,
      expires: new Date(this.now.getTime() + 3_600_000).toISOString() } };
  }

  #problem(asked: Asked, id: string | undefined, more: string | undefined): Answer {
    if (!id) {
      const fits = this.problems.filter(({ state, verdict, lastSeen }) =>
        oneOf(asked, "state", state) && oneOf(asked, "verdict", verdict) && lastSeen >= (asked.query.get("since") ?? ""));
      return listOf(fits, asked);
    }
    const one = this.problems.find((candidate) => candidate.id === id);
    if (!one) return problem(404, "there is no such problem");
    if (more === "occurrences") return listOf(this.results.slice(0, 3), asked);
    if (more === "handle") {
      if (this.role === "viewer") return problem(403, "this needs the role operator; yours is viewer");
      one.state = "handled";
      one.handled = { by: "ada", at: this.now.toISOString(), why: (asked.body as { why: string }).why };
    }
    return { status: 200, body: one };
  }

  #filtered(asked: Asked) {
    const since = asked.query.get("since") ?? "";
    const until = asked.query.get("until") ?? "9";
    return this.results.filter(({ result, scannedAt, key }) =>
      oneOf(asked, "verdict", result) && scannedAt >= since && scannedAt < until && key.startsWith(asked.query.get("prefix") ?? ""));
  }
}

function oneOf(asked: Asked, name: string, value: string): boolean {
  const wanted = asked.query.getAll(name);
  return wanted.length === 0 || wanted.includes(value);
}

// A document, or a text that is none (and that the interface would say so of).
function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
