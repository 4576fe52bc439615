// The module `@paceline/runtime`, bundled into every tool and loaded again for each call: its length is paid every time.
// Its types are in index.d.ts. What a tool says of itself is read by the engine, and checked by `pace-tools`.

/** The arguments as a schema of a library gives them: with defaults, transformed. */
const fitted = async (standard, input) => {
  const { issues, value } = await standard.validate(input);
  if (!issues) return value;
  const place = ({ path = [] }) => path.map((part) => part?.key ?? part).join(".");
  throw new TypeError(`the arguments do not fit: ${issues.map((issue) => `${place(issue)} ${issue.message}`.trim()).join("; ")}`);
};

export const defineTool = (definition) => {
  const standard = definition?.parameters?.["~standard"];
  // The short form takes JSON Schemas; of a library's schema, JSON would keep something that looks like one.
  const mixed = standard ? undefined : Object.entries(definition?.parameters ?? {}).find(([, one]) => one?.["~standard"]);
  if (mixed) throw new TypeError(`${mixed[0]} is a schema of its own; make one of all parameters`);
  if (standard && !standard.jsonSchema) throw new TypeError(`${standard.vendor} makes no JSON Schema of this schema`);
  const tool = { ...definition, [Symbol.for("paceline.tool")]: true };
  if (standard && tool.execute) tool.execute = async (input, context) => definition.execute(await fitted(standard, input), context);
  return tool;
};
