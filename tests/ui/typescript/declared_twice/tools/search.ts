import { defineTool } from "@paceline/runtime";
const limit = 1;
const limit = 2; //~ P0511

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => text,
});
