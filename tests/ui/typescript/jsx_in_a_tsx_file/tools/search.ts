import { defineTool } from "@paceline/runtime";
import { page } from "../lib/page";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => page(text),
});
