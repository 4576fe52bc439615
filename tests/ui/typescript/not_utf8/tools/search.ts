import { defineTool } from "@paceline/runtime";
// café
