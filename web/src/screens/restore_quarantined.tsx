import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { api, dataOf } from "../api/client";
import type { QuarantineEntry } from "../api/documents";
import { Ask } from "../parts/ask";
import { useReader } from "../preferences";
import { restoreOrderOf, type Allow, type RestoreFields } from "../restore_order";
import { addressOf } from "../whereabouts";

/** Asks how an object is put back: where to, over what, and whether its content is allowed from then on. */
export function RestoreQuarantined({ entry, close }: { entry: QuarantineEntry; close(): void }) {
  const { t } = useReader();
  const [fields, setFields] = useState<RestoreFields>({ allow: "once", days: "30", bucket: "", key: "", overwrite: false });
  const [now] = useState(() => new Date());
  const set = (change: Partial<RestoreFields>) => setFields({ ...fields, ...change });
  const q = t.quarantine;
  const order = restoreOrderOf(entry.id, entry.quarantine.bucket, fields, now);
  const whither = fields.bucket ? addressOf(fields.bucket, fields.key)
    : addressOf(entry.bucket ?? undefined, entry.key ?? undefined);
  const choice = (value: Allow) => ({ value, label: q.allow[value], description: q.allowHint[value] });
  return (
    <Ask
      isDangerous
      title={q.restoreTitle}
      text={q.restoreText(whither)}
      confirm={q.restore}
      missing={order ? undefined : q.restoreUnfit}
      call={order && { method: "POST", path: "/api/v1/quarantine/restore", body: order }}
      act={async () => {
        const { command } = await dataOf(api.POST("/api/v1/quarantine/restore", { body: order! }));
        return { text: q.restored(whither), command };
      }}
      close={close}
    >
      <SpaceBetween size="m">
        <FormField label={q.allowLabel}>
          <RadioGroup value={fields.allow} items={[choice("none"), choice("once"), choice("always")]}
            onChange={({ detail }) => set({ allow: detail.value as Allow })} />
        </FormField>
        {fields.allow === "always" && (
          <FormField label={q.days} constraintText={q.daysHint}>
            <Input value={fields.days} inputMode="numeric" onChange={({ detail }) => set({ days: detail.value.trim() })} />
          </FormField>
        )}
        <FormField label={q.toBucket} constraintText={q.toHint}>
          <Input value={fields.bucket} spellcheck={false} onChange={({ detail }) => set({ bucket: detail.value.trim() })} />
        </FormField>
        {fields.bucket !== "" && (
          <FormField label={q.toKey}>
            <Input value={fields.key} spellcheck={false} onChange={({ detail }) => set({ key: detail.value })} />
          </FormField>
        )}
        <Checkbox checked={fields.overwrite} description={q.overwriteHint}
          onChange={({ detail }) => set({ overwrite: detail.checked })}>
          {q.overwrite}
        </Checkbox>
      </SpaceBetween>
    </Ask>
  );
}
