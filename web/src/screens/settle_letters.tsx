import { api, dataOf } from "../api/client";
import { batchesOf } from "../batches";
import { Ask } from "../parts/ask";
import { useReader } from "../preferences";

export type Verb = "replay" | "drop";
export type LetterChoice = { ids: string[] } | { cause: string } | { all: true };

const IDS_MOST = 50;
const FRAME_BYTES = '{"ids":[]}'.length;

// One request, or as many as the ids need.
function bodiesOf(choice: LetterChoice): LetterChoice[] {
  if (!("ids" in choice)) return [choice];
  return batchesOf(choice.ids, IDS_MOST, FRAME_BYTES).map((ids) => ({ ids }));
}

/** Asks before letters are sent to their queue again, or deleted for good. */
export function SettleLetters({ verb, choice, count, settle, close }:
    { verb: Verb; choice: LetterChoice; count: number; settle(): void; close(): void }) {
  const { t, f } = useReader();
  const l = t.letters;
  const bodies = bodiesOf(choice);
  const send = (body: LetterChoice) => dataOf(verb === "replay"
    ? api.POST("/api/v1/letters/replay", { body }) : api.POST("/api/v1/letters/drop", { body }));
  return (
    <Ask
      isDangerous={verb === "drop"}
      title={verb === "replay" ? l.replayTitle(f.whole(count)) : l.dropTitle(f.whole(count))}
      text={verb === "replay" ? l.replayText : l.dropText}
      confirm={verb === "replay" ? l.replay : l.drop}
      call={{ method: "POST", path: `/api/v1/letters/${verb}`, body: bodies[0] ?? {} }}
      act={async () => {
        let done = 0;
        const commands: string[] = [];
        for (const body of bodies) {
          const answer = await send(body);
          done += (verb === "replay" ? answer.replayed : answer.dropped) ?? 0;
          commands.push(answer.command);
        }
        settle();
        const text = verb === "replay" ? l.replayed(f.whole(done)) : l.dropped(f.whole(done));
        return { text, command: commands.join("; ") };
      }}
      close={close}
    />
  );
}
