import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { api, dataOf } from "../api/client";
import type { ScanResult } from "../api/documents";
import { rowsOf } from "../api/rows";
import { useLiveQuery } from "../live";
import { Evidence } from "../parts/evidence";
import { Export } from "../parts/export";
import { ChoiceFilter, Filters, RangeFilter, ResetFilters, TextFilter } from "../parts/filters";
import { List, type Column } from "../parts/list";
import { Exact, Instant, VerdictMark } from "../parts/marks";
import { Page } from "../parts/page";
import { Loaded } from "../parts/states";
import { useReader } from "../preferences";
import { go, useAddress } from "../router";
import { boundsOf, parseResults, resultsHref, VERDICTS, type ResultsView } from "../url_state";
import { addressOf } from "../whereabouts";

const ROWS = 500;

function useResults(view: ResultsView, wanted: number) {
  const { bucket, prefix, verdicts, signature, sha256, range } = view;
  return useLiveQuery(["results", { bucket, prefix, verdicts, signature, sha256, range, wanted }], (signal) => {
    const { since, until } = boundsOf(range, new Date());
    return rowsOf<ScanResult>(wanted, (limit, cursor) => dataOf(api.GET("/api/v1/results", {
      signal,
      params: { query: {
        ...(bucket && { bucket }), ...(prefix && { prefix }), ...(verdicts.length > 0 && { verdict: verdicts }),
        ...(signature && { signature }), ...(sha256 && { sha256 }), ...(since && { since }), ...(until && { until }),
        limit, ...(cursor && { cursor }),
      } },
    })));
  });
}

function useColumns(): Column<ScanResult>[] {
  const { t, f } = useReader();
  const objectOf = (row: ScanResult) => addressOf(row.bucket, row.key);
  const sizeOf = (row: ScanResult) => BigInt(row.size ?? -1);
  return [
    { id: "object", header: t.evidence.object, minWidth: 250, cell: (row) => <Exact>{objectOf(row)}</Exact>,
      compare: (a, b) => objectOf(a).localeCompare(objectOf(b)) },
    { id: "result", header: t.problems.verdict, minWidth: 145, cell: (row) => <VerdictMark verdict={row.result} />,
      compare: (a, b) => VERDICTS.indexOf(b.result) - VERDICTS.indexOf(a.result) },
    { id: "findings", header: t.results.findings, minWidth: 180, cell: (row) => {
      const found = row.virusNames.join(", ") || row.reason;
      return found ? <Exact>{found}</Exact> : t.states.none;
    } },
    { id: "size", header: t.results.size, minWidth: 100, cell: (row) =>
      row.size == null ? t.states.unknown : f.roundBytes(Number(row.size)),
      compare: (a, b) => (sizeOf(a) < sizeOf(b) ? -1 : Number(sizeOf(a) > sizeOf(b))) },
    { id: "scannedAt", header: t.results.scannedAt, minWidth: 160, cell: (row) => <Instant iso={row.scannedAt} />,
      compare: (a, b) => Date.parse(a.scannedAt) - Date.parse(b.scannedAt) },
  ];
}

function OpenResult({ id }: { id: string }) {
  const query = useLiveQuery(["result", id], (signal) =>
    dataOf<ScanResult>(api.GET("/api/v1/results/{id}", { signal, params: { path: { id } } })));
  return <Loaded query={query}>{(result) => <Evidence result={result} />}</Loaded>;
}

export default function Results() {
  const { t, f } = useReader();
  const { query: said } = useAddress();
  const view = parseResults(said);
  const [wanted, setWanted] = useState(ROWS);
  const query = useResults(view, wanted);
  const columns = useColumns();
  const r = t.results;
  const show = (change: Partial<ResultsView>) => go(resultsHref({ ...view, ...change }), "replace");
  const filter = (change: Partial<ResultsView>) => go(resultsHref({ ...view, page: 1, open: undefined, ...change }));
  return (
    <Page
      title={r.title}
      description={t.range.shown(f.zoneName())}
      help={r}
      actions={<ResetFilters reset={() => go("/results")} />}
      panel={view.open ? {
        header: r.panel,
        content: <OpenResult key={view.open} id={view.open} />,
        close: () => show({ open: undefined }),
      } : undefined}
    >
      <SpaceBetween size="l">
        <Filters>
          <TextFilter label={t.problems.bucket} value={view.bucket} onChange={(bucket) => filter({ bucket })} />
          <TextFilter label={r.prefix} value={view.prefix} onChange={(prefix) => filter({ prefix })} />
          <ChoiceFilter label={t.problems.verdict} choices={VERDICTS} names={t.verdicts} chosen={view.verdicts}
            onChange={(verdicts) => filter({ verdicts })} />
          <TextFilter label={r.signature} value={view.signature} onChange={(signature) => filter({ signature })} />
          <TextFilter label={t.problems.sha256} value={view.sha256} onChange={(sha256) => filter({ sha256 })} />
          <RangeFilter range={view.range} isOpenEnded={false} onChange={(range) => filter({ range })} />
        </Filters>
        <List
          title={r.title}
          query={query}
          columns={columns}
          idOf={(row) => row.id}
          nameOf={(row) => row.key}
          place={view}
          moveTo={show}
          readMore={() => setWanted(wanted + ROWS)}
          empty={{ title: r.empty, text: r.emptyText }}
          opens
          actions={
            <Export name="results" rows={query.data?.rows ?? []} columns={[
              ["id", (row) => row.id], ["bucket", (row) => row.bucket], ["key", (row) => row.key],
              ["versionId", (row) => row.versionId ?? ""], ["result", (row) => row.result],
              ["findings", (row) => row.virusNames.join(" ")], ["reason", (row) => row.reason ?? ""],
              ["sha256", (row) => row.sha256 ?? ""], ["size", (row) => String(row.size ?? "")],
              ["scannedAt", (row) => row.scannedAt], ["agent", (row) => row.agent],
            ]} />
          }
        />
      </SpaceBetween>
    </Page>
  );
}
