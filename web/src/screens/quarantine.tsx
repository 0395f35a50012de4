import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { api, dataOf } from "../api/client";
import type { QuarantineEntry } from "../api/documents";
import { rowsOf } from "../api/rows";
import { useAccountQuery } from "../live";
import { Export } from "../parts/export";
import { Filters, ResetFilters, TextFilter } from "../parts/filters";
import { List, type Column } from "../parts/list";
import { Exact, Instant } from "../parts/marks";
import { Page } from "../parts/page";
import { useReader } from "../preferences";
import { go, useAddress } from "../router";
import { useMay } from "../session";
import { parseQuarantine, quarantineHref, type QuarantineView } from "../url_account";
import { addressOf } from "../whereabouts";
import { DeleteQuarantined } from "./delete_quarantined";
import { RestoreQuarantined } from "./restore_quarantined";

const ROWS = 500;

interface Found {
  rows: QuarantineEntry[];
  hasMore: boolean;
  unseen: string[];
}

function useEntries({ quarantine, bucket, prefix }: QuarantineView, wanted: number) {
  return useAccountQuery<Found>(["quarantine", { quarantine, bucket, prefix, wanted }], async (signal) => {
    const unseen = new Set<string>();
    const found = await rowsOf<QuarantineEntry>(wanted, async (limit, cursor) => {
      const page = await dataOf(api.GET("/api/v1/quarantine", { signal, params: { query: {
        ...(quarantine && { quarantine }), ...(bucket && { bucket }), ...(prefix && { prefix }), limit,
        ...(cursor && { cursor }),
      } } }));
      page.unseen.forEach(({ detail }) => unseen.add(detail));
      return { items: page.items as QuarantineEntry[], next: page.next };
    });
    return { ...found, unseen: [...unseen] };
  });
}

const objectOf = (row: QuarantineEntry) => addressOf(row.bucket ?? undefined, row.key ?? undefined);
const placeOf = ({ quarantine }: QuarantineEntry) => addressOf(quarantine.bucket, quarantine.key);

function useColumns(): Column<QuarantineEntry>[] {
  const { t, f } = useReader();
  const q = t.quarantine;
  const sizeOf = (row: QuarantineEntry) => BigInt(row.size ?? -1);
  const timeOf = (row: QuarantineEntry) => (row.quarantinedAt ? Date.parse(row.quarantinedAt) : 0);
  return [
    { id: "object", header: q.object, minWidth: 250, compare: (a, b) => objectOf(a).localeCompare(objectOf(b)),
      cell: (row) => <Exact>{row.key === null ? placeOf(row) : objectOf(row)}</Exact> },
    { id: "result", header: q.result, minWidth: 120, compare: (a, b) => (a.result ?? "").localeCompare(b.result ?? ""),
      cell: (row) => row.result ?? t.states.unknown },
    { id: "findings", header: q.findings, minWidth: 180, cell: (row) => {
      const found = row.virusNames.join(", ") || row.reason;
      return found ? <Exact>{found}</Exact> : t.states.none;
    } },
    { id: "size", header: q.size, minWidth: 100, cell: (row) =>
      row.size == null ? t.states.unknown : f.roundBytes(Number(row.size)),
      compare: (a, b) => (sizeOf(a) < sizeOf(b) ? -1 : Number(sizeOf(a) > sizeOf(b))) },
    { id: "quarantinedAt", header: q.since, minWidth: 160, compare: (a, b) => timeOf(a) - timeOf(b),
      cell: (row) => (row.quarantinedAt ? <Instant iso={row.quarantinedAt} /> : t.states.unknown) },
  ];
}

