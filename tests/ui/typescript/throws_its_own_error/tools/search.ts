import { defineTool } from "@paceline/runtime";
if (!env.TOKEN) throw new Error("TOKEN is not set"); //~ P0520

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => text,
});
