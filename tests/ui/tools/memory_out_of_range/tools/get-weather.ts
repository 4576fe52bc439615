import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "get-weather",
  description: "The weather in a city.",
  parameters: { city: { type: "string" } },
  execute: ({ city }) => `It rains in ${city}.`,
});
