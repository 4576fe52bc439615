import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "search it", //~ P0516
  description: "", //~ P0516
  parameters: { text: { type: "string" } },
  execute: ({ text }) => text,
});
