// std/html-to-markdown: a page as a model reads it best.
import { defineTool } from "@paceline/runtime";
import { document } from "../common/http";
import { part } from "../common/part";
import { convert } from "./convert";

const LENGTH = 20_000;
const MOST_LENGTH = 100_000;

export default defineTool({
  name: "html_to_markdown",
  description:
    "Turns a web page into Markdown: headings, links, lists, tables, code and images, without scripts, styles and navigation. Give `url` " +
    'to read a page: {"url": "https://example.com/article"}. Or give `html`, with `url` as what relative links are relative to.',
  parameters: {
    url: { type: "string", optional: true, description: "The page to get; beside `html` only the base of its links" },
    html: { type: "string", optional: true, description: "HTML to convert instead of getting a page" },
    max_length: {
      type: "integer",
      minimum: 1,
      maximum: MOST_LENGTH,
      optional: true,
      description: `How many characters of Markdown at most, default ${LENGTH}`,
    },
    offset: { type: "integer", minimum: 0, optional: true, description: "Skip so many characters, to read on in a long page" },
  },
  execute: async ({ url, html, max_length = LENGTH, offset = 0 }) => {
    if (html === undefined && url === undefined) throw new Error("give `url` to read a page, or `html` to convert");
    const page = html === undefined ? await document(url!, "text/html, application/xhtml+xml, */*;q=0.5") : undefined;
    const { markdown, title, notes } = convert(page?.text ?? html!, page?.url ?? url);
    const { part: cut, note } = part(markdown, offset, max_length);
    const told = note === undefined ? notes : [note, ...notes];
    return {
      ...(page && { url: page.url }),
      ...(title !== "" && { title }),
      markdown: cut,
      ...(told.length > 0 && { notes: told }),
    };
  },
});
