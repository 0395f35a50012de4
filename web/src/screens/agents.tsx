import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import type { Agent } from "../api/documents";
import type { Whole } from "../exact_json";
import { useAgents } from "../known_agents";
import { picked } from "../live";
import { ChoiceFilter, Filters, ResetFilters } from "../parts/filters";
import { List, type Column } from "../parts/list";
import { AgentMark, Exact, Instant } from "../parts/marks";
import { Page } from "../parts/page";
import { useReader } from "../preferences";
import { go, useAddress } from "../router";
import { AGENT_STATES, agentsHref, parseAgents, type AgentsView } from "../url_state";

function Sandbox({ isWeak }: { isWeak: boolean | undefined }) {
  const { t } = useReader();
  if (isWeak === undefined) return <>{t.states.unknown}</>;
  return <StatusIndicator type={isWeak ? "warning" : "success"}>{isWeak ? t.agents.weak : t.agents.complete}</StatusIndicator>;
}

function useColumns(): Column<Agent>[] {
  const { t, f } = useReader();
  const a = t.agents;
  const or = (value: Whole | null | undefined, write: (value: Whole) => string) =>
    value === null || value === undefined ? t.states.unknown : write(value);
  const byNumber = (value: (agent: Agent) => Whole | null | undefined) => (one: Agent, other: Agent) =>
    Number(value(one) ?? -1) - Number(value(other) ?? -1);
  return [
    { id: "agent", header: a.agent, minWidth: 160,
      compare: (one, other) => one.report.agent.localeCompare(other.report.agent),
      cell: ({ report }) => <><Exact>{report.agent}</Exact><br />{report.region}<br />{report.account}</> },
    { id: "reportedAt", header: a.state, minWidth: 155,
      compare: (one, other) => Date.parse(one.report.reportedAt) - Date.parse(other.report.reportedAt),
      cell: ({ state, report }) => <><AgentMark state={state} /><br /><Instant iso={report.reportedAt} /></> },
    { id: "engine", header: a.engine, minWidth: 165, cell: ({ report }) =>
      <>{report.version}, {report.engine ?? a.notReady}<br /><Sandbox isWeak={report.weakSandbox} /></> },
    { id: "signatureAgeSeconds", header: a.signatureAge, minWidth: 150,
      compare: byNumber(({ report }) => report.signatureAgeSeconds),
      cell: ({ report }) => (
        <>
          {or(report.signatureAgeSeconds, (value) => f.duration(Number(value)))}<br />
          {report.signaturesRefused && <StatusIndicator type="warning">{a.refused}</StatusIndicator>}
        </>
      ) },
    { id: "busy", header: a.busy, minWidth: 115, cell: ({ report }) => (
      <>
        {a.busyOf(f.whole(report.slotsBusy), f.whole(report.slots))}<br />
        {or(report.lastMinute?.objects, (value) => a.lastMinute(f.whole(value)))}
      </>
    ) },
    { id: "queueAgeMillis", header: a.wait, minWidth: 119, compare: byNumber(({ report }) => report.queueAgeMillis),
      cell: ({ report }) => (
        <>
          {or(report.queueAgeMillis, (value) => f.duration(Number(value) / 1000))}<br />
          {or(report.outboxResults, (value) => a.outbox(f.whole(value)))}
        </>
      ) },
  ];
}

export default function Agents() {
  const { t, f } = useReader();
  const { query: said } = useAddress();
  const view = parseAgents(said);
  const all = useAgents();
  const columns = useColumns();
  const a = t.agents;
  const fitting = picked(all, ({ hasMore, rows }) => ({
    hasMore,
    rows: rows.filter(({ state }) => view.states.length === 0 || view.states.includes(state)),
  }));
  const show = (change: Partial<AgentsView>) => go(agentsHref({ ...view, ...change }), "replace");
  return (
    <Page title={a.title} description={t.range.shown(f.zoneName())} help={a}
      actions={<ResetFilters reset={() => go("/agents")} />}>
      <SpaceBetween size="l">
        <Filters>
          {[
            <ChoiceFilter key="state" label={a.state} choices={AGENT_STATES} names={t.agentStates} chosen={view.states}
              onChange={(states) => go(agentsHref({ ...view, page: 1, states }))} />,
          ]}
        </Filters>
        <List
          title={a.title}
          query={fitting}
          columns={columns}
          idOf={({ report }) => report.agent}
          nameOf={({ report }) => report.agent}
          place={view}
          moveTo={show}
          readMore={() => undefined}
          empty={{ title: a.empty, text: a.emptyText }}
          opens={false}
        />
      </SpaceBetween>
    </Page>
  );
}
