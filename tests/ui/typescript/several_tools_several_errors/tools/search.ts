import { defineTool } from "@paceline/runtime";
import { x } from "./nowhere"; //~ P0512

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: () => x,
});
