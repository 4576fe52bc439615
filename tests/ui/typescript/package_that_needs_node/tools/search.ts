import { defineTool } from "@paceline/runtime";
import { outer } from "outer"; //~ P0513

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: () => outer,
});
