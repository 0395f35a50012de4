// The settings document as a person edits it: JSON, two spaces, members in the order in which they are stored.

export function textOfSettings(settings: unknown): string {
  return `${JSON.stringify(settings, null, 2)}\n`;
}

/** Where a text is no JSON: what the browser says of it; undefined: it is. */
export function jsonProblemOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (problem) {
    return problem instanceof Error ? problem.message : String(problem);
  }
}
