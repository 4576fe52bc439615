import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "get_weather",
  description: "Weather of a city, after a while.",
  parameters: { city: { type: "string" } },
  execute: async ({ city }) => {
    if (env.WORK === "wait") {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return { city, celsius: 21 };
    }
    let sum = 0;
    for (let i = 0; i < 500_000; i++) sum = (sum * 31 + i) % 1_000_003;
    return { city, celsius: 21, sum };
  },
});
