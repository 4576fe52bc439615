import { defineTool } from "@paceline/runtime";
import { clean } from "../lib/clean"; //~ P0109

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: () => clean,
});
