import { defineTool } from "@paceline/runtime";
import leftPad from "left-pad"; //~ P0523

const counter = new Int32Array(1);
export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => {
    Atomics.add(counter, 0, 1); //~ P0523
    return leftPad(text, text.lenght); //~ P0523
  },
});
