import { defineTool } from "@paceline/runtime";
import fs = require("fs"); //~ P0513
import sundae = require("sundae"); //~ P0512

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => fs.readFileSync(sundae(text), "utf8"),
});
