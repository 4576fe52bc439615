import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: {
    text: { type: "string", minLength: 5, maxLength: 3 }, //~ P0516
    limit: { type: "integer", minimum: 10, maximum: 1 }, //~ P0516
    chapters: { type: "array", items: { type: "string" }, minItems: 3, maxItems: 2 }, //~ P0516
    kind: { type: "string", enum: [] }, //~ P0516
    page: { type: "integer", default: "1", optional: true }, //~ P0516
    order: { enum: ["rank", "date"], default: "name", optional: true }, //~ P0516
    where: { type: "object", properties: { title: { type: "string" } }, required: ["titel"] }, //~ P0516
    share: { type: "number", exclusiveMinimum: 1, maximum: 1 }, //~ P0516
  },
  execute: ({ text }) => text,
});
