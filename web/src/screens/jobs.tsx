import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { api, dataOf } from "../api/client";
import type { Job } from "../api/documents";
import { picked, useAccountQuery } from "../live";
import { Ask } from "../parts/ask";
import { List, type Column } from "../parts/list";
import { Exact, Instant, JobMark } from "../parts/marks";
import { Page } from "../parts/page";
import { useReader } from "../preferences";
import { go, useAddress } from "../router";
import { useMay } from "../session";
import { rateOf } from "../sweep_rate";
import { jobsHref, parseJobs } from "../url_account";

function StartSweep({ known, close }: { known: string; close(): void }) {
  const { t } = useReader();
  const [bucket, setBucket] = useState(known);
  const [prefix, setPrefix] = useState("");
  const [options, setOptions] = useState({ every: false, errors: false, restart: false });
  const j = t.jobs;
  const body = { bucket, ...(prefix && { prefix }), ...Object.fromEntries(Object.entries(options).filter(([, on]) => on)) };
  return (
    <Ask
      title={j.startTitle}
      text={j.startText}
      confirm={j.start}
      missing={/^[A-Za-z0-9._-]{3,255}$/.test(bucket) ? undefined : j.bucketNeeded}
      call={{ method: "POST", path: "/api/v1/jobs/sweeps", body }}
      act={async () => {
        await dataOf(api.POST("/api/v1/jobs/sweeps", { body }));
        return { text: j.started(bucket) };
      }}
      close={close}
    >
      <FormField label={j.bucket}>
        <Input value={bucket} spellcheck={false} onChange={({ detail }) => setBucket(detail.value.trim())} />
      </FormField>
      <FormField label={j.prefix} constraintText={j.prefixHint}>
        <Input value={prefix} spellcheck={false} onChange={({ detail }) => setPrefix(detail.value)} />
      </FormField>
      {(["every", "errors", "restart"] as const).map((name) => (
        <Checkbox key={name} checked={options[name]} description={j.optionHints[name]}
          onChange={({ detail }) => setOptions({ ...options, [name]: detail.checked })}>
          {j.options[name]}
        </Checkbox>
      ))}
    </Ask>
  );
}

function StopSweep({ bucket, close }: { bucket: string; close(): void }) {
  const { t } = useReader();
  const j = t.jobs;
  return (
    <Ask
      title={j.stopTitle(bucket)}
      text={j.stopText}
      confirm={j.stop}
      call={{ method: "POST", path: `/api/v1/jobs/sweeps/${bucket}/stop`, body: {} }}
      act={async () => {
        await dataOf(api.POST("/api/v1/jobs/sweeps/{bucket}/stop", { params: { path: { bucket } }, body: {} }));
        return { text: j.stopped(bucket) };
      }}
      close={close}
    />
  );
}

type Asked = { act: "start" | "stop"; bucket: string };

function useColumns(mayAct: boolean, ask: (asked: Asked) => void): Column<Job>[] {
  const { t, f } = useReader();
  const j = t.jobs;
  const lagOf = (job: Job) => Number(job.report?.oldestUnscannedSeconds ?? 0);
  const columns: Column<Job>[] = [
    { id: "bucket", header: j.bucket, minWidth: 150, compare: (a, b) => a.bucket.localeCompare(b.bucket),
      cell: ({ bucket }) => <Exact>{bucket}</Exact> },
    { id: "state", header: j.state, minWidth: 130, compare: (a, b) => a.state.localeCompare(b.state),
      cell: ({ state, here }) => (
        <>
          <JobMark state={here?.state === "running" ? "under-way" : state} />
          {here?.problem && <Alert type="error">{here.problem.detail}</Alert>}
        </>
      ) },
    { id: "progress", header: j.progress, minWidth: 160, cell: ({ report, here }) => {
      const listed = here?.state === "running" ? here.listed : report?.listed;
      const enqueued = here?.state === "running" ? here.enqueued : report?.enqueued;
      const rate = here?.state === "running" ? rateOf(here.started, here.listed, new Date()) : undefined;
      if (listed === undefined) return t.states.none;
      return (
        <>
          {j.listed(f.whole(listed), f.whole(enqueued ?? 0))}
          {rate !== undefined && <><br />{j.rate(f.whole(Math.round(rate)))}</>}
        </>
      );
    } },
    { id: "lag", header: j.lag, minWidth: 120, compare: (a, b) => lagOf(a) - lagOf(b),
      cell: (job) => (job.report ? (lagOf(job) > 0 ? f.duration(lagOf(job)) : t.states.none) : t.states.unknown) },
    { id: "began", header: j.began, minWidth: 140, cell: ({ report }) =>
      (report?.started ? <Instant iso={report.started} /> : t.states.none) },
    { id: "ended", header: j.ended, minWidth: 140, cell: ({ report }) => (
      report?.finished ? <Instant iso={report.finished} /> : report?.sweptBy ? <Exact>{report.sweptBy}</Exact> : t.states.none
    ) },
  ];
  if (mayAct) {
    columns.push({ id: "act", header: j.act, minWidth: 120, cell: ({ bucket, here }) => (here?.state === "running"
      ? <Button ariaLabel={j.stopTitle(bucket)} onClick={() => ask({ act: "stop", bucket })}>{j.stop}</Button>
      : <Button ariaLabel={j.startOf(bucket)} onClick={() => ask({ act: "start", bucket })}>{j.start}</Button>) });
  }
  return columns;
}

export default function Jobs() {
  const { t, f } = useReader();
  const { query: said } = useAddress();
  const view = parseJobs(said);
  const mayAct = useMay("operator");
  const [asked, setAsked] = useState<Asked>();
  const query = useAccountQuery(["jobs"], (signal) => dataOf(api.GET("/api/v1/jobs", { signal })));
  const columns = useColumns(mayAct, setAsked);
  const j = t.jobs;
  return (
    <Page title={j.title} description={t.range.shown(f.zoneName())} help={j} actions={
      <SpaceBetween direction="horizontal" size="xs">
        <Button iconName="refresh" onClick={() => void query.refetch()} loading={query.isFetching}>{t.list.refresh}</Button>
        {mayAct && <Button variant="primary" onClick={() => setAsked({ act: "start", bucket: "" })}>{j.startAny}</Button>}
      </SpaceBetween>
    }>
      <SpaceBetween size="l">
        {(query.data?.unseen ?? []).map(({ detail }, at) => (
          <Alert key={at} type="warning" header={j.unseen}>{detail}</Alert>
        ))}
        <List
          title={j.title}
          query={picked(query, ({ items }) => ({ rows: items as Job[], hasMore: false }))}
          columns={columns}
          idOf={({ bucket }) => bucket}
          nameOf={({ bucket }) => bucket}
          place={view}
          moveTo={(change) => go(jobsHref({ ...view, ...change }), "replace")}
          readMore={() => undefined}
          empty={{ title: j.empty, text: j.emptyText }}
          opens={false}
        />
        {asked?.act === "start" && <StartSweep known={asked.bucket} close={() => setAsked(undefined)} />}
        {asked?.act === "stop" && <StopSweep bucket={asked.bucket} close={() => setAsked(undefined)} />}
      </SpaceBetween>
    </Page>
  );
}
