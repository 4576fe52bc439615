// Rows to CSV.
import Papa from "../vendor/papaparse.js";
import { delimiterOf } from "./delimiter";

/** What is written at most, characters. */
const MOST = 500_000;
/** Rows times columns. */
const MOST_VALUES = 100_000;

const cell = (value: unknown): string => {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};

/** What the tool returns: lines end in CR LF, as RFC 4180 wants it, and values are quoted where they must be. */
export const write = (
  rows: Record<string, unknown>[],
  { columns, delimiter }: { columns?: string[] | undefined; delimiter?: string | undefined },
): { csv: string; rows: number } => {
  const names = columns ?? [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (names.length === 0) throw new Error("`rows` have no columns; write them as objects such as {\"name\": \"Ada\"}");
  if (names.length * rows.length > MOST_VALUES) throw new Error(`${rows.length} rows of ${names.length} columns are more than ${MOST_VALUES} values; write fewer rows at a time`);
  const value = (row: Record<string, unknown>, name: string) => (Object.hasOwn(row, name) ? cell(row[name]) : "");
  const data = rows.map((row) => names.map((name) => value(row, name)));
  const csv = Papa.unparse({ fields: names, data }, { delimiter: delimiterOf(delimiter) ?? ",", newline: "\r\n" });
  if (csv.length > MOST) throw new Error(`the text would be longer than ${MOST} characters; write fewer rows at a time`);
  return { csv, rows: rows.length };
};
