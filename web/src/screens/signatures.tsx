// The brake on new signatures: what they found too much of, and a decision about it.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Multiselect from "@cloudscape-design/components/multiselect";
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";

import { api, dataOf } from "../api/client";
import type { Brake } from "../api/documents";
import { useAccountQuery } from "../live";
import { Ask } from "../parts/ask";
import { Exact, Instant } from "../parts/marks";
import { Page } from "../parts/page";
import { Loaded } from "../parts/states";
import { useReader } from "../preferences";
import { useMay } from "../session";

const NAMES_MOST = 100;

function Confirm({ close }: { close(): void }) {
  const { t } = useReader();
  const s = t.signatures;
  return (
    <Ask
      isDangerous
      title={s.confirmTitle}
      text={s.confirmText}
      confirm={s.confirm}
      call={{ method: "POST", path: "/api/v1/signatures/brake/confirm", body: {} }}
      act={async () => {
        const { command } = await dataOf(api.POST("/api/v1/signatures/brake/confirm", { body: {} }));
        return { text: s.confirmed, command };
      }}
      close={close}
    />
  );
}

function Reject({ brake, close }: { brake: Brake; close(): void }) {
  const { t } = useReader();
  const [what, setWhat] = useState("all");
  const [names, setNames] = useState<string[]>([]);
  const s = t.signatures;
  const body = what === "set" ? { set: true } : what === "names" ? { names } : {};
  const isFit = what !== "names" || (names.length > 0 && names.length <= NAMES_MOST);
  return (
    <Ask
      isDangerous
      title={s.rejectTitle}
      text={s.rejectText}
      confirm={s.reject}
      missing={isFit ? undefined : s.namesNeeded}
      call={{ method: "POST", path: "/api/v1/signatures/brake/reject", body }}
      act={async () => {
        const { command } = await dataOf(api.POST("/api/v1/signatures/brake/reject", { body }));
        return { text: s.rejected, command };
      }}
      close={close}
    >
      <FormField label={s.what}>
        <RadioGroup value={what} onChange={({ detail }) => setWhat(detail.value)} items={[
          { value: "all", label: s.allNames }, { value: "names", label: s.someNames },
          { value: "set", label: s.wholeSet, description: s.wholeSetHint },
        ]} />
      </FormField>
      {what === "names" && (
        <FormField label={s.names}>
          <Multiselect
            options={brake.names.map((value) => ({ value, label: value }))}
            selectedOptions={names.map((value) => ({ value, label: value }))}
            placeholder={s.someNames}
            onChange={({ detail }) => setNames(detail.selectedOptions.map(({ value }) => value ?? ""))}
          />
        </FormField>
      )}
    </Ask>
  );
}

function State({ brake }: { brake: Brake }) {
  const { t, f } = useReader();
  const mayDecide = useMay("admin");
  const [asked, setAsked] = useState<"confirm" | "reject">();
  const s = t.signatures;
  const close = () => setAsked(undefined);
  const list = (names: readonly string[] | undefined) =>
    (names && names.length > 0 ? <Exact>{names.join("\n")}</Exact> : t.states.none);
  return (
    <Container header={
      <Header variant="h2" actions={mayDecide && brake.pending && (
        <SpaceBetween direction="horizontal" size="xs">
          <Button onClick={() => setAsked("reject")}>{s.reject}</Button>
          <Button variant="primary" onClick={() => setAsked("confirm")}>{s.confirm}</Button>
        </SpaceBetween>
      )}>
        {s.brake}
      </Header>
    }>
      <SpaceBetween size="l">
        {brake.pending && <Alert type="warning" header={s.pending}>{s.pendingText}</Alert>}
        <KeyValuePairs columns={4} items={[
          { label: s.state, value: <StatusIndicator type={brake.pending ? "warning" : "success"}>
            {s.states[brake.state] ?? brake.state}</StatusIndicator> },
          { label: s.region, value: brake.region },
          { label: s.set, value: brake.set ? <Exact>{brake.set}</Exact> : t.states.none },
          { label: s.held, value: f.whole(brake.held) },
          { label: s.names, value: list(brake.names) },
          { label: s.found, value: s.foundOf(f.whole(brake.infected ?? 0), f.whole(brake.scanned ?? 0)) },
          { label: s.agent, value: brake.agent ? <Exact>{brake.agent}</Exact> : t.states.none },
          { label: s.since, value: brake.since ? <Instant iso={brake.since} /> : t.states.none },
          { label: s.decided, value: brake.decidedAt ? <><Instant iso={brake.decidedAt} />{` ${brake.decidedBy ?? ""}`}</>
            : t.states.none },
          { label: s.ignored, value: list(brake.ignored) },
          { label: s.rejectedSets, value: list(brake.rejectedSets) },
        ]} />
        {asked === "confirm" && <Confirm close={close} />}
        {asked === "reject" && <Reject brake={brake} close={close} />}
      </SpaceBetween>
    </Container>
  );
}

export default function Signatures() {
  const { t, f } = useReader();
  const query = useAccountQuery(["brake"], (signal) => dataOf(api.GET("/api/v1/signatures/brake", { signal })));
  const s = t.signatures;
  return (
    <Page title={s.title} description={t.range.shown(f.zoneName())} help={s} actions={
      <Button iconName="refresh" onClick={() => void query.refetch()} loading={query.isFetching}>{t.list.refresh}</Button>
    }>
      <Loaded query={query}>{(brake) => <State brake={brake as Brake} />}</Loaded>
    </Page>
  );
}
