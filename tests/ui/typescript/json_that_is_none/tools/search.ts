import { defineTool } from "@paceline/runtime";
import pages from "../lib/pages.json";
import { first } from "../lib/first.json";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => pages[text] ?? first,
});
