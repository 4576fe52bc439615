// An agent that knows the weather, with or without a tool (BENCH_TOOLS=1). The model's address is GOOGLE_GEMINI_BASE_URL,
// which the client reads by itself.
import { FunctionTool, LlmAgent } from "@google/adk";
import { z } from "zod";

const getWeather = new FunctionTool({
  name: "get_weather",
  description: "Weather of a city.",
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, celsius: 21 }),
});

export const rootAgent = new LlmAgent({
  name: "weather",
  model: "gemini-2.5-flash",
  instruction: "Answer questions about the weather.",
  tools: process.env.BENCH_TOOLS === "1" ? [getWeather] : [],
});
