// Tables of GitHub Flavored Markdown.

export type Cell = { text: string; isHead: boolean; span: number };

/** No table for reading has more columns. */
const MOST_COLUMNS = 100;

/** A cell is one line, and a bar in it is none of the table's. */
const line = (text: string): string => text.replace(/\s*\n\s*/g, " ").replaceAll("|", "\\|");

/** The table; one without a head gets an empty one, since there is no table without. A single
 * column is a text. */
export const table = (rows: Cell[][]): string => {
  const filled = rows.filter((row) => row.length > 0);
  const spread = (row: Cell[]) => row.slice(0, MOST_COLUMNS).flatMap(({ text, span }) => [line(text), ...Array<string>(span - 1).fill("")]);
  const cells = filled.map((row) => spread(row).slice(0, MOST_COLUMNS));
  const width = cells.reduce((most, { length }) => Math.max(most, length), 0);
  if (width === 1) return filled.flat().map(({ text }) => text).filter(Boolean).join("\n\n");
  const isHeaded = filled[0]!.every(({ isHead }) => isHead);
  const all = isHeaded ? cells : [[], ...cells];
  const shown = all.map((row) => `| ${Array.from({ length: width }, (_, at) => row[at] ?? "").join(" | ")} |`);
  shown.splice(1, 0, `|${" --- |".repeat(width)}`);
  return shown.join("\n");
};
