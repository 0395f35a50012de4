// What documents hold beyond what the contract promises of them (docs/formats/scan-result.md, agent-report.md).
// Everything here may be missing: an older agent wrote it.
import type { Whole } from "../exact_json";
import type { components } from "../../generated/contract";

export type Problem = components["schemas"]["Problem"];
export type Rollup = components["schemas"]["Rollup"];
export type Session = components["schemas"]["Session"];

export interface ScanAction {
  kind?: string;
  bucket?: string;
  key?: string;
  status?: string;
  detail?: string;
}

export type ScanResult = Omit<components["schemas"]["ScanResult"], "actions"> & {
  account?: string;
  region?: string;
  source?: string;
  eTag?: string | null;
  size?: Whole | null;
  reason?: string | null;
  message?: string | null;
  skipped?: boolean;
  sha256?: string | null;
  engine?: string | null;
  signatures?: string | null;
  bytesScanned?: Whole | null;
  millis?: Record<string, Whole | null>;
  uploadedBy?: string | null;
  tagging?: string | null;
  actions: ScanAction[];
};

type KnownReport = components["schemas"]["Agent"]["report"];

export interface Agent {
  state: components["schemas"]["Agent"]["state"];
  report: KnownReport & {
    signatureCount?: Whole | null;
    signatureAgeSeconds?: Whole | null;
    signaturesRefused?: boolean;
    weakSandbox?: boolean;
    workers?: Whole;
    lastMinute?: { objects?: Whole; bytes?: Whole };
    queueAgeMillis?: Whole | null;
    outboxResults?: Whole | null;
  };
}

/** docs/formats/quarantine.md */
export type QuarantineEntry = Omit<components["schemas"]["QuarantineEntry"], "quarantine"> & {
  versionId?: string | null;
  eTag?: string | null;
  reason?: string | null;
  scannedAt?: string | null;
  resultId?: string | null;
  size?: Whole | null;
  quarantinedAt?: string | null;
  unread?: string | null;
  quarantine: { bucket?: string; key?: string; versionId?: string };
};

export type Letter = Omit<components["schemas"]["Letter"], "objects"> & {
  objects: { bucket?: string; key?: string; versionId?: string | null }[];
};

export type Brake = components["schemas"]["Brake"] & {
  agent?: string;
  since?: string | null;
  scanned?: Whole;
  infected?: Whole;
  decidedAt?: string | null;
  decidedBy?: string;
  ignored?: string[];
  rejectedSets?: string[];
};

/** A sweep of a bucket, whoever does it; `report` is cordon.sweep-report/1. */
export type Job = Omit<components["schemas"]["Job"], "report"> & {
  report: {
    started?: string;
    finished?: string | null;
    sweptBy?: string | null;
    listed?: Whole;
    enqueued?: Whole;
    excluded?: Whole;
    young?: Whole;
    unreadable?: Whole;
    refused?: Whole;
    archived?: Whole;
    oldestUnscannedSeconds?: Whole;
  } | null;
};
