import { defineTool } from "@paceline/runtime";

export default defineTool({ //~ P0516
  name: "search",
  description: "Search the handbook",
  parameters: {},
});
