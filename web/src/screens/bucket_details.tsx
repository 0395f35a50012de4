// One bucket: each part of its protection with its state, what its objects mean to the settings, and changing that.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { api, dataOf } from "../api/client";
import { bucketStateOf, stepOf, type BucketReport } from "../bucket_facts";
import { useAccountQuery } from "../live";
import { BucketMark, Exact } from "../parts/marks";
import { Loaded } from "../parts/states";
import { Steps } from "../parts/steps";
import { useReader } from "../preferences";
import { useMay } from "../session";
import { problemsHref } from "../url_state";
import { GateBucket, ProtectBucket, UnprotectBucket } from "./change_bucket";

type Change = "protect" | "repair" | "unprotect" | "gate";

function Actions({ report }: { report: BucketReport }) {
  const { t } = useReader();
  const [change, setChange] = useState<Change>();
  const bucket = report.bucket ?? "";
  const state = bucketStateOf(report);
  const close = () => setChange(undefined);
  const b = t.buckets;
  return (
    <SpaceBetween size="xs" direction="horizontal" alignItems="center">
      {state === "unprotected" && <Button variant="primary" onClick={() => setChange("protect")}>{b.protect}</Button>}
      {state === "lacking" && <Button variant="primary" onClick={() => setChange("repair")}>{b.repair}</Button>}
      {state !== "unprotected" && <Button onClick={() => setChange("gate")}>{b.changeGate}</Button>}
      {state !== "unprotected" && <Button onClick={() => setChange("unprotect")}>{b.unprotect}</Button>}
      {(change === "protect" || change === "repair") && (
        <ProtectBucket bucket={bucket} isRepair={change === "repair"} close={close} />
      )}
      {change === "unprotect" && <UnprotectBucket bucket={bucket} close={close} />}
      {change === "gate" && <GateBucket bucket={bucket} hasGate={stepOf(report, "read gate") !== undefined} close={close} />}
    </SpaceBetween>
  );
}

function Meaning({ bucket }: { bucket: string }) {
  const { t } = useReader();
  const query = useAccountQuery(["policy", bucket], (signal) =>
    dataOf(api.GET("/api/v1/settings/policy", { signal, params: { query: { bucket } } })));
  return (
    <Loaded query={query}>
      {({ policy }) => (
        <KeyValuePairs columns={4} items={Object.entries(((policy as { on?: Record<string, unknown> }).on ?? {})).map(
          ([verdict, actions]) => ({ label: t.buckets.on(verdict), value: <Exact>{JSON.stringify(actions)}</Exact> }))} />
      )}
    </Loaded>
  );
}

function Details({ report }: { report: BucketReport }) {
  const { t } = useReader();
  const mayChange = useMay("admin");
  const b = t.buckets;
  const bucket = report.bucket ?? "";
  return (
    <SpaceBetween size="l">
      {mayChange && <Actions report={report} />}
      {bucketStateOf(report) === "lacking" && <Alert type="warning">{b.lacking}</Alert>}
      <KeyValuePairs columns={4} items={[
        { label: b.state, value: <BucketMark state={bucketStateOf(report)} /> },
        { label: b.region, value: report.region ?? t.states.unknown },
        { label: b.problems, value: <Link href={problemsHref({ bucket, range: "any" })}>{b.openProblems}</Link> },
      ]} />
      <Steps title={b.parts} steps={report.steps} />
      <Header variant="h3">{b.meaning}</Header>
      <Meaning bucket={bucket} />
    </SpaceBetween>
  );
}

export function BucketDetails({ bucket }: { bucket: string }) {
  const query = useAccountQuery(["bucket", bucket], (signal) =>
    dataOf(api.GET("/api/v1/buckets/{bucket}", { signal, params: { path: { bucket } } })));
  return <Loaded query={query}>{(report) => <Details report={report} />}</Loaded>;
}
