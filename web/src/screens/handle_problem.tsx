import FormField from "@cloudscape-design/components/form-field";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { api, dataOf } from "../api/client";
import type { Problem } from "../api/documents";
import { Ask } from "../parts/ask";
import { useReader } from "../preferences";

const WHY_MOST = 1000;

/** Asks before it says that a problem is handled, and shows the command that says the same. */
export function HandleProblem({ problem, close }: { problem: Problem; close(): void }) {
  const { t } = useReader();
  const [why, setWhy] = useState("");
  const p = t.problems;
  const isFit = why.trim() !== "" && why.length <= WHY_MOST;
  return (
    <Ask
      title={p.handleTitle}
      text={p.handleText}
      confirm={p.confirm}
      missing={isFit ? undefined : p.whyNeeded}
      call={{ method: "POST", path: `/api/v1/problems/${problem.id}/handle`, body: { why } }}
      act={async () => {
        await dataOf(api.POST("/api/v1/problems/{id}/handle", { params: { path: { id: problem.id } }, body: { why } }));
        return { text: p.done(problem.cause) };
      }}
      close={close}
    >
      <FormField label={p.why} constraintText={p.whyHint}>
        <Textarea autoFocus value={why} rows={3} onChange={({ detail }) => setWhy(detail.value)} />
      </FormField>
    </Ask>
  );
}
