import { defineTool } from "@paceline/runtime";

export default defineTool({ //~ P0516 P0516
  parameters: {},
  execute: () => 1,
});
