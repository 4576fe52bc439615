import { defineTool } from "@paceline/runtime";
import { chunk } from "lodash-es/array"; //~ P0512
import { clean } from "@/lib/clean"; //~ P0512

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => chunk(clean(text)),
});
