// A table whose place (order, page, open row) is in the address. It orders and divides what was read; how much of
// the list that is, it says.
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import type { Rows } from "../api/rows";
import { PAGE_ROWS, rowsAt, type Orderable } from "../order";
import { useReader } from "../preferences";
import type { ListPlace } from "../url_state";
import { Empty, Loaded } from "./states";

export interface Column<T> extends Orderable<T> {
  header: string;
  cell(row: T): ReactNode;
  minWidth?: number;
}

interface ListProps<T> {
  title: string;
  query: UseQueryResult<Rows<T>>;
  columns: Column<T>[];
  idOf(row: T): string;
  nameOf(row: T): string;
  place: ListPlace;
  moveTo(place: Partial<ListPlace>): void;
  readMore(): void;
  empty: { title: string; text: string };
  /** Whether a row opens beside the list. */
  opens: boolean;
  /** Rows that are chosen for an action; a click on a row opens it all the same. */
  choice?: { chosen: readonly string[]; choose(ids: string[]): void };
  actions?: ReactNode;
}

export function List<T>(props: ListProps<T>) {
  return <Loaded query={props.query}>{(data) => <Rowed {...props} data={data} />}</Loaded>;
}

function Rowed<T>({ data, columns, place, moveTo, title, empty, opens, idOf, nameOf, readMore, choice,
    actions }:
    ListProps<T> & { data: Rows<T> }) {
  const { t, f } = useReader();
  const pages = Math.max(1, Math.ceil(data.rows.length / PAGE_ROWS));
  const page = Math.min(place.page, pages);
  const count = f.whole(data.rows.length);
  const shown = rowsAt(data.rows, columns, { ...place, page });
  return (
    <SpaceBetween size="s">
      {data.hasMore && (
        <Alert type="info" action={<Button onClick={readMore}>{t.list.more}</Button>}>{t.list.moreText}</Alert>
      )}
      <Table
        items={shown}
        trackBy={idOf}
        wrapLines
        columnDefinitions={columns.map(({ id, header, cell, compare, minWidth }, at) => ({
          id, header, minWidth, isRowHeader: at === 0,
          // Where rows are marked, what opens one is a link: a click on the row is nothing for the keyboard.
          cell: at === 0 && choice && opens ? (row: T) => (
            <Link onFollow={() => moveTo({ open: idOf(row) })} ariaLabel={t.list.choose(nameOf(row))}>{cell(row)}</Link>
          ) : cell,
          ...(compare && { sortingField: id, sortingComparator: compare }),
        }))}
        sortingColumn={{ sortingField: place.sort }}
        sortingDescending={place.descending}
        onSortingChange={({ detail }) =>
          moveTo({ sort: detail.sortingColumn.sortingField, descending: detail.isDescending ?? false, page: 1 })}
        {...(opens && {
          onRowClick: ({ detail }: { detail: { item: T } }) => moveTo({ open: idOf(detail.item) }),
        })}
        {...(opens && !choice && {
          selectionType: "single" as const,
          selectedItems: shown.filter((row) => idOf(row) === place.open),
          onSelectionChange: ({ detail }: { detail: { selectedItems: T[] } }) => {
            const row = detail.selectedItems[0];
            if (row !== undefined) moveTo({ open: idOf(row) });
          },
        })}
        {...(choice && {
          selectionType: "multi" as const,
          selectedItems: data.rows.filter((row) => choice.chosen.includes(idOf(row))),
          onSelectionChange: ({ detail }: { detail: { selectedItems: T[] } }) =>
            choice.choose(detail.selectedItems.map(idOf)),
        })}
        ariaLabels={{
          tableLabel: title,
          selectionGroupLabel: choice ? t.list.marker : t.list.chooser,
          allItemsSelectionLabel: () => t.list.markAll,
          itemSelectionLabel: (_, row) => (choice ? t.list.mark(nameOf(row)) : t.list.choose(nameOf(row))),
        }}
        header={
          <Header
            variant="h2"
            actions={actions}
            counter={choice && choice.chosen.length > 0
              ? `(${f.whole(choice.chosen.length)}/${count})`
              : `(${data.hasMore ? t.list.rowsOfMore(count) : count})`}
          >
            {title}
          </Header>
        }
        empty={<Empty {...empty} />}
        pagination={pages > 1 && (
          <Pagination
            currentPageIndex={page}
            pagesCount={pages}
            onChange={({ detail }) => moveTo({ page: detail.currentPageIndex })}
            ariaLabels={{ nextPageLabel: t.list.nextPage, previousPageLabel: t.list.previousPage,
              pageLabel: t.list.pageLabel }}
          />
        )}
      />
    </SpaceBetween>
  );
}
