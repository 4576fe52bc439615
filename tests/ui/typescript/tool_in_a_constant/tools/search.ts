import { defineTool } from "@paceline/runtime";

const search = defineTool({ //~ P0515
  name: "search",
  description: "Search the handbook",
  parameters: {},
  execute: () => 1,
});

export { search };
