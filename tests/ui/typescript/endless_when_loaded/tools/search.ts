import { defineTool } from "@paceline/runtime";
let count = 0;
while (true) count += 1;

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: () => count,
});
