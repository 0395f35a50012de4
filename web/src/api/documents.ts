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
