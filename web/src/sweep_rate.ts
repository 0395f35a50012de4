// How fast a sweep is, of what it has listed so far.

/** Objects a second since it began; undefined: too little is known to say. */
export function rateOf(started: string | undefined, listed: number, now: Date): number | undefined {
  if (started === undefined) return undefined;
  const seconds = (now.getTime() - Date.parse(started)) / 1000;
  return seconds >= 1 && listed > 0 ? listed / seconds : undefined;
}
