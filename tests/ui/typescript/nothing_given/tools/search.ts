import { defineTool } from "@paceline/runtime";

export default defineTool({}); //~ P0516
