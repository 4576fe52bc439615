import { defineTool } from "@paceline/runtime";
import os from "os"; //~ P0513

export default defineTool({
  name: "find",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: () => os,
});
