import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: {
    text: { type: "string" },
    limit: { type: "integer", default: 10 }, //~ P0516
    page: { type: "integer", default: 1, optional: true },
  },
  execute: ({ text }) => text,
});
