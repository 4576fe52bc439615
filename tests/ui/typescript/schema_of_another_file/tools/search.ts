import { defineTool } from "@paceline/runtime";
import { parameters } from "../lib/parameters";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters, //~ P0516
  execute: ({ text }) => text,
});
