import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: {
    text: "string", //~ P0516
    limit: { type: "int" }, //~ P0516
    page: { type: "integer", default: 1 }, //~ P0516
    from: { type: "string", pattern: "(" }, //~ P0516
    until: { type: "string", pattern: "[", descripton: "The last day" }, //~ P0516 P0516
    filter: (text: string) => text, //~ P0516
  },
  execute: ({ text }) => text,
});
