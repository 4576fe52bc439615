import { defineTool } from "@paceline/runtime";
import words from "../lib/words.txt"; //~ P0512

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: () => words,
});
