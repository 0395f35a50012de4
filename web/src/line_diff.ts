// What differs between two texts, line by line: a longest common subsequence.

export interface DiffLine {
  is: "same" | "gone" | "new";
  text: string;
}

// The table of a pair of texts has so many cells at most; longer ones are told as all gone and all new.
const CELLS_MOST = 4_000_000;

export function diffOf(before: string, after: string): DiffLine[] {
  const a = before.split("\n");
  const b = after.split("\n");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const same = (lines: string[]): DiffLine[] => lines.map((text) => ({ is: "same", text }));
  return [
    ...same(a.slice(0, start)),
    ...changed(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...same(end === 0 ? [] : a.slice(-end)),
  ];
}

function changed(a: string[], b: string[]): DiffLine[] {
  const width = b.length + 1;
  if (a.length * b.length > CELLS_MOST) {
    return [...a.map((text) => ({ is: "gone" as const, text })), ...b.map((text) => ({ is: "new" as const, text }))];
  }
  // common[i * width + j]: how many lines a from i and b from j have in common.
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = a[i] === b[j] ? common[(i + 1) * width + j + 1]! + 1
        : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ is: "same", text: a[i]! });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!)) {
      lines.push({ is: "gone", text: a[i]! });
      i += 1;
    } else {
      lines.push({ is: "new", text: b[j]! });
      j += 1;
    }
  }
  return lines;
}

/** What changed, with so many lines of what is the same around it; undefined: lines are left out there. */
export function hunksOf(lines: readonly DiffLine[], around: number): (DiffLine | undefined)[] {
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - around), at + around + 1).some(({ is }) => is !== "same"));
  const shown: (DiffLine | undefined)[] = [];
  lines.forEach((line, at) => {
    if (isNear[at]) shown.push(line);
    else if (at === 0 || isNear[at - 1]) shown.push(undefined);
  });
  return shown;
}
