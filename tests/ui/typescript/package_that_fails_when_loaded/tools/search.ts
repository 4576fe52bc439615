import { defineTool } from "@paceline/runtime";
import { size } from "outer"; //~ P0520

export default defineTool({
  name: "search",
  description: "Searches the catalogue.",
  parameters: { query: { type: "string", description: "What to look for" } },
  execute: async ({ query }) => query.length + size,
});
