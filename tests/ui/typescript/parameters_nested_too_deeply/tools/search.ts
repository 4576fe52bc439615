import { defineTool } from "@paceline/runtime";

let tree: object = { type: "string" };
for (let level = 0; level < 200; level++) {
  tree = { type: "object", properties: { child: tree } };
}

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { tree }, //~ P0516
  execute: () => null,
});
