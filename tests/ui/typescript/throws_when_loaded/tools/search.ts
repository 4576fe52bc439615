import { defineTool } from "@paceline/runtime";
import { table } from "../lib/table";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => table[text],
});
