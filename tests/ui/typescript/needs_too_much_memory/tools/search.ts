import { defineTool } from "@paceline/runtime";
const table = new Array(50_000_000).fill("x").map((x, i) => x + i);

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: () => table.length,
});
