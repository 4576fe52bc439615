import { defineTool } from "@paceline/runtime";
import { clean } from "#clean";
import { a } from "#claen"; //~ P0512
import { b } from "#gone"; //~ P0512
import { c } from "#elsewhere"; //~ P0512

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => [clean(text), a, b, c],
});
