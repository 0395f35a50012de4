import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { api, dataOf } from "../api/client";
import type { Problem, ScanResult } from "../api/documents";
import { rowsOf } from "../api/rows";
import { useLiveQuery } from "../live";
import { Evidence } from "../parts/evidence";
import { Export } from "../parts/export";
import { ChoiceFilter, Filters, RangeFilter, ResetFilters, TextFilter } from "../parts/filters";
import { List, type Column } from "../parts/list";
import { Exact, Instant, StateMark, VerdictMark } from "../parts/marks";
import { Page } from "../parts/page";
import { Loaded } from "../parts/states";
import { useReader } from "../preferences";
import { go, useAddress } from "../router";
import { useSession } from "../session";
import {
  boundsOf, parseProblems, PROBLEM_STATES, PROBLEM_VERDICTS, problemsHref, resultsHref, VERDICTS, type ProblemsView,
} from "../url_state";
import { addressOf } from "../whereabouts";
import { HandleProblem } from "./handle_problem";

const ROWS = 500;
const OCCURRENCES = 20;

function useProblems(view: ProblemsView, wanted: number) {
  const { states, verdicts, bucket, cause, sha256, range } = view;
  return useLiveQuery(["problems", { states, verdicts, bucket, cause, sha256, range, wanted }], (signal) => {
    const { since } = boundsOf(range, new Date());
    return rowsOf<Problem>(wanted, (limit, cursor) => dataOf(api.GET("/api/v1/problems", {
      signal,
      params: { query: {
        state: states, ...(verdicts.length > 0 && { verdict: verdicts }), ...(bucket && { bucket }),
        ...(cause && { cause }), ...(sha256 && { sha256 }), ...(since && { since }), limit, ...(cursor && { cursor }),
      } },
    })));
  });
}

function useColumns(): Column<Problem>[] {
  const { t, f } = useReader();
  const p = t.problems;
  const byText = (value: (row: Problem) => string) => (a: Problem, b: Problem) => value(a).localeCompare(value(b));
  return [
    { id: "cause", header: p.cause, minWidth: 180, compare: byText((row) => row.cause),
      cell: (row) => <Exact>{row.cause}</Exact> },
    { id: "verdict", header: p.verdict, minWidth: 145, cell: (row) => <VerdictMark verdict={row.verdict} />,
      compare: (a, b) => VERDICTS.indexOf(b.verdict) - VERDICTS.indexOf(a.verdict) },
    { id: "state", header: p.state, minWidth: 120, compare: byText((row) => row.state),
      cell: (row) => <StateMark state={row.state} /> },
    { id: "objects", header: p.objects, minWidth: 90, cell: (row) => <Exact>{f.whole(row.objects)}</Exact>,
      compare: (a, b) => Number(BigInt(a.objects) - BigInt(b.objects)) },
    { id: "example", header: p.example, minWidth: 190, cell: (row) =>
      row.example ? <Exact>{addressOf(row.example.bucket, row.example.key)}</Exact> : t.states.none },
    { id: "lastSeen", header: p.lastSeen, minWidth: 150,
      compare: (a, b) => Date.parse(a.lastSeen) - Date.parse(b.lastSeen),
      cell: (row) => <Instant iso={row.lastSeen} /> },
  ];
}

function Occurrences({ problem }: { problem: Problem }) {
  const { t, f } = useReader();
  const query = useLiveQuery(["occurrences", problem.id], (signal) =>
    rowsOf<ScanResult>(OCCURRENCES, (limit, cursor) => dataOf(api.GET("/api/v1/problems/{id}/occurrences", {
      signal, params: { path: { id: problem.id }, query: { limit, ...(cursor && { cursor }) } },
    }))));
  return (
    <Loaded query={query}>
      {({ rows, hasMore }) => (
        <SpaceBetween size="xs">
          {rows.length === 0 && <Alert type="info">{t.problems.noOccurrences}</Alert>}
          {rows.map((result, at) => (
            <ExpandableSection
              key={result.id + result.key}
              defaultExpanded={at === 0}
              headerText={addressOf(result.bucket, result.key)}
              headerDescription={f.instant(result.scannedAt)}
            >
              <Evidence result={result} />
            </ExpandableSection>
          ))}
          {hasMore && <Alert type="info">{t.problems.newestOnly(f.whole(rows.length))}</Alert>}
        </SpaceBetween>
      )}
    </Loaded>
  );
}

