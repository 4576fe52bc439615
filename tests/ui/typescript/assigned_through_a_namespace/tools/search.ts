import { defineTool } from "@paceline/runtime";
import * as limits from "../lib/limits";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => {
    limits.limit = 2; //~ P0511
    return text.slice(0, limits.limit);
  },
});
