import ButtonDropdown from "@cloudscape-design/components/button-dropdown";

import { csvOf } from "../csv";
import { useReader } from "../preferences";

function save(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** The rows that were read, as a file: `columns` for a spreadsheet, the documents as they are for a program. */
export function Export<T>({ name, rows, columns }:
    { name: string; rows: readonly T[]; columns: readonly [string, (row: T) => string][] }) {
  const { t } = useReader();
  return (
    <ButtonDropdown
      disabled={rows.length === 0}
      items={[{ id: "csv", text: t.list.csv }, { id: "json", text: t.list.json }]}
      onItemClick={({ detail }) => {
        if (detail.id === "json") save(`${name}.json`, "application/json", JSON.stringify(rows, null, 2));
        else {
          save(`${name}.csv`, "text/csv", csvOf(columns.map(([header]) => header),
            rows.map((row) => columns.map(([, value]) => value(row)))));
        }
      }}
    >
      {t.list.save}
    </ButtonDropdown>
  );
}
