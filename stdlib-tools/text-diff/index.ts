// std/text-diff: what changed from one text to another, line by line.
import { defineTool } from "@paceline/runtime";
import { formatPatch, structuredPatch } from "../vendor/diff.js";

/** Each text, characters. */
const MOST_CHARACTERS = 1_000_000;
/** Each text, lines. */
const MOST_LINES = 50_000;
/** Lines that were added and removed together: the work grows with their square, unless one text is empty. */
const MOST_EDITS = 1_500;
/** How much of the diff is told, characters. */
const MOST_ANSWER = 50_000;

/** As git and `diff -u` begin. */
const HEADERS = { includeIndex: false, includeUnderline: false, includeFileHeaders: true };

const bounded = (which: string, text: string): void => {
  if (text.length > MOST_CHARACTERS) throw new Error(`\`${which}\` is longer than ${MOST_CHARACTERS} characters; compare parts`);
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines += 1;
  if (lines > MOST_LINES) throw new Error(`\`${which}\` has more than ${MOST_LINES} lines; compare parts`);
};

const counted = (lines: readonly string[], sign: string): number => lines.filter((line) => line.startsWith(sign)).length;

/** How many lines a hunk has, as GNU diff writes it: of one line it says nothing. No line of a text begins with these signs. */
const HUNK = /\n@@ -(\d+),(\d+) \+(\d+),(\d+) @@(?=\n)/g;
const range = (start: string, count: string): string => (count === "1" ? start : `${start},${count}`);
const asGnu = (diff: string): string =>
  diff.replace(HUNK, (_, from: string, removed: string, to: string, added: string) => `\n@@ -${range(from, removed)} +${range(to, added)} @@`);

/** The diff up to a whole line within the bound. */
const cut = (diff: string): { diff: string; note?: string } => {
  if (diff.length <= MOST_ANSWER) return { diff };
  const kept = diff.slice(0, diff.lastIndexOf("\n", MOST_ANSWER) + 1);
  return { diff: kept, note: `only the first ${kept.length} of ${diff.length} characters of the diff; compare parts of the texts for the rest` };
};

export default defineTool({
  name: "text_diff",
  description:
    "Compares two texts line by line and gives a unified diff, as `diff -u` and git do, with the number of added and removed " +
    'lines. Example: {"before": "a\\nb\\n", "after": "a\\nc\\n"}.',
  parameters: {
    before: { type: "string", description: "The old text" },
    after: { type: "string", description: "The new text" },
    context: { type: "integer", minimum: 0, maximum: 100, optional: true, description: "Unchanged lines shown around each change, default 3" },
    ignore_whitespace: { type: "boolean", optional: true, description: "Whether lines that differ in outer spaces only are the same" },
    name: { type: "string", maxLength: 200, optional: true, description: "What the text is called in the diff's head, such as a path. Default text" },
  },
  execute: ({ before, after, context = 3, ignore_whitespace = false, name = "text" }) => {
    if (before === after) return { same: true, added: 0, removed: 0, diff: "" };
    bounded("before", before);
    bounded("after", after);
    const shown = name.replace(/[\r\n\t]+/g, " ");
    const maxEditLength = before === "" || after === "" ? Infinity : MOST_EDITS;
    const options = { context, maxEditLength, ignoreWhitespace: ignore_whitespace };
    const patch = structuredPatch(`a/${shown}`, `b/${shown}`, before, after, undefined, undefined, options);
    if (!patch) throw new Error(`more than ${MOST_EDITS} lines differ; compare parts, or texts that are closer to each other`);
    const lines = patch.hunks.flatMap((hunk) => hunk.lines);
    if (lines.length === 0) return { same: true, added: 0, removed: 0, diff: "" };
    return { same: false, added: counted(lines, "+"), removed: counted(lines, "-"), ...cut(asGnu(formatPatch(patch, HEADERS))) };
  },
});
