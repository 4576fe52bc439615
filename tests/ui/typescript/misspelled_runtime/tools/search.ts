import { defineTool } from "@paceline/runtme";  //~ P0512
import type { Context } from "@paceline/runtime";
import * as tools from "@paceline/tools";  //~ P0512
import * as deeper from "@paceline/runtime/tools";  //~ P0512
import * as plain from "paceline/runtime";  //~ P0512

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }, context: Context) => [text, tools, deeper, plain],
});
