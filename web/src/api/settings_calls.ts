// Requests about the settings whose body is a text that is sent as it stands: lines that the console names are those
// that the person sees.
import { api, dataOf } from "./client";

export interface StoredSettings {
  /** Undefined: there is none yet, and everything is as usual. */
  eTag: string | undefined;
  settings: unknown;
  /** Agents refuse what is stored; why. */
  problems: LineProblem[];
}

export interface LineProblem {
  line: number;
  key: string;
  problem: string;
}

const sentAsText = {
  headers: { "Content-Type": "application/json" },
  bodySerializer: (body: unknown) => body as string,
} as const;

export async function checkSettings(text: string): Promise<LineProblem[]> {
  const check = await dataOf(api.POST("/api/v1/settings/validate", { ...sentAsText, body: text as never }));
  return check.valid ? [] : ((check.problems ?? []) as unknown as LineProblem[]);
}

/** Puts `text` in force over the document of this ETag, or as the first one. */
export function applySettings(text: string, eTag: string | undefined) {
  return dataOf(api.PUT("/api/v1/settings", {
    ...sentAsText,
    body: text as never,
    params: { header: eTag === undefined ? { "If-None-Match": "*" } : { "If-Match": `"${eTag}"` } },
  }));
}
