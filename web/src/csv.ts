// Lists as text for a spreadsheet or a program (RFC 4180).

// What a spreadsheet would run as a formula: keys and signature names are the text of strangers.
const FORMULA = /^[=+\-@\t\r]/;

function cellOf(value: string): string {
  const harmless = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export function csvOf(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, ...rows].map((row) => `${row.map(cellOf).join(",")}\r\n`).join("");
}
