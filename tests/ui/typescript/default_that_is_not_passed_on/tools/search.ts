import { defineTool } from "@paceline/runtime";
import nd from "nd"; //~ P0514

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => nd(text),
});
