import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: {
    text: { type: "string", required: true }, //~ P0516
    limit: { type: "integer", required: false }, //~ P0516
    where: { type: "object", properties: { title: { type: "string", required: true } } }, //~ P0516
  },
  execute: ({ text }) => text,
});
