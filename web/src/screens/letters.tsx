import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Select from "@cloudscape-design/components/select";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { api, dataOf } from "../api/client";
import type { Letter } from "../api/documents";
import { picked, useAccountQuery } from "../live";
import { Filters, ResetFilters } from "../parts/filters";
import { List, type Column } from "../parts/list";
import { Exact, Instant } from "../parts/marks";
import { Page } from "../parts/page";
import { Loaded } from "../parts/states";
import { useReader } from "../preferences";
import { go, useAddress } from "../router";
import { useMay } from "../session";
import { lettersHref, parseLetters, type LettersView } from "../url_account";
import { addressOf } from "../whereabouts";
import { SettleLetters, type Verb } from "./settle_letters";

const MOST = 1000;

function useLetters(cause: string) {
  return useAccountQuery(["letters", cause], (signal) => dataOf(api.GET("/api/v1/letters", {
    signal, params: { query: { limit: MOST, ...(cause && { cause }) } } })));
}

const objectsOf = (letter: Letter) => letter.objects.map(({ bucket, key }) => addressOf(bucket, key));

function useColumns(): Column<Letter>[] {
  const { t } = useReader();
  const l = t.letters;
  return [
    { id: "cause", header: l.cause, minWidth: 140, compare: (a, b) => a.cause.localeCompare(b.cause),
      cell: (row) => l.causes[row.cause] ?? row.cause },
    { id: "objects", header: l.objects, minWidth: 240, cell: (row) =>
      <Exact>{objectsOf(row).slice(0, 3).join("\n") || t.states.unknown}</Exact> },
    { id: "reason", header: l.reason, minWidth: 220, cell: (row) => row.reason ?? t.states.unknown },
    { id: "queue", header: l.queue, minWidth: 90, cell: (row) => row.queue },
    { id: "since", header: l.since, minWidth: 160, compare: (a, b) => Date.parse(a.since) - Date.parse(b.since),
      cell: (row) => <Instant iso={row.since} /> },
  ];
}

function Details({ letter }: { letter: Letter }) {
  const { t } = useReader();
  const mayAct = useMay("operator");
  const [verb, setVerb] = useState<Verb>();
  const l = t.letters;
  return (
    <SpaceBetween size="l">
      {mayAct && (
        <SpaceBetween size="xs" direction="horizontal">
          <Button onClick={() => setVerb("replay")}>{l.replay}</Button>
          <Button onClick={() => setVerb("drop")}>{l.drop}</Button>
        </SpaceBetween>
      )}
      <Alert type="info" header={l.remedy}>{letter.remedy}</Alert>
      <KeyValuePairs columns={3} items={[
        { label: l.cause, value: l.causes[letter.cause] ?? letter.cause },
        { label: l.reason, value: letter.reason ?? t.states.unknown },
        { label: l.since, value: <Instant iso={letter.since} /> },
        { label: l.objects, value: <Exact>{objectsOf(letter).join("\n") || t.states.unknown}</Exact> },
        { label: l.id, value: <Exact>{letter.id}</Exact> },
        { label: l.body, value: <Exact>{letter.body ?? ""}</Exact> },
      ]} />
      {verb && <SettleLetters verb={verb} choice={{ ids: [letter.id] }} count={1} settle={() => undefined}
        close={() => setVerb(undefined)} />}
    </SpaceBetween>
  );
}

function OpenLetter({ id }: { id: string }) {
  const query = useAccountQuery(["letter", id], (signal) =>
    dataOf(api.GET("/api/v1/letters/{id}", { signal, params: { path: { id } } })));
  return <Loaded query={query}>{(letter) => <Details letter={letter as Letter} />}</Loaded>;
}

export default function Letters() {
  const { t, f } = useReader();
  const { query: said } = useAddress();
  const view = parseLetters(said);
  const [chosen, setChosen] = useState<string[]>([]);
  const [asked, setAsked] = useState<{ verb: Verb; what: "chosen" | "cause" }>();
  const mayAct = useMay("operator");
  const query = useLetters(view.cause);
  const columns = useColumns();
  const l = t.letters;
  const show = (change: Partial<LettersView>) => go(lettersHref({ ...view, ...change }), "replace");
  const counts = query.data?.causes ?? {};
  const labelOf = (cause: string) => `${l.causes[cause] ?? cause} (${f.whole(counts[cause] ?? 0)})`;
  const options = [{ value: "", label: t.list.any }, ...Object.keys(counts).map((value) => ({ value, label: labelOf(value) }))];
  const countOfCause = view.cause ? counts[view.cause] ?? 0 : Object.values(counts).reduce((sum, one) => sum + one, 0);
  const buttons: [Verb, "chosen" | "cause", string, boolean][] = [
    ["replay", "chosen", l.replayChosen, chosen.length === 0], ["drop", "chosen", l.dropChosen, chosen.length === 0],
    ["replay", "cause", view.cause ? l.replayCause : l.replayAll, countOfCause === 0],
    ["drop", "cause", view.cause ? l.dropCause : l.dropAll, countOfCause === 0],
  ];
  return (
    <Page
      title={l.title}
      description={t.range.shown(f.zoneName())}
      help={l}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button iconName="refresh" onClick={() => void query.refetch()} loading={query.isFetching}>{t.list.refresh}</Button>
          <ResetFilters reset={() => go("/letters")} />
        </SpaceBetween>
      }
      panel={view.open ? {
        header: l.panel,
        content: <OpenLetter key={view.open} id={view.open} />,
        close: () => show({ open: undefined }),
      } : undefined}
    >
      <SpaceBetween size="l">
        <Filters>
          {[
            <FormField key="cause" label={l.cause}>
              <Select
                options={options}
                selectedOption={options.find(({ value }) => value === view.cause) ??
                  { value: view.cause, label: labelOf(view.cause) }}
                onChange={({ detail }) => {
                  setChosen([]);
                  go(lettersHref({ ...view, page: 1, open: undefined, cause: detail.selectedOption.value ?? "" }));
                }}
              />
            </FormField>,
          ]}
        </Filters>
        {query.data?.more && <Alert type="info">{l.more}</Alert>}
        <List
          title={l.title}
          query={picked(query, ({ items }) => ({ rows: items as Letter[], hasMore: false }))}
          columns={columns}
          idOf={(row) => row.id}
          nameOf={(row) => `${l.causes[row.cause] ?? row.cause}: ${row.id}`}
          place={view}
          moveTo={show}
          readMore={() => undefined}
          empty={{ title: l.empty, text: l.emptyText }}
          opens
          choice={mayAct ? { chosen, choose: setChosen } : undefined}
          actions={mayAct && (
            <SpaceBetween direction="horizontal" size="xs">
              {buttons.map(([verb, what, text, isOff]) => (
                <Button key={text} disabled={isOff} onClick={() => setAsked({ verb, what })}>{text}</Button>
              ))}
            </SpaceBetween>
          )}
        />
        {asked && (
          <SettleLetters
            verb={asked.verb}
            choice={asked.what === "chosen" ? { ids: chosen } : view.cause ? { cause: view.cause } : { all: true }}
            count={asked.what === "chosen" ? chosen.length : countOfCause}
            settle={() => setChosen([])}
            close={() => setAsked(undefined)}
          />
        )}
      </SpaceBetween>
    </Page>
  );
}
