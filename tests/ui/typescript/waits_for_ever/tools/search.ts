import { defineTool } from "@paceline/runtime";
await new Promise(() => {});

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => text,
});
