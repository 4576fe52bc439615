import { defineTool } from "@paceline/runtime";

const { rules } = require("../lib/rules.ts"); //~ P0522

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => rules[text],
});
