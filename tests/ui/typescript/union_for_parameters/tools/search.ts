import { defineTool } from "@paceline/runtime";

const PAGE = { type: "object", properties: { page: { type: "integer" } } } as const;
const TEXT = { type: "object", properties: { text: { type: "string" } } } as const;

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { anyOf: [PAGE, TEXT] }, //~ P0516
  execute: async () => "found",
});
