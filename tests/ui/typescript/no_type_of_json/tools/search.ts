import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: {
    text: { type: "text" }, //~ P0516
    limit: { type: "integer", minimum: "one" }, //~ P0516
  },
  execute: ({ text }) => text,
});
