// The one way to the console's API. Requests go to the origin that the page is from and to nowhere else.
import createClient, { type Middleware } from "openapi-fetch";

import { withExactNumbers } from "../exact_json";
import type { paths } from "../../generated/contract";

/** What a request failed of. `status` 0: no answer came. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    /** After how many seconds another try makes sense; as the console says. */
    readonly retryAfter?: number,
  ) {
    super(detail);
  }
}

/** Says that the session has ended: pages leave for the sign-in. */
export const signedOut = new EventTarget();

let csrf: string | null = null;

/** What requests that change something carry from now on; null: there is no session. */
export function carryCsrfToken(token: string | null): void {
  csrf = token;
}

const changesCarryTheToken: Middleware = {
  onRequest({ request }) {
    if (csrf !== null && request.method !== "GET") request.headers.set("X-Cordon-CSRF", csrf);
    return request;
  },
  onResponse({ response, schemaPath }) {
    const isAbout = schemaPath === "/api/v1/session" || schemaPath === "/api/v1/setup";
    if (response.status === 401 && !isAbout) signedOut.dispatchEvent(new Event("end"));
  },
};

async function fetchExactly(request: Request): Promise<Response> {
  const response = await fetch(request);
  const type = response.headers.get("Content-Type") ?? "";
  if (response.status === 204 || !type.includes("json")) return response;
  const { status, statusText, headers } = response;
  return new Response(withExactNumbers(await response.text()), { status, statusText, headers });
}

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  fetch: fetchExactly,
  credentials: "same-origin",
  redirect: "error",
});
api.use(changesCarryTheToken);

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

function detailOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "detail" in error && typeof error.detail === "string") {
    return error.detail;
  }
  return "";
}

/** The data of an answer. Throws ApiError where there is none. */
export async function dataOf<T>(call: Promise<Answered<T>>): Promise<T> {
  let answered: Answered<T>;
  try {
    answered = await call;
  } catch (problem) {
    if (problem instanceof DOMException && problem.name === "AbortError") throw problem;
    throw new ApiError(0, "");
  }
  const { data, error, response } = answered;
  if (response.ok) return data as T;
  const wait = Number(response.headers.get("Retry-After"));
  throw new ApiError(response.status, detailOf(error), wait > 0 ? wait : undefined);
}
