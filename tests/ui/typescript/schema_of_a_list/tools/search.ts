import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { type: "array", items: {} }, //~ P0516
  execute: ({ text }) => text,
});
