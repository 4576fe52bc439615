import { defineTool } from "@paceline/runtime";
import { shout } from "words";
import pad from "@old/pad";
import { clean } from "../lib/clean";
import limits from "../lib/limits.json";

enum Case { Upper, Lower }

export default defineTool({
  name: "shout",
  description: "Says it louder",
  parameters: {
    type: "object",
    properties: { text: { type: "string", maxLength: limits.text }, how: { enum: ["loud", "louder"] } },
    required: ["text"],
  } as const,
  execute({ text, how }) {
    console.log(Case.Upper);
    return { text: pad(shout(clean(text)), 20), how };
  },
});
