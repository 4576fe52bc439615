import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: {},
  exec: () => "nothing",  //~ P0516
});
