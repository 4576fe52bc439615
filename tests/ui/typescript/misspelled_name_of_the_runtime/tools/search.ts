import { definetool } from "@paceline/runtime";  //~ P0514
import { tool } from "@paceline/runtime";  //~ P0514

export default definetool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => [text, tool],
});
