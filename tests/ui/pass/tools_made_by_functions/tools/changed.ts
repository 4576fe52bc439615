import { defineTool } from "@paceline/runtime";

const more = { debug: undefined };
const schema: any = { a: { type: "string" }, trace: { type: "boolean" } };
delete schema.trace;

export default defineTool({
  name: "changed",
  description: "Has fewer parameters than stand here",
  parameters: { ...schema, ...more },
  execute: () => 1,
});
