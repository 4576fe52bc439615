import { defineTool } from "@paceline/runtime";
import { clean } from "../lib/clean"; //~ P0512

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => ({
    first: /(a/.test(text), //~ P0511
    second: /[z-a]/u.test(text), //~ P0511
    third: /(?<word>\w+) \k<wrd>/.exec(clean(text)), //~ P0511
  }),
});
