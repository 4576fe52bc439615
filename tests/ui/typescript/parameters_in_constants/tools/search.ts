import { defineTool } from "@paceline/runtime";
const size = { type: "integer", minimum: "1" } as const; //~ P0516
const parameters = {
  text: { type: "string", pattern: "(" }, //~ P0516
  size,
} satisfies object;

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters,
  execute: ({ text }) => text,
});
