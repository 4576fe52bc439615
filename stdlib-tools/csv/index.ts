// std/csv: tables as text, read and written.
import { defineTool } from "@paceline/runtime";
import { read } from "./read";
import { write } from "./write";

export default defineTool({
  name: "csv",
  description:
    "Reads CSV (or TSV and the like) into JSON rows, filtered and cut to the columns that are needed, or writes rows as CSV. Give `csv` " +
    'to read, `rows` to write. Example: {"csv": "name,age\\nAda,36\\nBob,9", "where": [{"column": "age", "is": ">", "value": "18"}], ' +
    '"columns": ["name"]} gives {"rows": [{"name": "Ada"}], …}. Values stay strings: "007" is not 7.',
  parameters: {
    csv: { type: "string", optional: true, description: "The text to read" },
    delimiter: {
      type: "string",
      optional: true,
      description: "What separates values, one character. Default: found out when reading, a comma when writing",
    },
    header: {
      type: "boolean",
      optional: true,
      description: "Reading: whether the first line names the columns. Default true; else they are called 1, 2, 3, …",
    },
    columns: {
      type: "array",
      items: { type: "string" },
      optional: true,
      description: "Only these columns, in this order",
    },
    where: {
      type: "array",
      optional: true,
      description: "Reading: only rows for which all of these hold",
      items: {
        type: "object",
        properties: {
          column: { type: "string" },
          is: { type: "string", enum: ["=", "!=", "<", "<=", ">", ">=", "contains"] },
          value: { type: "string", description: "< and > compare numbers if both are, else texts; contains ignores case" },
        },
        required: ["column", "is", "value"],
      },
    },
    offset: { type: "integer", minimum: 0, optional: true, description: "Reading: skip so many of the rows found" },
    limit: { type: "integer", minimum: 0, maximum: 1000, optional: true, description: "Reading: at most so many rows, default 100" },
    rows: {
      type: "array",
      items: { type: "object" },
      optional: true,
      description: 'Rows to write, such as [{"name": "Ada", "age": 36}]',
    },
  },
  execute: ({ csv, rows, ...options }) => {
    if (csv !== undefined && rows !== undefined) throw new Error("give `csv` to read or `rows` to write, not both");
    if (rows !== undefined) return write(rows as Record<string, unknown>[], options);
    if (csv === undefined) throw new Error("give `csv` to read, or `rows` to write");
    return read(csv, options);
  },
});
