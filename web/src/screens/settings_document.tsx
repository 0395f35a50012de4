import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { ApiError } from "../api/client";
import { checkSettings, type LineProblem, type StoredSettings } from "../api/settings_calls";
import { Difference } from "../parts/difference";
import { Exact } from "../parts/marks";
import { textOfProblem } from "../parts/states";
import { useReader } from "../preferences";
import { useMay } from "../session";
import { jsonProblemOf, textOfSettings } from "../settings_text";
import { ApplySettings } from "./apply_settings";

export function Problems({ problems }: { problems: readonly LineProblem[] }) {
  const { t, f } = useReader();
  return (
    <ul>
      {problems.map(({ line, key, problem }, at) => (
        <li key={at}>{t.settings.problem(f.whole(line), key)} <Exact>{problem}</Exact></li>
      ))}
    </ul>
  );
}

/** The document as text: checked by the console, compared with what is in force, and put in its place. */
export function SettingsDocument({ stored }: { stored: StoredSettings }) {
  const { t, f } = useReader();
  const mayChange = useMay("admin");
  const now = textOfSettings(stored.settings);
  // Over which document it was begun: another one that comes into force meanwhile does not change what is typed.
  const [draft, setDraft] = useState<{ text: string; over: StoredSettings }>();
  const [checked, setChecked] = useState<{ text: string; problems: LineProblem[] }>();
  const [failed, setFailed] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const [isApplying, setIsApplying] = useState(false);
  const s = t.settings;
  const text = draft?.text ?? now;
  const before = draft ? textOfSettings(draft.over.settings) : now;
  const verdict = checked?.text === text ? checked.problems : undefined;
  const isOvertaken = draft !== undefined && draft.over.eTag !== stored.eTag;

  const check = async () => {
    const noJson = jsonProblemOf(text);
    setFailed(noJson);
    if (noJson !== undefined) return;
    setIsBusy(true);
    try {
      setChecked({ text, problems: await checkSettings(text) });
    } catch (problem) {
      setFailed(problem instanceof ApiError ? textOfProblem(problem, t, f) : String(problem));
    }
    setIsBusy(false);
  };

  return (
    <SpaceBetween size="m">
      {stored.eTag === undefined && <Alert type="info">{s.none}</Alert>}
      {stored.problems.length > 0 && (
        <Alert type="error" header={s.storedIsRefused}><Problems problems={stored.problems} /></Alert>
      )}
      {isOvertaken && (
        <Alert type="warning" action={<Button onClick={() => setDraft(undefined)}>{s.discard}</Button>}>{s.overtaken}</Alert>
      )}
      <FormField stretch label={s.text} description={mayChange ? s.textHint : s.textHintOfReaders}>
        <Textarea
          value={text}
          rows={20}
          spellcheck={false}
          readOnly={!mayChange}
          onChange={({ detail }) => setDraft({ text: detail.value, over: draft?.over ?? stored })}
        />
      </FormField>
      {mayChange && (
        <SpaceBetween direction="horizontal" size="xs">
          <Button loading={isBusy} onClick={() => void check()}>{s.check}</Button>
          <Button disabled={draft === undefined} onClick={() => setDraft(undefined)}>{s.discard}</Button>
          <Button variant="primary" disabled={verdict?.length !== 0 || text === before || isOvertaken}
            disabledReason={s.applyNeeds} onClick={() => setIsApplying(true)}>
            {s.apply}
          </Button>
        </SpaceBetween>
      )}
      {failed !== undefined && <Alert type="error" header={s.refused}><Exact>{failed}</Exact></Alert>}
      {verdict && verdict.length > 0 && <Alert type="error" header={s.refused}><Problems problems={verdict} /></Alert>}
      {verdict?.length === 0 && <Alert type="success">{s.valid}</Alert>}
      {text !== before && <Difference before={before} after={text} />}
      {isApplying && draft && (
        <ApplySettings text={text} over={draft.over} title={s.applyTitle} close={() => setIsApplying(false)}
          settle={() => setDraft(undefined)} />
      )}
    </SpaceBetween>
  );
}
