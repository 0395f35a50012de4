// Verdicts, states, instants and exact texts, each shown in one way everywhere.
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";

import type { Job } from "../api/documents";
import type { BucketState, Step } from "../bucket_facts";
import { useReader } from "../preferences";
import type { AgentState, ProblemState, Verdict } from "../url_state";

const VERDICT_TYPES: Record<Verdict, StatusIndicatorProps.Type> = {
  Infected: "error", Suspicious: "warning", Unscannable: "warning", Error: "error", InfectedAllowed: "info",
  Clean: "success",
};
const STATE_TYPES: Record<ProblemState, StatusIndicatorProps.Type> = {
  open: "pending", handled: "success", gone: "stopped",
};
const AGENT_TYPES: Record<AgentState, StatusIndicatorProps.Type> = { reporting: "success", away: "error" };
const BUCKET_TYPES: Record<BucketState, StatusIndicatorProps.Type> = {
  protected: "success", lacking: "warning", unprotected: "stopped",
};
const STEP_TYPES: Record<Step["state"], StatusIndicatorProps.Type> = {
  present: "success", created: "success", changed: "info", removed: "stopped", missing: "error", kept: "info",
};
type JobState = Job["state"];
const JOB_TYPES: Record<JobState, StatusIndicatorProps.Type> = {
  never: "stopped", finished: "success", unfinished: "warning", "under-way": "in-progress",
};

export function VerdictMark({ verdict }: { verdict: Verdict }) {
  const { t } = useReader();
  return <StatusIndicator type={VERDICT_TYPES[verdict]}>{t.verdicts[verdict]}</StatusIndicator>;
}

export function StateMark({ state }: { state: ProblemState }) {
  const { t } = useReader();
  return <StatusIndicator type={STATE_TYPES[state]}>{t.problemStates[state]}</StatusIndicator>;
}

export function AgentMark({ state }: { state: AgentState }) {
  const { t } = useReader();
  return <StatusIndicator type={AGENT_TYPES[state]}>{t.agentStates[state]}</StatusIndicator>;
}

export function BucketMark({ state }: { state: BucketState }) {
  const { t } = useReader();
  return <StatusIndicator type={BUCKET_TYPES[state]}>{t.buckets.bucketStates[state]}</StatusIndicator>;
}

export function StepMark({ state }: { state: Step["state"] }) {
  const { t } = useReader();
  return <StatusIndicator type={STEP_TYPES[state]}>{t.steps[state]}</StatusIndicator>;
}

export function JobMark({ state }: { state: JobState }) {
  const { t } = useReader();
  return <StatusIndicator type={JOB_TYPES[state]}>{t.jobs.states[state]}</StatusIndicator>;
}

/** In the reader's zone; what the machine wrote is its title. */
export function Instant({ iso }: { iso: string }) {
  const { f } = useReader();
  return <time dateTime={iso} title={iso}>{f.instant(iso)}</time>;
}

/** A key, a digest, a name: as it is, in letters of one width. */
export function Exact({ children }: { children: string }) {
  return <span className="exact">{children}</span>;
}
