// The interface takes bodies of at most 4 KiB, and so many ids at a time.

export const BODY_BYTES_MOST = 4096;

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

/**
 * The ids in batches, each of which fits into a body beside `frame` (the bytes of everything else there). An id that
 * fits into none by itself is a batch of its own, and the interface says what is wrong with it.
 */
export function batchesOf(ids: readonly string[], most: number, frame: number): string[][] {
  const batches: string[][] = [];
  let room = 0;
  for (const id of ids) {
    const needed = bytesOf(JSON.stringify(id)) + 1; // With its comma.
    const last = batches.at(-1);
    if (last && last.length < most && needed <= room) {
      last.push(id);
      room -= needed;
    } else {
      batches.push([id]);
      room = BODY_BYTES_MOST - frame - needed;
    }
  }
  return batches;
}
