import { defineTool } from "@paceline/runtime";
import { clean } from "..\\lib\\clean.ts"; //~ P0512
import { trim } from "lib/clean.ts"; //~ P0512
import { short } from "..\\lib\\none.ts"; //~ P0512
import ""; //~ P0512

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => short(trim(clean(text))),
});
