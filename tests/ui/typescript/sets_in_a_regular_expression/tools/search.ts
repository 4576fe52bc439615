import { defineTool } from "@paceline/runtime";

const SMALL = /^[\p{L}--[\/a-z]]+$/v; //~ P0519

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => SMALL.test(text),
});
