import { defineTool } from "@paceline/runtime";
import { limit } from "../lib/limits";

const found = "";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => {
    for (const word of text.split(" ")) {
      found += word; //~ P0511
    }
    limit++; //~ P0511
    return found;
  },
});
