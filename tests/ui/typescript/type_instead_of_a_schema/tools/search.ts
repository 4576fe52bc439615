import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: "string", limit: { type: "int" } }, //~ P0516 P0516
  execute: ({ text }) => text,
});
