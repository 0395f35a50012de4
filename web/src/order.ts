// Order and pages of what was read of a list.
import type { ListPlace } from "./url_state";

/** A column that rows may be ordered by. */
export interface Orderable<T> {
  id: string;
  /** None: the list is not ordered by it. */
  compare?(a: T, b: T): number;
}

export const PAGE_ROWS = 25;

/** The rows of the place's page, in its order. Equal ones stay as they came. */
export function rowsAt<T>(rows: readonly T[], columns: readonly Orderable<T>[], place: ListPlace): T[] {
  const compare = columns.find((column) => column.id === place.sort)?.compare;
  const sign = place.descending ? -1 : 1;
  const ordered = compare ? [...rows].sort((a, b) => sign * compare(a, b)) : [...rows];
  return ordered.slice((place.page - 1) * PAGE_ROWS, place.page * PAGE_ROWS);
}
