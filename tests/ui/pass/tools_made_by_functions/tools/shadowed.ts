import { defineTool } from "@paceline/runtime";

const parameters = { city: { type: "string" } };

// Its parameter has the name of the constant above, and other contents.
function tool(name: string, parameters: any) {
  return defineTool({ name, description: `Looks for things near ${Object.keys(parameters)}`, parameters, execute: () => 1 });
}

export const cities = Object.keys(parameters);
export default tool("shadowed", { town: { type: "string", optional: true } });
