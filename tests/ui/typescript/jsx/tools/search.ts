import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => <p>hello {text}</p>, //~ P0519
});
