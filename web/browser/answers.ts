// What the mock answers with, and what it was asked.

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
  csrf: string | undefined;
  ifMatch: string | undefined;
}

export const problem = (status: number, detail: string, headers = {}): Answer =>
  ({ status, headers, body: { type: "about:blank", title: "Problem", status, detail } });

export function found(body: unknown): Answer {
  return body === undefined ? problem(404, "there is no such thing") : { status: 200, body };
}

export function listOf(rows: unknown[], asked: Asked): Answer {
  const from = Number(asked.query.get("cursor") ?? 0);
  const end = from + Number(asked.query.get("limit") ?? 100);
  return { status: 200, body: { items: rows.slice(from, end), next: end < rows.length ? String(end) : null } };
}
