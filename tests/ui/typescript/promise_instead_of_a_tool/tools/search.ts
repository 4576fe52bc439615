import { defineTool } from "@paceline/runtime";

export default (async () => //~ P0515
  defineTool({
    name: "search",
    description: "Search the handbook",
    parameters: { text: { type: "string" } },
    execute: ({ text }) => text,
  }))();
