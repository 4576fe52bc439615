// A tool that reads. It gets the arguments that the model chose, which fit `parameters`, and what it returns is what the
// model is told. The file it imports becomes a part of the bundle.
import { defineTool } from "@paceline/runtime";
import parts from "../shop/parts.json";

export default defineTool({
  name: "find_part",
  description: "Finds parts that fit a bicycle and cure its trouble, the cheapest first.",
  parameters: {
    bicycle: { type: "string", description: "Its maker, as in Brompton" },
    trouble: { type: "string", description: "In one word, as in squeak" },
  },
  execute: async ({ bicycle, trouble }) => {
    const has = (list: string[], word: string) => list.some((entry) => entry.toLowerCase().includes(word.toLowerCase()));
    const found = parts.filter(({ fits, cures }) => (has(fits, "any") || has(fits, bicycle)) && has(cures, trouble));
    found.sort((one, other) => one.dollars - other.dollars);
    return found.map(({ name, dollars, shelf }) => ({ name, dollars, shelf }));
  },
});
