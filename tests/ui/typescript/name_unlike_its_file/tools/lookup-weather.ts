import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "weather", //~ P0517
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => text,
});