function Details({ problem }: { problem: Problem }) {
  const { t, f } = useReader();
  const session = useSession();
  const [isAsking, setIsAsking] = useState(false);
  const p = t.problems;
  const mayHandle = session.role !== "viewer";
  const { handled } = problem;
  return (
    <SpaceBetween size="l">
      <SpaceBetween size="xs" direction="horizontal" alignItems="center">
        {problem.state === "open" && (
          <Button
            variant="primary"
            disabled={!mayHandle}
            disabledReason={mayHandle ? undefined : p.mayNot}
            onClick={() => setIsAsking(true)}
          >
            {p.handle}
          </Button>
        )}
        {problem.sha256 && (
          <Link href={resultsHref({ sha256: problem.sha256, range: "any" })}>{p.allResults}</Link>
        )}
      </SpaceBetween>
      <KeyValuePairs
        columns={4}
        items={[
          { label: p.state, value: <StateMark state={problem.state} /> },
          { label: p.verdict, value: <VerdictMark verdict={problem.verdict} /> },
          { label: p.cause, value: <Exact>{problem.cause}</Exact> },
          { label: p.objects, value: f.whole(problem.objects) },
          { label: p.sha256, value: problem.sha256 ? <Exact>{problem.sha256}</Exact> : p.unread },
          { label: p.firstSeen, value: <Instant iso={problem.firstSeen} /> },
          { label: p.lastSeen, value: <Instant iso={problem.lastSeen} /> },
          ...(handled ? [
            { label: p.handledBy, value: <Exact>{handled.by}</Exact> },
            { label: p.handledAt, value: <Instant iso={handled.at} /> },
            { label: p.handledWhy, value: handled.why },
          ] : []),
        ]}
      />
      <Header variant="h3">{p.occurrences}</Header>
      <Occurrences problem={problem} />
      {isAsking && <HandleProblem problem={problem} close={() => setIsAsking(false)} />}
    </SpaceBetween>
  );
}

function OpenProblem({ id }: { id: string }) {
  const query = useLiveQuery(["problem", id], (signal) =>
    dataOf<Problem>(api.GET("/api/v1/problems/{id}", { signal, params: { path: { id } } })));
  return <Loaded query={query}>{(problem) => <Details key={problem.id} problem={problem} />}</Loaded>;
}

export default function Problems() {
  const { t, f } = useReader();
  const { query: said } = useAddress();
  const view = parseProblems(said);
  const [wanted, setWanted] = useState(ROWS);
  const query = useProblems(view, wanted);
  const columns = useColumns();
  const p = t.problems;
  const show = (change: Partial<ProblemsView>) => go(problemsHref({ ...view, ...change }), "replace");
  const filter = (change: Partial<ProblemsView>) => go(problemsHref({ ...view, page: 1, open: undefined, ...change }));
  return (
    <Page
      title={p.title}
      description={t.range.shown(f.zoneName())}
      help={p}
      actions={<ResetFilters reset={() => go("/problems")} />}
      panel={view.open ? {
        header: p.panel,
        content: <OpenProblem key={view.open} id={view.open} />,
        close: () => show({ open: undefined }),
      } : undefined}
    >
      <SpaceBetween size="l">
        <Filters>
          <ChoiceFilter label={p.state} choices={PROBLEM_STATES} names={t.problemStates} chosen={view.states}
            onChange={(states) => filter({ states: states.length > 0 ? states : [...PROBLEM_STATES] })} />
          <ChoiceFilter label={p.verdict} choices={PROBLEM_VERDICTS} names={t.verdicts} chosen={view.verdicts.filter(
            (one): one is (typeof PROBLEM_VERDICTS)[number] => (PROBLEM_VERDICTS as readonly string[]).includes(one))}
            onChange={(verdicts) => filter({ verdicts })} />
          <RangeFilter range={view.range} isOpenEnded onChange={(range) => filter({ range })} />
          <TextFilter label={p.bucket} value={view.bucket} onChange={(bucket) => filter({ bucket })} />
          <TextFilter label={p.cause} hint={p.causeHint} value={view.cause} onChange={(cause) => filter({ cause })} />
          <TextFilter label={p.sha256} value={view.sha256} onChange={(sha256) => filter({ sha256 })} />
        </Filters>
        <List
          title={p.title}
          query={query}
          columns={columns}
          idOf={(row) => row.id}
          nameOf={(row) => row.cause}
          place={view}
          moveTo={show}
          readMore={() => setWanted(wanted + ROWS)}
          empty={{ title: p.empty, text: p.emptyText }}
          opens
          actions={
            <Export name="problems" rows={query.data?.rows ?? []} columns={[
              ["id", (row) => row.id], ["state", (row) => row.state], ["verdict", (row) => row.verdict],
              ["cause", (row) => row.cause], ["sha256", (row) => row.sha256 ?? ""], ["objects", (row) => row.objects],
              ["exampleBucket", (row) => row.example?.bucket ?? ""], ["exampleKey", (row) => row.example?.key ?? ""],
              ["firstSeen", (row) => row.firstSeen], ["lastSeen", (row) => row.lastSeen],
              ["handledBy", (row) => row.handled?.by ?? ""], ["handledAt", (row) => row.handled?.at ?? ""],
              ["handledWhy", (row) => row.handled?.why ?? ""],
            ]} />
          }
        />
      </SpaceBetween>
    </Page>
  );
}
