// CSV to rows: read row by row, so that a long table costs no more memory than its text and what is asked of it.
import Papa from "../vendor/papaparse.js";
import { listed, nearest } from "../common/nearest";
import { delimiterOf } from "./delimiter";
import { type Condition, holds } from "./where";

/** How to read. */
export interface Options {
  delimiter?: string | undefined;
  header?: boolean | undefined;
  columns?: string[] | undefined;
  where?: Condition[] | undefined;
  offset?: number | undefined;
  limit?: number | undefined;
}

/** What is read at most, characters. */
const MOST_CHARACTERS = 4_000_000;
/** What is told at most, characters of JSON. */
const MOST_ANSWER = 100_000;
/** Columns that are told without being asked for. */
const MOST_COLUMNS = 200;
const LIMIT = 100;

/** Names of columns, each once: an empty one is its number, a second `a` is `a_2`. */
const unique = (names: string[]): string[] => {
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return names.map((name, at) => {
    const base = name.trim() || String(at + 1);
    let one = base;
    for (let count = counts.get(base) ?? 2; taken.has(one); count++) {
      one = `${base}_${count}`;
      counts.set(base, count + 1);
    }
    taken.add(one);
    return one;
  });
};

const place = (name: string, names: string[], of: string): number => {
  const at = names.indexOf(name);
  if (at >= 0) return at;
  const near = nearest(name, names.slice(0, 1000));
  const shown = names.slice(0, 30).map((one) => `\`${one.slice(0, 40)}\``);
  const more = names.length > shown.length ? [...shown, `${names.length - shown.length} more`] : shown;
  const known = names.length === 0 ? "the text has none" : `${names.length === 1 ? "the only column is" : "the columns are"} ${listed(more)}`;
  const help = near ? `did you mean \`${near}\`?` : known;
  throw new Error(`${of} names a column \`${name.slice(0, 40)}\` that is not there; ${help}`);
};

/** A table on its way. */
class Table {
  names: string[] = [];
  total = 0;
  matching = 0;
  records: string[][] = [];
  /** The first row that has more or fewer values than there are columns. */
  odd: { row: number; length: number } | undefined;
  #options: Options;
  #isBegun = false;
  #conditions: { condition: Condition; at: number }[] = [];
  #length = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  add(record: string[]): void {
    const { header = true } = this.#options;
    if (!this.#isBegun) {
      this.#begin(header ? unique(record) : record.map((_, at) => String(at + 1)));
      if (header) return;
    }
    this.total += 1;
    if (!header) for (let at = this.names.length; at < record.length; at++) this.names.push(String(at + 1));
    else if (record.length !== this.names.length) this.odd ??= { row: this.total, length: record.length };
    if (this.#conditions.every(({ condition, at }) => holds(record[at] ?? "", condition))) this.#take(record);
  }

  #begin(names: string[]): void {
    this.#isBegun = true;
    this.names = names;
    this.#conditions = (this.#options.where ?? []).map((condition) => ({ condition, at: place(condition.column, names, "`where`") }));
  }

  #take(record: string[]): void {
    const { offset = 0, limit = LIMIT } = this.#options;
    this.matching += 1;
    // Rows behind one that is too much are too much as well.
    if (this.matching <= offset || this.records.length >= limit || this.#length > MOST_ANSWER) return;
    this.records.push(record);
    this.#length += record.reduce((sum, { length }) => sum + length, 0);
  }

  /** The rows that were asked for, as objects. */
  rows(): Record<string, string>[] {
    const { columns } = this.#options;
    const all = () => this.names.slice(0, MOST_COLUMNS).map((name, at) => ({ name, at }));
    const wanted = columns?.map((name) => ({ name, at: place(name, this.names, "`columns`") })) ?? all();
    const rows: Record<string, string>[] = [];
    let length = 0;
    for (const record of this.records) {
      // Without a prototype, a column called `__proto__` is a column as any other.
      const row: Record<string, string> = Object.create(null);
      for (const { name, at } of wanted) row[name] = record[at] ?? "";
      length += JSON.stringify(row).length;
      if (length > MOST_ANSWER) break;
      rows.push(row);
    }
    return rows;
  }
}

const quotes = (code: string): string =>
  code === "MissingQuotes" ? "a quoted value has no end" : "a quoted value goes on behind its quote";

/** What the tool returns. */
export const read = (text: string, options: Options): Record<string, unknown> => {
  if (text.length > MOST_CHARACTERS) throw new Error(`the text is longer than ${MOST_CHARACTERS} characters; read a part of it`);
  const table = new Table(options);
  let [delimiter, problem] = ["", undefined as string | undefined];
  Papa.parse(text, {
    delimiter: delimiterOf(options.delimiter) ?? "",
    skipEmptyLines: "greedy",
    // It would split all of the text at once.
    fastMode: false,
    step: ({ data, errors, meta }) => {
      delimiter = meta.delimiter;
      table.add(data);
      const error = errors.find(({ type }) => type === "Quotes");
      if (error) problem ??= `${quotes(error.code)}, in row ${table.total}`;
    },
  });
  const rows = table.rows();
  const { names, total, matching, odd } = table;
  const rest = matching - Math.min(options.offset ?? 0, matching) - rows.length;
  const notes = [
    ...(problem ? [problem] : []),
    ...(odd ? [`row ${odd.row} has ${odd.length} values for ${names.length} columns`] : []),
    ...(rest > 0 ? [`${rest} more row${rest === 1 ? "" : "s"}: raise \`offset\`, or narrow with \`where\` or \`columns\``] : []),
  ];
  if (names.length > MOST_COLUMNS) notes.push(`only the first ${MOST_COLUMNS} of ${names.length} columns are listed; name others in \`columns\``);
  const answer = { columns: names.slice(0, MOST_COLUMNS), delimiter, matching, total, rows };
  return notes.length > 0 ? { ...answer, notes } : answer;
};
