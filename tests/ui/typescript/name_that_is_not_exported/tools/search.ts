import { defineTool } from "@paceline/runtime";
import { claen } from "../lib/clean"; //~ P0514
import { Rule } from "../lib/clean";
import clean from "../lib/clean"; //~ P0514
export { Rule } from "../lib/clean"; //~ P0514

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => claen(clean(text)),
});
