import { defineTool } from "@paceline/runtime";
import { readFileSync } from "node:fs"; //~ P0513
import { join } from "path"; //~ P0513

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => readFileSync(join("/", text)),
});
