import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { api, dataOf } from "../api/client";
import { BUCKET_STATES, bucketStateOf, fitsBucket, stepOf, type BucketReport } from "../bucket_facts";
import { picked, useAccountQuery } from "../live";
import { ChoiceFilter, Filters, ResetFilters, TextFilter } from "../parts/filters";
import { List, type Column } from "../parts/list";
import { BucketMark, Exact } from "../parts/marks";
import { Page } from "../parts/page";
import { useReader } from "../preferences";
import { go, useAddress } from "../router";
import { useMay } from "../session";
import { bucketsHref, parseBuckets, type BucketsView } from "../url_account";
import { BucketDetails } from "./bucket_details";

function useBuckets() {
  return useAccountQuery(["buckets"], (signal) => dataOf(api.GET("/api/v1/buckets", { signal })));
}

function useColumns(): Column<BucketReport>[] {
  const { t } = useReader();
  const b = t.buckets;
  const byText = (value: (row: BucketReport) => string) => (a: BucketReport, other: BucketReport) =>
    value(a).localeCompare(value(other));
  const part = (row: BucketReport, what: string) => {
    const step = stepOf(row, what);
    return step ? `${t.steps[step.state]}${step.note ? `: ${step.note}` : ""}` : t.states.none;
  };
  return [
    { id: "bucket", header: b.bucket, minWidth: 200, compare: byText((row) => row.bucket ?? ""),
      cell: (row) => <Exact>{row.bucket ?? ""}</Exact> },
    { id: "state", header: b.state, minWidth: 150, cell: (row) => <BucketMark state={bucketStateOf(row)} />,
      compare: (one, other) =>
        BUCKET_STATES.indexOf(bucketStateOf(other)) - BUCKET_STATES.indexOf(bucketStateOf(one)) },
    { id: "wiring", header: b.wiring, minWidth: 180, cell: (row) => part(row, "notification") },
    { id: "gate", header: b.gate, minWidth: 150, cell: (row) => part(row, "read gate") },
    { id: "region", header: b.region, minWidth: 120, compare: byText((row) => row.region ?? ""),
      cell: (row) => row.region ?? t.states.unknown },
    { id: "account", header: b.account, minWidth: 130, compare: byText((row) => row.account ?? ""),
      cell: (row) => row.account ?? t.states.unknown },
  ];
}

export default function Buckets() {
  const { t } = useReader();
  const { query: said } = useAddress();
  const view = parseBuckets(said);
  const all = useBuckets();
  const columns = useColumns();
  const mayChange = useMay("admin");
  const b = t.buckets;
  const show = (change: Partial<BucketsView>) => go(bucketsHref({ ...view, ...change }), "replace");
  const filter = (change: Partial<BucketsView>) => go(bucketsHref({ ...view, page: 1, open: undefined, ...change }));
  const fitting = picked(all, ({ items }) => ({ hasMore: false, rows: items.filter((row) => fitsBucket(row, view)) }));
  return (
    <Page
      title={b.title}
      help={b}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button iconName="refresh" onClick={() => void all.refetch()} loading={all.isFetching}>{t.list.refresh}</Button>
          <ResetFilters reset={() => go("/buckets")} />
        </SpaceBetween>
      }
      panel={view.open ? {
        header: view.open,
        content: <BucketDetails key={view.open} bucket={view.open} />,
        close: () => show({ open: undefined }),
      } : undefined}
    >
      <SpaceBetween size="l">
        <Filters>
          <TextFilter label={b.name} value={view.text} onChange={(text) => filter({ text })} />
          <ChoiceFilter label={b.state} choices={BUCKET_STATES} names={b.bucketStates} chosen={view.states}
            onChange={(states) => filter({ states })} />
          <TextFilter label={b.region} value={view.region} onChange={(region) => filter({ region })} />
          <TextFilter label={b.account} value={view.account} onChange={(account) => filter({ account })} />
        </Filters>
        {(all.data?.unseen ?? []).map((one, at) => (
          <Alert key={at} type="warning" header={b.unseen}>{one.detail}</Alert>
        ))}
        <List
          title={b.title}
          query={fitting}
          columns={columns}
          idOf={(row) => row.bucket ?? ""}
          nameOf={(row) => row.bucket ?? ""}
          place={view}
          moveTo={show}
          readMore={() => undefined}
          empty={{ title: b.empty, text: mayChange ? b.emptyText : b.emptyTextOfReaders }}
          opens
        />
      </SpaceBetween>
    </Page>
  );
}
