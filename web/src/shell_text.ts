// The command that does the same, for people who would rather have it in a script or a ticket.

/** One argument of a POSIX shell, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export interface Call {
  method: "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  /** A document, or a text that is sent as it stands; undefined: none. */
  body: unknown;
  /** The ETag of the document that is written over. */
  ifMatch?: string;
}

/** `curl` with a token, of a request that this page would send. */
export function curlOf(origin: string, { method, path, body, ifMatch }: Call): string {
  const words = [`curl -H "Authorization: Bearer $TOKEN"`];
  if (ifMatch !== undefined) words.push(`-H ${quoted(`If-Match: ${ifMatch}`)}`);
  // With a body curl sends a POST by itself.
  if (method !== "POST" || body === undefined) words.push(`-X ${method}`);
  if (body !== undefined) words.push(`-d ${quoted(typeof body === "string" ? body : JSON.stringify(body))}`);
  return [...words, quoted(origin + path)].join(" ");
}
