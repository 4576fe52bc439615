import { defineTool } from "@paceline/runtime";
class Log {
  @trace() line = ""; //~ P0519
  accessor level = 1; //~ P0519
}

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: () => new Log(),
});
