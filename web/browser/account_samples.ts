// What the API answers of a deployment's account that has seen some days.
import type { components } from "../generated/contract";
import type { Brake, Job, Letter, QuarantineEntry } from "../src/api/documents";
import { ago } from "./samples";

type Report = components["schemas"]["ProvisionReport"];
type Step = components["schemas"]["Step"];

const ACCOUNT = "111122223333";
const step = (what: string, name: string, state: Step["state"], note = ""): Step => ({ what, name, state, note });

export function bucketsAt(): Report[] {
  const report = (bucket: string, region: string, isProtected: boolean, ...steps: Step[]): Report =>
    ({ schema: "cordon.provision-report/1", bucket, region, protected: isProtected, steps, account: ACCOUNT });
  return [
    report("uploads", "eu-west-1", true, step("notification", "cordon-main", "present"),
      step("read gate", "uploads", "present", "reading takes scan-result = Clean or InfectedAllowed")),
    report("invoices.example", "eu-west-1", true, step("notification", "cordon-main", "present"),
      step("queue", `arn:aws:sqs:eu-west-1:${ACCOUNT}:cordon-events-main`, "missing", "it was deleted")),
    report("archive", "ap-southeast-2", false, step("notification", "cordon-main", "missing")),
  ];
}

/** What is asked about as a preview, and what is done. */
export function bucketChange(bucket: string, verb: "protect" | "unprotect", isPreview: boolean) {
  const state = verb === "protect" ? "created" : "removed";
  return {
    schema: "cordon.provision-report/1", bucket, region: "eu-west-1", protected: verb === "protect",
    steps: [step("notification", "cordon-main", state), step("protected set", "protected.json", state),
      step("topic", `arn:aws:sns:eu-west-1:${ACCOUNT}:cordon-events-main`, "present")],
    ...(isPreview && { dryRun: true }), left: null, regions: [],
    command: `cordon bucket ${verb} ${bucket} --deployment main --region eu-west-1`,
  };
}

export function gateChange(bucket: string, order: { remove?: boolean; allowRoles?: string[] }, isPreview: boolean) {
  return {
    schema: "cordon.read-gate/1", bucket, region: "eu-west-1", state: order.remove ? "removed" : "created",
    note: order.remove ? "everybody reads everything" : "reading takes scan-result = Clean or InfectedAllowed",
    dryRun: isPreview, policy: isPreview ? '{"Version":"2012-10-17","Statement":[]}' : null,
    command: `cordon bucket gate ${bucket} --deployment main --region eu-west-1`,
  };
}

export const POLICY = {
  skip_scanned: "sealed", collision: "version", include: ["**"], exclude: [],
  on: { clean: ["keep"], infected: ["quarantine"], unscannable: ["keep"], suspicious: ["keep"], error: ["keep"] },
};

export function quarantineAt(now: Date): QuarantineEntry[] {
  return Array.from({ length: 30 }, (_, at) => ({
    schema: "cordon.quarantine/1", id: `3HL4kqtJlcpXroDTDmJ.rmSpXd3dIb${at}:uploads/incoming/${at}/a%20file.com`,
    bucket: "uploads", key: `incoming/${at}/a file.com`, versionId: null, eTag: "d41d8cd98f00b204e9800998ecf8427e",
    result: at % 5 === 4 ? "Suspicious" : "Infected", reason: null,
    virusNames: [at % 5 === 4 ? "PUA.Win.Packer.Upx-48" : "Win.Test.EICAR_HDB-1"],
    sha256: (at + 16).toString(16).repeat(32), scannedAt: ago(now, at * 60), resultId: null, size: 68 + at,
    quarantinedAt: ago(now, at * 60), unread: at === 7 ? "the KMS key is gone" : null,
    quarantine: { bucket: `cordon-quarantine-main-${ACCOUNT}-eu-west-1`, key: `uploads/incoming/${at}/a file.com`,
      versionId: `3HL4kqtJlcpXroDTDmJ.rmSpXd3dIb${at}` },
  }));
}

export function lettersAt(now: Date): Letter[] {
  const causes = ["denied", "not-protected", "malformed", "denied"];
  return causes.map((cause, at) => ({
    schema: "cordon.dead-letter/1", id: `5fea7756-0ea4-451a-a703-a558b933e27${at}`, cause, queue: at === 1 ? "sweep" : "events",
    reason: cause === "malformed" ? null : `${cause}: s3:GetObject of uploads`, since: ago(now, 300 - at),
    objects: cause === "malformed" ? [] : [{ bucket: "uploads", key: `incoming/${at}/<i>not slanted</i>.pdf`, versionId: null }],
    remedy: "Give the agent's role the right that is missing (cordon iam agent prints them all), then replay.",
    body: '{"Records":[{"eventName":"ObjectCreated:Put"}]}',
  }));
}

export function brakeAt(now: Date): Brake {
  return {
    schema: "cordon.brake-report/1", region: "eu-west-1", state: "holding", set: "27451+1a2b3c4d",
    names: ["Win.New-1", "Win.New-2"], held: 12, pending: true, agent: "i-0abc/1", since: ago(now, 90), scanned: 120,
    infected: 10, decidedAt: null, decidedBy: "", ignored: [], rejectedSets: [],
  };
}

export function jobsAt(now: Date): Job[] {
  const report = {
    schema: "cordon.sweep-report/1", purpose: "unscanned", started: ago(now, 10), finished: null, sweptBy: "host/1",
    listed: 12_000, enqueued: 250, excluded: 3, young: 4, unreadable: 0, refused: 0, archived: 7, unproven: 0,
    oldestUnscannedSeconds: 7200,
  };
  return [
    { kind: "sweep", bucket: "uploads", state: "under-way", report,
      here: { state: "running", started: ago(now, 10), listed: 12_000, enqueued: 250, problem: null } },
    { kind: "sweep", bucket: "invoices.example", state: "finished",
      report: { ...report, finished: ago(now, 5), sweptBy: null, oldestUnscannedSeconds: 0 }, here: null },
    { kind: "sweep", bucket: "archive", state: "never", report: null, here: null },
  ];
}

export const SETTINGS = {
  schema: 1, results: { console: "problems", cloudwatch: true }, defaults: POLICY,
  buckets: [{ name: "staging", prefix: "incoming/", on: { clean: [{ move: "production/incoming" }] } }],
};

export function settingsVersionsAt(now: Date): components["schemas"]["SettingsVersion"][] {
  return [2, 1].map((version) => ({
    schema: "cordon.settings-version/1", versionId: `version-${version}`, eTag: `etag-${version}`, size: 800 + version,
    modified: ago(now, (3 - version) * 1440), current: version === 2,
  }));
}
