// A tool that writes: it changes something outside. Its calls are stubbed, which means told and not made, until somebody
// starts the runner with `--live-writes`. `calendar.example.com` stands for the address of yours.
import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "book_repair",
  description: "Books a repair in the workshop.",
  parameters: {
    bicycle: { type: "string" },
    day: { type: "string", enum: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"] },
  },
  execute: async ({ bicycle, day }) => {
    const answer = await fetch("https://calendar.example.com/repairs", {
      method: "POST",
      body: JSON.stringify({ bicycle, day }),
    });
    return answer.json();
  },
});
