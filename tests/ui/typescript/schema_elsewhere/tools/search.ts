import { defineTool } from "@paceline/runtime";
const parameters = { text: { type: "string", pattern: "(" } };

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: parameters, //~ P0516
  execute: ({ text }) => text,
});
