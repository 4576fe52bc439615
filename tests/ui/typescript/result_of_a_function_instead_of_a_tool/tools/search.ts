import { defineTool } from "@paceline/runtime";

async function make() {
  return defineTool({
    name: "search",
    description: "Search the handbook",
    parameters: { text: { type: "string" } },
    execute: ({ text }) => text,
  });
}

export default make(); //~ P0515
