// Numbers of 64 bits do not fit into a JavaScript number: 18446744073709551615 would be read as
// 18446744073709552000. Whole numbers that are too long are read as text, exactly.

/** A whole number of a document: a number where it is exact, else its digits. */
export type Whole = number | string;

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG = /^-?\d{16,}$/;

/** The same document with quotes around each whole number of 16 digits or more. */
export function withExactNumbers(json: string): string {
  return json.replace(TOKEN, (token) => (LONG.test(token) ? `"${token}"` : token));
}
