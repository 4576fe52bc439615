import { defineTool } from "@paceline/runtime"; //~ P0515

export const search = defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: {},
  execute: () => 1,
});
