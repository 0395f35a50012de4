// Verdicts, states, instants and exact texts, each shown in one way everywhere.
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";

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

/** In the reader's zone; what the machine wrote is its title. */
export function Instant({ iso }: { iso: string }) {
  const { f } = useReader();
  return <time dateTime={iso} title={iso}>{f.instant(iso)}</time>;
}

/** A key, a digest, a name: as it is, in letters of one width. */
export function Exact({ children }: { children: string }) {
  return <span className="exact">{children}</span>;
}
