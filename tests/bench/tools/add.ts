import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "add",
  description: "Adds two numbers",
  parameters: { a: { type: "number" }, b: { type: "number" } },
  execute: async ({ a, b }) => a + b,
});
