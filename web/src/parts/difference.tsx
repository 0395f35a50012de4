import Box from "@cloudscape-design/components/box";

import { diffOf, hunksOf } from "../line_diff";
import { useReader } from "../preferences";

const AROUND = 3;
const SIGNS = { same: " ", gone: "-", new: "+" } as const;

/** What would be another line: with a sign before each line, and a colour for those who see it. */
export function Difference({ before, after }: { before: string; after: string }) {
  const { t } = useReader();
  if (before === after) return <Box>{t.settings.same}</Box>;
  return (
    <pre className="exact difference" tabIndex={0} aria-label={t.settings.difference}>
      {hunksOf(diffOf(before, after), AROUND).map((line, at) => (line
        ? <div key={at} className={line.is}>{`${SIGNS[line.is]} ${line.text}`}</div>
        : <div key={at}>…</div>))}
    </pre>
  );
}
