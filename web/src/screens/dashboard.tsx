// Am I safe now? Four answers first, each a link to what it counts; then how it was in the last days.
import Alert from "@cloudscape-design/components/alert";
import BarChart from "@cloudscape-design/components/bar-chart";
import Box from "@cloudscape-design/components/box";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Grid from "@cloudscape-design/components/grid";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState, type ReactNode } from "react";

import { api, dataOf } from "../api/client";
import type { Agent, Problem, Rollup } from "../api/documents";
import { rowsOf, type Rows } from "../api/rows";
import { useAgents } from "../known_agents";
import { useLiveQuery } from "../live";
import { Exact } from "../parts/marks";
import { Page } from "../parts/page";
import { Empty, Loaded } from "../parts/states";
import { useReader } from "../preferences";
import { bytesByDay, countByVerdict, lastDays, resultsByDay, summaryOf } from "../sums";
import { agentsHref, problemsHref, VERDICTS, type Verdict } from "../url_state";

const PROBLEMS_COUNTED = 1000;
const DAYS = 14;
const SUMS_MOST = 50_000;

function Answer({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <Box variant="awsui-key-label">{label}</Box>
      <SpaceBetween size="xxs">{children}</SpaceBetween>
    </div>
  );
}

function OpenProblems({ problems }: { problems: Rows<Problem> }) {
  const { t, f } = useReader();
  const counts = countByVerdict(problems.rows);
  const write = (count: number) => (problems.hasMore ? t.dashboard.atLeast(f.whole(count)) : f.whole(count));
  return (
    <Answer label={t.dashboard.open}>
      {counts.length === 0 && <StatusIndicator type="success">{t.dashboard.openNone}</StatusIndicator>}
      {counts.map(([verdict, count]) => (
        <Link key={verdict} href={problemsHref({ verdicts: [verdict], range: "any" })} fontSize="heading-m">
          {`${t.verdicts[verdict]}: ${write(count)}`}
        </Link>
      ))}
    </Answer>
  );
}

function AgentAnswers({ agents }: { agents: readonly Agent[] }) {
  const { t, f } = useReader();
  const d = t.dashboard;
  const sum = summaryOf(agents);
  return (
    <ColumnLayout columns={3} variant="text-grid" minColumnWidth={150}>
      <Answer label={d.agents}>
        <Link href={agentsHref({ states: ["reporting"] })} fontSize="heading-m">
          {d.agentsReporting(f.whole(sum.reporting))}
        </Link>
        {sum.away > 0 && (
          <StatusIndicator type="error">
            <Link href={agentsHref({ states: ["away"] })}>{d.agentsAway(f.whole(sum.away))}</Link>
          </StatusIndicator>
        )}
      </Answer>
      <Answer label={d.signatures}>
        <Link href={agentsHref({ sort: "signatureAgeSeconds", states: ["reporting"] })} fontSize="heading-m">
          {sum.signatureAgeSeconds === undefined ? t.states.unknown : f.duration(sum.signatureAgeSeconds)}
        </Link>
        {sum.refusing > 0 && (
          <StatusIndicator type="warning">{d.signaturesRefused(f.whole(sum.refusing))}</StatusIndicator>
        )}
      </Answer>
      <Answer label={d.backlog}>
        <Link href={agentsHref({ sort: "queueAgeMillis", states: ["reporting"] })} fontSize="heading-m">
          {sum.queueAgeMillis === undefined ? t.states.unknown : f.duration(sum.queueAgeMillis / 1000)}
        </Link>
        <Box color="text-body-secondary" fontSize="body-s">{d.backlogHint}</Box>
        {sum.outboxResults > 0n && (
          <StatusIndicator type="info">{d.outbox(f.whole(sum.outboxResults))}</StatusIndicator>
        )}
      </Answer>
    </ColumnLayout>
  );
}

function NoAgents() {
  const { t } = useReader();
  return (
    <Alert type="warning" header={t.dashboard.noAgents}>
      <SpaceBetween size="xs">
        <span>{t.dashboard.noAgentsText}</span>
        <Exact>{"cordon bucket protect BUCKET\ncordon agent --signatures /var/lib/clamav"}</Exact>
      </SpaceBetween>
    </Alert>
  );
}

