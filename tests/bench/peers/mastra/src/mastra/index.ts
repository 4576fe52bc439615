// An agent that knows the weather, with or without a tool (BENCH_TOOLS=1), on the model at MODEL_URL.
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { Mastra } from "@mastra/core";
import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { z } from "zod";

const google = createGoogleGenerativeAI({ baseURL: `${process.env.MODEL_URL}/v1beta`, apiKey: "mock" });

const getWeather = createTool({
  id: "get_weather",
  description: "Weather of a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: async (input: any) => ({ city: input.city ?? input.context?.city, celsius: 21 }),
});

const weather = new Agent({
  id: "weather",
  name: "weather",
  instructions: "Answer questions about the weather.",
  model: google("gemini-2.5-flash"),
  tools: process.env.BENCH_TOOLS === "1" ? { get_weather: getWeather } : {},
});

export const mastra = new Mastra({ agents: { weather } });
