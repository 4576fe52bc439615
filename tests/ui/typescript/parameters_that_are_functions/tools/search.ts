import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: {
    text: String, //~ P0516
    limit: { type: "integer" },
  },
  execute: ({ text }) => text,
});
