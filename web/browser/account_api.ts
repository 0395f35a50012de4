// The part of the mock that is asked of the deployment's account.
import {
  brakeAt, bucketChange, bucketsAt, gateChange, jobsAt, lettersAt, POLICY, quarantineAt, SETTINGS,
  settingsVersionsAt,
} from "./account_samples";
import { found, listOf, problem, type Answer, type Asked } from "./answers";

export class AccountApi {
  buckets = bucketsAt();
  quarantine;
  letters;
  brake;
  jobs;
  settings: { eTag: string; settings: unknown } = { eTag: "etag-2", settings: SETTINGS };

  constructor(readonly now: Date) {
    this.quarantine = quarantineAt(now);
    this.letters = lettersAt(now);
    this.brake = brakeAt(now);
    this.jobs = jobsAt(now);
  }

  forget(): void {
    this.buckets = [];
    this.quarantine = [];
    this.letters = [];
    this.brake = { ...this.brake, state: "none", names: [], held: 0, pending: false };
    this.jobs = [];
  }

  /** Undefined: this is not asked of the account. */
  answer(asked: Asked, parts: string[], role: string): Answer | undefined {
    const [family, ...rest] = parts;
    if (family === "buckets") return this.#buckets(asked, rest, role);
    if (family === "quarantine") return this.#quarantine(asked, rest[0], role);
    if (family === "letters") return this.#letters(asked, rest[0], role);
    if (family === "signatures") return this.#brake(rest[1], role);
    if (family === "jobs") return this.#jobs(asked, rest, role);
    if (family === "settings") return this.#settings(asked, rest, role);
    return undefined;
  }

  #buckets(asked: Asked, [bucket, verb, preview]: string[], role: string): Answer {
    if (!bucket) return { status: 200, body: { items: this.buckets, next: null, unseen: [] } };
    const report = this.buckets.find((one) => one.bucket === bucket);
    if (!verb) return found(report);
    if (role !== "admin") return problem(403, `this needs the role admin; yours is ${role}`);
    const isPreview = preview === "preview";
    if (verb === "gate") {
      const order = asked.body as { remove?: boolean; allowRoles?: string[] };
      return { status: 200, body: gateChange(bucket, order, isPreview) };
    }
    const change = bucketChange(bucket, verb as "protect" | "unprotect", isPreview);
    if (!isPreview && report) {
      report.protected = verb === "protect";
      report.steps = report.steps.map((step) => ({ ...step, state: verb === "protect" ? "present" : "missing" }));
    }
    return { status: 200, body: change };
  }

  #quarantine(asked: Asked, verb: string | undefined, role: string): Answer {
    if (!verb) {
      const fits = this.quarantine.filter(({ bucket, key }) =>
        (asked.query.get("bucket") ?? bucket) === bucket && (key ?? "").startsWith(asked.query.get("prefix") ?? ""));
      const { status, body } = listOf(fits, asked);
      return { status, body: { ...(body as object), unseen: [] } };
    }
    if (role === "viewer") return problem(403, "this needs the role operator; yours is viewer");
    const { id, ids } = asked.body as { id?: string; ids?: string[] };
    const wanted = ids ?? [id!];
    const entry = this.quarantine.find((one) => wanted.includes(one.id));
    this.quarantine = this.quarantine.filter((one) => !wanted.includes(one.id));
    if (verb === "restore") {
      return { status: 200, body: { ...entry, restored: {}, allowListed: [], command: `cordon quarantine restore ${id}` } };
    }
    return { status: 200, body: { items: wanted.map((one) => ({ id: one })), problems: [],
      command: `cordon quarantine delete ${wanted.join(" ")}` } };
  }

  #letters(asked: Asked, verb: string | undefined, role: string): Answer {
    if (!verb) {
      const causes: Record<string, number> = {};
      for (const { cause } of this.letters) causes[cause] = (causes[cause] ?? 0) + 1;
      const cause = asked.query.get("cause");
      const items = this.letters.filter((one) => cause === null || one.cause === cause);
      return { status: 200, body: { items, next: null, causes, more: false } };
    }
    if (verb !== "replay" && verb !== "drop") return found(this.letters.find(({ id }) => id === verb));
    if (role === "viewer") return problem(403, "this needs the role operator; yours is viewer");
    const { ids, cause } = asked.body as { ids?: string[]; cause?: string };
    const stay = this.letters.filter((one) => (ids ? !ids.includes(one.id) : cause !== undefined && one.cause !== cause));
    const done = this.letters.length - stay.length;
    this.letters = stay;
    return { status: 200, body: { schema: "cordon.dead-letters-settled/1", missing: [], command: `cordon dead ${verb}`,
      [verb === "replay" ? "replayed" : "dropped"]: done } };
  }

  #brake(verb: string | undefined, role: string): Answer {
    if (!verb) return { status: 200, body: this.brake };
    if (role !== "admin") return problem(403, `this needs the role admin; yours is ${role}`);
    this.brake = { ...this.brake, state: `${verb}ed`, held: 0, pending: false };
    return { status: 200, body: { schema: "cordon.brake-decision/1", state: this.brake.state, set: this.brake.set,
      names: this.brake.names, ignored: [], rejectedSets: [], asked: 12, broken: 0, refused: 0,
      command: `cordon signatures ${verb}` } };
  }

  #jobs(asked: Asked, [kind, bucket]: string[], role: string): Answer {
    if (!kind) return { status: 200, body: { items: this.jobs, next: null, unseen: [] } };
    if (role === "viewer") return problem(403, "this needs the role operator; yours is viewer");
    const name = bucket ?? (asked.body as { bucket: string }).bucket;
    const job = this.jobs.find((one) => one.bucket === name);
    if (!job) return problem(404, "there is no such bucket");
    job.here = { state: bucket ? "stopped" : "running", started: this.now.toISOString(), listed: 0, enqueued: 0, problem: null };
    job.state = bucket ? "unfinished" : "under-way";
    return { status: 202, body: { ...job.here, bucket: name } };
  }

  #settings(asked: Asked, [what, version]: string[], role: string): Answer {
    const stored = (settings: unknown, eTag: string) => ({ status: 200, body: { schema: "cordon.settings-in-force/1",
      where: "s3://cordon-system-main/settings.json", eTag, versionId: null, settings } });
    if (what === "policy") {
      return { status: 200, body: { schema: "cordon.effective-policy/1", bucket: asked.query.get("bucket"),
        key: asked.query.get("key") ?? "", region: "eu-west-1", scanned: true, policy: POLICY } };
    }
    if (what === "validate") {
      const isFit = (asked.body as { wrong?: unknown }).wrong === undefined;
      return { status: 200, body: { schema: "cordon.settings-check/1", file: "the document", valid: isFit,
        problems: isFit ? [] : [{ line: 3, key: "wrong", problem: "there is no such key here" }] } };
    }
    if (what === "history" && version) return stored({ ...SETTINGS, buckets: [] }, "etag-1");
    if (what === "history") return { status: 200, body: { items: settingsVersionsAt(this.now), next: null } };
    if (asked.method === "GET") return stored(this.settings.settings, this.settings.eTag);
    if (role !== "admin") return problem(403, `this needs the role admin; yours is ${role}`);
    if (asked.ifMatch !== `"${this.settings.eTag}"`) return problem(412, "another document is in force");
    this.settings = { eTag: "etag-3", settings: asked.body };
    return { status: 200, body: { schema: "cordon.settings-change/1", where: "", changed: true, eTag: "etag-3",
      versionId: null, steps: [], unfinished: null, command: "cordon settings apply FILE --if-match etag-2" } };
  }
}
