import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "get-weather",
  description: "The weather in a city.",
  parameters: { city: "string" },
  async execute({ city }) {
    const answer = await fetch(`https://api.weather.example/v1?city=${city}`);
    return answer.json();
  },
});
