// CSV to rows.
import Papa from "../vendor/papaparse.js";
import { listed, nearest } from "../shared/nearest";
import { delimiterOf } from "./delimiter";

type Condition = { column: string; is: "=" | "!=" | "<" | "<=" | ">" | ">=" | "contains"; value: string };

/** How to read. */
export interface Options {
  delimiter?: string | undefined;
  header?: boolean | undefined;
  columns?: string[] | undefined;
  where?: Condition[] | undefined;
  offset?: number | undefined;
  limit?: number | undefined;
}

/** What is read at most, rows and characters: beyond, the model gets what it can never use, or the tool runs out of memory. */
const MOST_CHARACTERS = 8_000_000;
const MOST_ANSWER = 100_000;
const LIMIT = 100;

/** Names of columns, each once: an empty one is its number, a second `a` is `a_2`. */
const unique = (names: string[]): string[] => {
  const taken = new Set<string>();
  return names.map((name, at) => {
    const base = name.trim() || String(at + 1);
    let one = base;
    for (let count = 2; taken.has(one); count++) one = `${base}_${count}`;
    taken.add(one);
    return one;
  });
};

const place = (name: string, names: string[], of: string): number => {
  const at = names.indexOf(name);
  if (at >= 0) return at;
  const near = nearest(name, names);
  const shown = names.slice(0, 30).map((one) => `\`${one.slice(0, 40)}\``);
  const more = names.length > shown.length ? [...shown, `${names.length - shown.length} more`] : shown;
  throw new Error(`${of} names a column \`${name.slice(0, 40)}\` that is not there; ${near ? `did you mean \`${near}\`?` : `the columns are ${listed(more)}`}`);
};

const NUMBER = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/;

const order = (a: string, b: string): number => {
  if (NUMBER.test(a) && NUMBER.test(b)) return Number(a) - Number(b);
  return a < b ? -1 : a > b ? 1 : 0;
};

const holds = (cell: string, { is, value }: Condition): boolean => {
  switch (is) {
    case "=": return cell === value;
    case "!=": return cell !== value;
    case "contains": return cell.toLowerCase().includes(value.toLowerCase());
    case "<": return order(cell, value) < 0;
    case "<=": return order(cell, value) <= 0;
    case ">": return order(cell, value) > 0;
    case ">=": return order(cell, value) >= 0;
  }
};

const lines = (text: string, delimiter: string | undefined, header: boolean): { data: string[][]; delimiter: string; problem: string | undefined } => {
  if (text.length > MOST_CHARACTERS) throw new Error(`the text is longer than ${MOST_CHARACTERS} characters; read a part of it`);
  const { data, errors, meta } = Papa.parse(text, { delimiter: delimiter ?? "", skipEmptyLines: "greedy" });
  const quotes = errors.find(({ type }) => type === "Quotes");
  const words = quotes?.code === "MissingQuotes" ? "a quoted value has no end" : "a quoted value goes on behind its quote";
  return { data, delimiter: meta.delimiter, problem: quotes && `${words}, in row ${(quotes.row ?? 0) + (header ? 0 : 1)}` };
};

/** What the tool returns. */
export const read = (text: string, options: Options): Record<string, unknown> => {
  const { header = true, where = [], offset = 0, limit = LIMIT } = options;
  const { data, delimiter, problem } = lines(text, delimiterOf(options.delimiter), header);
  const width = data.reduce((most, { length }) => Math.max(most, length), 0);
  const first = header ? (data[0] ?? []) : [];
  const names = unique(Array.from({ length: header ? first.length : width }, (_, at) => first[at] ?? ""));
  const records = header ? data.slice(1) : data;
  const conditions = where.map((one) => ({ one, at: place(one.column, names, "`where`") }));
  const found = records.filter((record) => conditions.every(({ one, at }) => holds(record[at] ?? "", one)));
  const wanted = (options.columns ?? names).map((name) => ({ name, at: place(name, names, "`columns`") }));
  const rows: Record<string, string>[] = [];
  let length = 0;
  for (const record of found.slice(offset, offset + limit)) {
    // Without a prototype, a column called `__proto__` is a column as any other.
    const row: Record<string, string> = Object.create(null);
    for (const { name, at } of wanted) row[name] = record[at] ?? "";
    length += JSON.stringify(row).length;
    if (length > MOST_ANSWER) break;
    rows.push(row);
  }
  const odd = header ? records.findIndex((record) => record.length !== names.length) : -1;
  const notes = [
    ...(problem ? [problem] : []),
    ...(odd >= 0 ? [`row ${odd + 1} has ${records[odd]!.length} values for ${names.length} columns`] : []),
    ...(offset + rows.length < found.length ? [`${found.length - offset - rows.length} more rows: raise \`offset\`, or narrow with \`where\` or \`columns\``] : []),
  ];
  const answer = { columns: names, delimiter, matching: found.length, total: records.length, rows };
  return notes.length > 0 ? { ...answer, notes } : answer;
};