function Details({ entry }: { entry: QuarantineEntry }) {
  const { t, f } = useReader();
  const mayAct = useMay("operator");
  const [act, setAct] = useState<"restore" | "delete">();
  const q = t.quarantine;
  const exact = (text: string | null | undefined) => (text ? <Exact>{text}</Exact> : t.states.unknown);
  const close = () => setAct(undefined);
  return (
    <SpaceBetween size="l">
      {mayAct && (
        <SpaceBetween size="xs" direction="horizontal">
          <Button onClick={() => setAct("restore")}>{q.restore}</Button>
          <Button onClick={() => setAct("delete")}>{q.remove}</Button>
        </SpaceBetween>
      )}
      {entry.unread && <Alert type="warning" header={q.unread}>{entry.unread}</Alert>}
      <KeyValuePairs columns={4} items={[
        { label: q.object, value: entry.key === null ? t.states.unknown : <Exact>{objectOf(entry)}</Exact> },
        { label: q.place, value: <Exact>{placeOf(entry)}</Exact> },
        { label: q.result, value: entry.result ?? t.states.unknown },
        { label: q.findings, value: exact(entry.virusNames.join(", ") || entry.reason) },
        { label: t.evidence.sha256, value: exact(entry.sha256) },
        { label: t.evidence.version, value: exact(entry.versionId) },
        { label: t.evidence.eTag, value: exact(entry.eTag) },
        { label: q.size, value: entry.size == null ? t.states.unknown : f.bytes(entry.size) },
        { label: t.evidence.scannedAt, value: entry.scannedAt ? <Instant iso={entry.scannedAt} /> : t.states.unknown },
        { label: q.since, value: entry.quarantinedAt ? <Instant iso={entry.quarantinedAt} /> : t.states.unknown },
        { label: q.id, value: <Exact>{entry.id}</Exact> },
      ]} />
      {act === "restore" && <RestoreQuarantined entry={entry} close={close} />}
      {act === "delete" && <DeleteQuarantined ids={[entry.id]} settle={() => undefined} close={close} />}
    </SpaceBetween>
  );
}

export default function Quarantine() {
  const { t, f } = useReader();
  const { query: said } = useAddress();
  const view = parseQuarantine(said);
  const [wanted, setWanted] = useState(ROWS);
  const [chosen, setChosen] = useState<string[]>([]);
  const [isDeleting, setIsDeleting] = useState(false);
  const mayAct = useMay("operator");
  const query = useEntries(view, wanted);
  const columns = useColumns();
  const q = t.quarantine;
  const show = (change: Partial<QuarantineView>) => go(quarantineHref({ ...view, ...change }), "replace");
  const filter = (change: Partial<QuarantineView>) =>
    go(quarantineHref({ ...view, page: 1, open: undefined, ...change }));
  const rows = query.data?.rows ?? [];
  const open = rows.find(({ id }) => id === view.open);
  return (
    <Page
      title={q.title}
      description={t.range.shown(f.zoneName())}
      help={q}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button iconName="refresh" onClick={() => void query.refetch()} loading={query.isFetching}>{t.list.refresh}</Button>
          <ResetFilters reset={() => go("/quarantine")} />
        </SpaceBetween>
      }
      panel={view.open && query.data ? {
        header: q.panel,
        content: open ? <Details key={open.id} entry={open} /> : <Alert type="info">{q.gone}</Alert>,
        close: () => show({ open: undefined }),
      } : undefined}
    >
      <SpaceBetween size="l">
        <Filters>
          <TextFilter label={q.bucket} value={view.bucket} onChange={(bucket) => filter({ bucket })} />
          <TextFilter label={q.prefix} hint={q.prefixHint} value={view.prefix} onChange={(prefix) => filter({ prefix })} />
          <TextFilter label={q.quarantine} value={view.quarantine} onChange={(quarantine) => filter({ quarantine })} />
        </Filters>
        {(query.data?.unseen ?? []).map((detail) => <Alert key={detail} type="warning" header={q.unseen}>{detail}</Alert>)}
        <List
          title={q.title}
          query={query}
          columns={columns}
          idOf={(row) => row.id}
          nameOf={objectOf}
          place={view}
          moveTo={show}
          readMore={() => setWanted(wanted + ROWS)}
          empty={{ title: q.empty, text: q.emptyText }}
          opens
          choice={mayAct ? { chosen, choose: setChosen } : undefined}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Export name="quarantine" rows={rows} columns={[
                ["bucket", (row) => row.bucket ?? ""], ["key", (row) => row.key ?? ""],
                ["result", (row) => row.result ?? ""], ["findings", (row) => row.virusNames.join(" ")],
                ["sha256", (row) => row.sha256 ?? ""], ["size", (row) => String(row.size ?? "")],
                ["quarantinedAt", (row) => row.quarantinedAt ?? ""], ["id", (row) => row.id],
              ]} />
              {mayAct && (
                <Button disabled={chosen.length === 0} onClick={() => setIsDeleting(true)}>{q.removeChosen}</Button>
              )}
            </SpaceBetween>
          }
        />
        {isDeleting && (
          <DeleteQuarantined
            ids={chosen}
            settle={(gone) => setChosen((before) => before.filter((id) => !gone.includes(id)))}
            close={() => setIsDeleting(false)}
          />
        )}
      </SpaceBetween>
    </Page>
  );
}
