import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import FormField from "@cloudscape-design/components/form-field";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api, ApiError, dataOf } from "../api/client";
import type { Problem } from "../api/documents";
import { useTell } from "../messages";
import { textOfProblem } from "../parts/states";
import { useReader } from "../preferences";
import { curlOf } from "../shell_text";

const WHY_MOST = 1000;

/** Asks before it says that a problem is handled, and shows the command that says the same. */
export function HandleProblem({ problem, close }: { problem: Problem; close(): void }) {
  const { t, f } = useReader();
  const tell = useTell();
  const client = useQueryClient();
  const [why, setWhy] = useState("");
  const [isTried, setIsTried] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [failed, setFailed] = useState<string>();
  const p = t.problems;
  const isFit = why.trim() !== "" && why.length <= WHY_MOST;

  const handle = async () => {
    setIsTried(true);
    if (!isFit) return;
    setIsBusy(true);
    setFailed(undefined);
    try {
      await dataOf(api.POST("/api/v1/problems/{id}/handle", { params: { path: { id: problem.id } }, body: { why } }));
      tell("success", p.done(problem.cause));
      await client.invalidateQueries();
      close();
    } catch (error) {
      setFailed(error instanceof ApiError ? textOfProblem(error, t, f) : String(error));
      setIsBusy(false);
    }
  };

  const command = curlOf(window.location.origin, `/api/v1/problems/${problem.id}/handle`, { why });
  return (
    <Modal
      visible
      header={p.handleTitle}
      closeAriaLabel={p.cancel}
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button onClick={close}>{p.cancel}</Button>
            <Button variant="primary" loading={isBusy} onClick={() => void handle()}>{p.confirm}</Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {failed && <Alert type="error" header={p.notDone}>{failed}</Alert>}
        <Box>{p.handleText}</Box>
        <FormField label={p.why} constraintText={p.whyHint} errorText={isTried && !isFit ? p.whyNeeded : undefined}>
          <Textarea autoFocus value={why} rows={3} onChange={({ detail }) => setWhy(detail.value)} />
        </FormField>
        <SpaceBetween size="xxs">
          <Box variant="awsui-key-label">{p.command}</Box>
          <code className="exact">{command}</code>
          <CopyToClipboard
            textToCopy={command}
            copyButtonText={t.list.copy}
            copySuccessText={t.list.copied}
            copyErrorText={t.list.notCopied}
          />
        </SpaceBetween>
      </SpaceBetween>
    </Modal>
  );
}
