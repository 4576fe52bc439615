import { defineTool } from "@paceline/runtime";
import secret from "../../../../etc/hosts.json"; //~ P0521
import { clean } from "../../common/clean"; //~ P0521

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: () => [secret, clean],
});
