import { defineTool } from "@paceline/runtime";

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: {
    type: "object",
    properties: {
      author: { $ref: "https://example.com/person.json" }, //~ P0516
      editor: { $ref: "#/$defs/persom" }, //~ P0516
      reader: { $ref: "#/$defs/person" },
    },
    $defs: { person: { type: "string" } },
  } as const,
  execute: () => 1,
});
