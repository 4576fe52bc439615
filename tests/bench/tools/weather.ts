import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "get_weather",
  description: "Weather of a city.",
  parameters: { city: { type: "string" } },
  execute: async ({ city }) => ({ city, celsius: 21 }),
});
