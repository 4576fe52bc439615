import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: async ({ text }) => (await import(`../lib/${text}.ts`)).default, //~ P0518
});
