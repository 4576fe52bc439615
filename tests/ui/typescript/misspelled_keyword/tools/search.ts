import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: {
    text: { typ: "string", description: "What to look for" }, //~ P0516
    limit: { type: "integer", Maximum: 10, optinal: true }, //~ P0516 P0516
    where: { type: "object", properties: { page: { type: "integer" } }, requierd: ["page"] }, //~ P0516
    kind: { enum: ["page", "chapter"], note: "a key of its own", "x-typ": 1 },
  },
  execute: ({ text }) => text,
});