function useSums() {
  const days = lastDays(DAYS, new Date());
  return useLiveQuery(["rollups", days[0]], async (signal) => {
    const { rows } = await rowsOf<Rollup>(SUMS_MOST, (limit, cursor) => dataOf(api.GET("/api/v1/rollups", {
      signal, params: { query: { first: days[0], last: days[DAYS - 1], limit, ...(cursor && { cursor }) } },
    })));
    return { days, rows };
  });
}

function Charts({ days, rows }: { days: string[]; rows: Rollup[] }) {
  const { t, f } = useReader();
  const d = t.dashboard;
  // Clean would make everything else invisible; who wants it chooses it.
  const [visible, setVisible] = useState<readonly Verdict[]>(VERDICTS.filter((verdict) => verdict !== "Clean"));
  const sums = resultsByDay(rows, days);
  const series = VERDICTS.filter((verdict) => sums.has(verdict)).map((verdict) => ({
    type: "bar" as const,
    title: t.verdicts[verdict],
    verdict,
    data: days.map((day, at) => ({ x: day, y: Number(sums.get(verdict)?.[at] ?? 0n) })),
    valueFormatter: (value: number) => f.whole(Math.round(value)),
  }));
  const seen = series.filter(({ verdict }) => visible.includes(verdict));
  // The chart itself would leave room for what is not shown.
  const highest = Math.max(1, ...days.map((_, at) => seen.reduce((sum, { data }) => sum + data[at]!.y, 0)));
  const bytes = [{
    type: "bar" as const,
    title: d.bytes,
    data: bytesByDay(rows, days).map((sum, at) => ({ x: days[at]!, y: Number(sum) })),
    valueFormatter: (value: number) => f.roundBytes(value),
  }];
  const common = {
    xDomain: days, xScaleType: "categorical" as const, xTitle: d.days, height: 220,
    empty: <Empty title={d.noSums} text={d.noSumsText} />,
    noMatch: <Empty title={d.noSums} text={d.noSumsText} />,
  };
  return (
    <ColumnLayout columns={2}>
      <Container header={<Header variant="h2">{d.verdictsByDay}</Header>}>
        <BarChart
          {...common}
          series={series}
          stackedBars
          visibleSeries={seen}
          yDomain={[0, highest]}
          onFilterChange={({ detail }) =>
            setVisible(series.filter((one) => detail.visibleSeries.some(({ title }) => title === one.title))
              .map(({ verdict }) => verdict))}
          ariaLabel={d.verdictsByDay}
          yTitle={d.results}
          i18nStrings={{ xTickFormatter: f.utcDay, yTickFormatter: (value) => f.whole(Math.round(value)),
            filterLabel: d.legend, legendAriaLabel: d.legend }}
        />
      </Container>
      <Container header={<Header variant="h2">{d.bytesByDay}</Header>}>
        <BarChart
          {...common}
          series={rows.length > 0 ? bytes : []}
          hideFilter
          hideLegend
          ariaLabel={d.bytesByDay}
          yTitle={d.bytes}
          i18nStrings={{ xTickFormatter: f.utcDay, yTickFormatter: f.roundBytes }}
        />
      </Container>
    </ColumnLayout>
  );
}

export default function Dashboard() {
  const { t, f } = useReader();
  const d = t.dashboard;
  const problems = useLiveQuery(["problems", "open"], (signal) =>
    rowsOf<Problem>(PROBLEMS_COUNTED, (limit, cursor) => dataOf(api.GET("/api/v1/problems", {
      signal, params: { query: { state: ["open"], limit, ...(cursor && { cursor }) } },
    }))));
  const agents = useAgents();
  const sums = useSums();
  return (
    <Page title={d.title} description={t.range.shown(f.zoneName())} help={d}>
      <SpaceBetween size="l">
        {agents.data?.rows.length === 0 && <NoAgents />}
        <Container header={<Header variant="h2">{d.now}</Header>}>
          <Grid gridDefinition={[{ colspan: { default: 12, xs: 3 } }, { colspan: { default: 12, xs: 9 } }]}>
            <Loaded query={problems}>{(rows) => <OpenProblems problems={rows} />}</Loaded>
            <Loaded query={agents}>{({ rows }) => <AgentAnswers agents={rows} />}</Loaded>
          </Grid>
        </Container>
        <Loaded query={sums}>{(data) => <Charts {...data} />}</Loaded>
      </SpaceBetween>
    </Page>
  );
}
