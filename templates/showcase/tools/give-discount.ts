// A tool that not everybody gets: `tool_grants` in `paceline.yaml` say for whom it may be called.
import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "give_discount",
  description: "Takes some percent off what a customer pays.",
  parameters: { percent: { type: "integer", minimum: 1, maximum: 20 } },
  execute: async ({ percent }) => {
    const answer = await fetch("https://till.example.com/discounts", { method: "POST", body: JSON.stringify({ percent }) });
    return answer.json();
  },
});
