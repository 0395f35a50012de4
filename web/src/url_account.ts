// The addresses of the pages about the deployment's account, as url_state.ts has those of what was found.
import { BUCKET_STATES, type BucketState } from "./bucket_facts";
import { allOf, hrefOf, parsePlace, PLAIN_ID, textOf, writePlace, type ListPlace } from "./url_state";

const BUCKET = /^[A-Za-z0-9._-]{3,255}$/;
// As `cordon quarantine list` prints them: printable, without blanks.
const QUARANTINE_ID = /^[!-~]{3,4096}$/;

export interface BucketsView extends ListPlace {
  text: string;
  states: BucketState[];
  region: string;
  account: string;
}

export const BUCKET_COLUMNS = ["bucket", "state", "region", "account"] as const;

export function parseBuckets(query: URLSearchParams): BucketsView {
  return {
    ...parsePlace(query, BUCKET_COLUMNS, "state", BUCKET),
    text: textOf(query, "text"),
    states: allOf(query, "state", BUCKET_STATES),
    region: textOf(query, "region"),
    account: textOf(query, "account"),
  };
}

export function bucketsHref(view: Partial<BucketsView>): string {
  const full: BucketsView = { ...parseBuckets(new URLSearchParams()), ...view };
  const query = new URLSearchParams();
  for (const name of ["text", "region", "account"] as const) if (full[name]) query.set(name, full[name]);
  full.states.forEach((one) => query.append("state", one));
  writePlace(query, full, "state");
  return hrefOf("/buckets", query);
}

export interface QuarantineView extends ListPlace {
  quarantine: string;
  bucket: string;
  prefix: string;
}

export const QUARANTINE_COLUMNS = ["quarantinedAt", "object", "result", "size"] as const;

export function parseQuarantine(query: URLSearchParams): QuarantineView {
  const bucketOf = (name: string) => (BUCKET.test(textOf(query, name)) ? textOf(query, name) : "");
  const bucket = bucketOf("bucket");
  return {
    ...parsePlace(query, QUARANTINE_COLUMNS, "quarantinedAt", QUARANTINE_ID),
    quarantine: bucketOf("quarantine"),
    bucket,
    prefix: bucket ? textOf(query, "prefix") : "", // The interface wants a bucket with it.
  };
}

export function quarantineHref(view: Partial<QuarantineView>): string {
  const full: QuarantineView = { ...parseQuarantine(new URLSearchParams()), ...view };
  const query = new URLSearchParams();
  for (const name of ["quarantine", "bucket"] as const) if (full[name]) query.set(name, full[name]);
  if (full.bucket && full.prefix) query.set("prefix", full.prefix);
  writePlace(query, full, "quarantinedAt");
  return hrefOf("/quarantine", query);
}

export interface LettersView extends ListPlace {
  cause: string;
}

export const LETTER_COLUMNS = ["since", "cause"] as const;

export function parseLetters(query: URLSearchParams): LettersView {
  const cause = textOf(query, "cause");
  return {
    ...parsePlace(query, LETTER_COLUMNS, "since", PLAIN_ID),
    cause: /^[a-z-]{1,64}$/.test(cause) ? cause : "",
  };
}

export function lettersHref(view: Partial<LettersView>): string {
  const full: LettersView = { ...parseLetters(new URLSearchParams()), ...view };
  const query = new URLSearchParams();
  if (full.cause) query.set("cause", full.cause);
  writePlace(query, full, "since");
  return hrefOf("/letters", query);
}

export const JOB_COLUMNS = ["lag", "bucket", "state"] as const;

export function parseJobs(query: URLSearchParams): ListPlace {
  return parsePlace(query, JOB_COLUMNS, "lag", BUCKET);
}

export function jobsHref(place: ListPlace): string {
  const query = new URLSearchParams();
  writePlace(query, place, "lag");
  return hrefOf("/jobs", query);
}

export const SETTINGS_TABS = ["document", "history", "policy"] as const;
export type SettingsTab = (typeof SETTINGS_TABS)[number];

export interface SettingsView {
  tab: SettingsTab;
  /** Of the object whose policy is asked for. */
  bucket: string;
  key: string;
}

export function parseSettings(query: URLSearchParams): SettingsView {
  const bucket = textOf(query, "bucket");
  return {
    tab: allOf(query, "tab", SETTINGS_TABS)[0] ?? "document",
    bucket: BUCKET.test(bucket) ? bucket : "",
    key: textOf(query, "key"),
  };
}

export function settingsHref(view: Partial<SettingsView>): string {
  const full: SettingsView = { ...parseSettings(new URLSearchParams()), ...view };
  const query = new URLSearchParams();
  if (full.tab !== "document") query.set("tab", full.tab);
  if (full.bucket) query.set("bucket", full.bucket);
  if (full.key) query.set("key", full.key);
  return hrefOf("/settings", query);
}
