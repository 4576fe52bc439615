import { defineTool } from "@paceline/runtime";
import { clean } from "../lib/claen"; //~ P0512

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => clean(text),
});
