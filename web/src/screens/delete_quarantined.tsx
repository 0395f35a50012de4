import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useState } from "react";

import { api, ApiError, dataOf } from "../api/client";
import { batchesOf } from "../batches";
import { Ask } from "../parts/ask";
import { useReader } from "../preferences";

const IDS_MOST = 100;
const FRAME_BYTES = '{"ids":[]}'.length;
const SHOWN = 5;

/** Asks before exactly these versions are deleted for good. `settle` is told which are gone, also where others failed. */
export function DeleteQuarantined({ ids, settle, close }:
    { ids: readonly string[]; settle(gone: string[]): void; close(): void }) {
  const { t, f } = useReader();
  const [left, setLeft] = useState(ids);
  const [typed, setTyped] = useState("");
  const [problems, setProblems] = useState<string[]>([]);
  const q = t.quarantine;
  const count = f.whole(left.length);
  const batches = batchesOf(left, IDS_MOST, FRAME_BYTES);

  const act = async () => {
    setProblems([]);
    let rest = [...left];
    const wrong: string[] = [];
    const commands: string[] = [];
    for (const batch of batches) {
      try {
        const done = await dataOf(api.POST("/api/v1/quarantine/delete", { body: { ids: batch } }));
        const failed = done.problems.map((one) => (one as { id?: string }).id);
        const gone = batch.filter((id) => !failed.includes(id));
        rest = rest.filter((id) => !gone.includes(id));
        settle(gone);
        setLeft(rest);
        commands.push(done.command);
        wrong.push(...done.problems.map(({ detail }) => detail));
      } catch (error) {
        if (!(error instanceof ApiError) || batches.length === 1) throw error;
        wrong.push(error.detail);
      }
    }
    setProblems(wrong);
    return wrong.length > 0 ? undefined : { text: q.removed(count), command: commands.join("; ") };
  };

  return (
    <Ask
      isDangerous
      title={q.removeTitle(count)}
      text={q.removeText}
      confirm={q.remove}
      missing={ids.length === 1 || typed === String(left.length) ? undefined : q.typeCount(String(left.length))}
      call={{ method: "POST", path: "/api/v1/quarantine/delete", body: { ids: batches[0] ?? [] } }}
      act={act}
      close={close}
    >
      {problems.length > 0 && (
        <Alert type="error" header={q.notRemoved(count)}>{problems.slice(0, SHOWN).join(" ")}</Alert>
      )}
      {ids.length > 1 && (
        <FormField label={q.typeCount(String(left.length))}>
          <Input value={typed} inputMode="numeric" onChange={({ detail }) => setTyped(detail.value.trim())} />
        </FormField>
      )}
    </Ask>
  );
}
