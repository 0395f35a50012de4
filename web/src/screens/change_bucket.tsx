// Protecting a bucket, repairing that, taking it back, and its read gate. What is asked for is shown first as the
// console says it would be done; only exactly that can then be done.
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { api, dataOf } from "../api/client";
import { changesOf, type Step } from "../bucket_facts";
import { linesOf } from "../line_text";
import { Ask, type Done } from "../parts/ask";
import { Command } from "../parts/command";
import { Exact } from "../parts/marks";
import { Preview, usePreview } from "../parts/preview";
import { Steps } from "../parts/steps";
import { useReader } from "../preferences";

interface Changed {
  steps: Step[];
  left: { detail: string } | null;
  command: string;
}

/** What would change, and the command that does it. */
function Plan({ plan: { steps, left, command } }: { plan: Changed }) {
  const { t } = useReader();
  return (
    <SpaceBetween size="s">
      <Steps title={t.buckets.changes} steps={changesOf(steps)} />
      {left && <Alert type="warning">{left.detail}</Alert>}
      <Command label={t.ask.commandLine}>{command}</Command>
    </SpaceBetween>
  );
}

function doneWith(text: string, { left, command }: Changed): Done {
  return { text: left ? `${text} ${left.detail}` : text, command };
}

export function ProtectBucket({ bucket, isRepair, close }: { bucket: string; isRepair: boolean; close(): void }) {
  const { t } = useReader();
  const [days, setDays] = useState("");
  const b = t.buckets;
  const isFit = /^\d{0,5}$/.test(days) && Number(days) <= 36_500;
  const body = days === "" ? {} : { quarantineExpireDays: Number(days) };
  const params = { path: { bucket } };
  const preview = usePreview(body, isFit, (signal) =>
    dataOf(api.POST("/api/v1/buckets/{bucket}/protect/preview", { signal, params, body })));
  return (
    <Ask
      size="large"
      title={isRepair ? b.repairTitle(bucket) : b.protectTitle(bucket)}
      text={isRepair ? b.repairText : b.protectText}
      confirm={isRepair ? b.repair : b.protect}
      missing={preview.missing}
      act={async () => doneWith(b.protectDone(bucket),
        await dataOf(api.POST("/api/v1/buckets/{bucket}/protect", { params, body })))}
      close={close}
    >
      {!isRepair && (
        <FormField label={b.days} constraintText={b.daysHint} errorText={isFit ? undefined : b.daysHint}>
          <Input inputMode="numeric" value={days} onChange={({ detail }) => setDays(detail.value)} />
        </FormField>
      )}
      <Preview preview={preview}>{(plan) => <Plan plan={plan} />}</Preview>
    </Ask>
  );
}

export function UnprotectBucket({ bucket, close }: { bucket: string; close(): void }) {
  const { t } = useReader();
  const [removeUnused, setRemoveUnused] = useState(false);
  const [discardMessages, setDiscardMessages] = useState(false);
  const b = t.buckets;
  const body = {
    ...(removeUnused && { removeUnused }), ...(removeUnused && discardMessages && { discardMessages }),
  };
  const params = { path: { bucket } };
  const preview = usePreview(body, true, (signal) =>
    dataOf(api.POST("/api/v1/buckets/{bucket}/unprotect/preview", { signal, params, body })));
  return (
    <Ask
      size="large"
      isDangerous
      title={b.unprotectTitle(bucket)}
      text={b.unprotectText}
      confirm={b.unprotect}
      missing={preview.missing}
      act={async () => doneWith(b.unprotectDone(bucket),
        await dataOf(api.POST("/api/v1/buckets/{bucket}/unprotect", { params, body })))}
      close={close}
    >
      <Checkbox checked={removeUnused} onChange={({ detail }) => setRemoveUnused(detail.checked)}
        description={b.removeUnusedHint}>
        {b.removeUnused}
      </Checkbox>
      {removeUnused && (
        <Checkbox checked={discardMessages} onChange={({ detail }) => setDiscardMessages(detail.checked)}
          description={b.discardMessagesHint}>
          {b.discardMessages}
        </Checkbox>
      )}
      <Preview preview={preview}>
        {(plan) => (
          <SpaceBetween size="s">
            <Plan plan={plan} />
            {(plan.regions ?? []).map((region, at) => (
              <Steps key={at} title={b.changesOfRegion(region.region ?? "")} steps={changesOf(region.steps)} />
            ))}
          </SpaceBetween>
        )}
      </Preview>
    </Ask>
  );
}

export function GateBucket({ bucket, hasGate, close }: { bucket: string; hasGate: boolean; close(): void }) {
  const { t } = useReader();
  const [roles, setRoles] = useState("");
  const [guardTags, setGuardTags] = useState(false);
  const [remove, setRemove] = useState(false);
  const b = t.buckets;
  const allowRoles = linesOf(roles);
  const body = remove ? { remove } : {
    ...(allowRoles.length > 0 && { allowRoles }), ...(guardTags && { guardTags }),
  };
  const params = { path: { bucket } };
  const preview = usePreview(body, remove || hasGate || allowRoles.length > 0, (signal) =>
    dataOf(api.POST("/api/v1/buckets/{bucket}/gate/preview", { signal, params, body })));
  return (
    <Ask
      size="large"
      isDangerous
      title={b.gateTitle(bucket)}
      text={remove ? b.gateRemoveText : b.gateText}
      confirm={remove ? b.gateRemove : b.gatePut}
      missing={preview.missing}
      act={async () => {
        const { note, command } = await dataOf(api.POST("/api/v1/buckets/{bucket}/gate", { params, body }));
        return { text: b.gateDone(bucket, note), command };
      }}
      close={close}
    >
      {hasGate && (
        <Checkbox checked={remove} onChange={({ detail }) => setRemove(detail.checked)}>{b.gateRemove}</Checkbox>
      )}
      {!remove && (
        <SpaceBetween size="m">
          <FormField label={b.roles} constraintText={hasGate ? b.rolesHintKept : b.rolesHint}>
            <Textarea value={roles} rows={2} spellcheck={false} onChange={({ detail }) => setRoles(detail.value)} />
          </FormField>
          <Checkbox checked={guardTags} onChange={({ detail }) => setGuardTags(detail.checked)}
            description={b.guardTagsHint}>
            {b.guardTags}
          </Checkbox>
        </SpaceBetween>
      )}
      <Preview preview={preview}>
        {({ state, note, policy, command }) => (
          <SpaceBetween size="s">
            <div>{`${state}: ${note}`}</div>
            {policy && <Exact>{policy}</Exact>}
            <Command label={t.ask.commandLine}>{command}</Command>
          </SpaceBetween>
        )}
      </Preview>
    </Ask>
  );
}
