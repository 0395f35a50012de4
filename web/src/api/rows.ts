// Lists come in pages, each with a cursor to the next.

/** Rows of a list from its beginning, and whether there are more than were wanted. */
export interface Rows<T> {
  rows: T[];
  hasMore: boolean;
}

const PAGES_MOST = 50;

/** Reads a list page by page, until it has `wanted` rows or the end: a page may hold fewer than its limit. */
export async function rowsOf<T>(
  wanted: number,
  page: (limit: number, cursor: string | undefined) => Promise<{ items: T[]; next: string | null }>,
): Promise<Rows<T>> {
  const rows: T[] = [];
  let cursor: string | undefined;
  for (let read = 0; read < PAGES_MOST; read += 1) {
    const { items, next } = await page(Math.min(wanted - rows.length, 1000), cursor);
    rows.push(...items);
    if (next === null) return { rows, hasMore: false };
    if (rows.length >= wanted) return { rows, hasMore: true };
    cursor = next;
  }
  return { rows, hasMore: true };
}
