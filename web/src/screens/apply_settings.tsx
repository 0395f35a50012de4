import { applySettings, type StoredSettings } from "../api/settings_calls";
import { Ask } from "../parts/ask";
import { Difference } from "../parts/difference";
import { useReader } from "../preferences";
import { textOfSettings } from "../settings_text";

/** Shows once more what changes, and puts the document in force over exactly the one that was seen. */
export function ApplySettings({ text, over, title, close, settle }:
    { text: string; over: StoredSettings; title: string; close(): void; settle(): void }) {
  const { t } = useReader();
  const s = t.settings;
  return (
    <Ask
      size="large"
      isDangerous
      title={title}
      text={s.applyText}
      confirm={s.apply}
      act={async () => {
        const { command, unfinished } = await applySettings(text, over.eTag);
        settle();
        return { text: unfinished ? `${s.applied} ${unfinished.detail}` : s.applied, command };
      }}
      close={close}
    >
      <Difference before={textOfSettings(over.settings)} after={text} />
    </Ask>
  );
}
