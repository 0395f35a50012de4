// The command that does the same, for people who would rather have it in a script or a ticket.

/** One argument of a POSIX shell, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `curl` with a token, of a request that this page would send. */
export function curlOf(origin: string, path: string, body: unknown): string {
  return `curl -H "Authorization: Bearer $TOKEN" -d ${quoted(JSON.stringify(body))} ${quoted(origin + path)}`;
}
