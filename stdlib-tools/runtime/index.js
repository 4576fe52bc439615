// The module `@paceline/runtime`, bundled into every tool and loaded again for each call: its length is paid every time.
// Its types are in index.d.ts. What a tool says of itself is read by the engine, and checked by `pace-tools`.

/** The arguments as a schema of a library gives them: with defaults, transformed. */
const fitted = async (standard, input) => {
  const { issues, value } = await standard.validate(input);
  if (!issues) return value;
  const place = ({ path = [] }) => path.map((part) => part?.key ?? part).join(".");
  throw new TypeError(`the arguments do not fit: ${issues.map((issue) => `${place(issue)} ${issue.message}`.trim()).join("; ")}`);
};

// What JSON would make `{}` of without a word, or of a BigInt words without a place. What a tool itself writes as JSON while
// it runs is its own affair: this counts once the outermost `execute` has returned.
const FORMLESS = {
  BigInt: "use `String(…)`, or `Number(…)` where that is exact",
  ArrayBuffer: "use `[...new Uint8Array(…)]`",
  Error: "use `error.message`, or throw it",
  Headers: "use `Object.fromEntries(headers)`",
  Map: "use `Object.fromEntries(…)`",
  Promise: "`await` it, or a list of them with `Promise.all`",
  Response: "use `await response.json()` or `await response.text()`",
  Set: "use `[...set]`",
  URLSearchParams: "use `String(…)`",
};
let running = 0, result;

const pathTo = (wanted, value, path, seen) => {
  if (value === wanted) return path;
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
  seen.add(value);
  for (const [key, inner] of Object.entries(value)) {
    const found = pathTo(wanted, inner, path ? `${path}.${key}` : key, seen);
    if (found !== undefined) return found;
  }
};

const refuse = (kind) => function toJSON(key) {
  if (!result) return this;
  const path = pathTo(this, result[0], "", new Set()) ?? key;
  throw new TypeError(`${path ? `\`${path}\`` : "it"} is a${/^[AE]/.test(kind) ? "n" : ""} ${kind}; ${FORMLESS[kind]}`);
};

/** Whoever has given a kind a form of his own keeps it. */
const watch = (kind) => {
  const prototype = globalThis[kind]?.prototype;
  if (prototype && !prototype.toJSON)
    Reflect.defineProperty(prototype, "toJSON", { value: refuse(kind), writable: true, configurable: true });
};
Object.keys(FORMLESS).slice(1).forEach(watch);

const executed = async (definition, standard, input, context) => {
  running++;
  let value;
  try {
    const given = standard ? await fitted(standard, input) : input;
    // As a job of its own: a stack holds the tool's frames and none of these.
    value = await Promise.resolve().then(definition.execute.bind(definition, given, context));
  } finally {
    running--;
  }
  if (running === 0) {
    // Not before: libraries ask whether a BigInt has a form, and give it one.
    watch("BigInt");
    result = [value];
  }
  return value;
};

export const defineTool = (definition) => {
  const standard = definition?.parameters?.["~standard"];
  // The short form takes JSON Schemas; of a library's schema, JSON would keep something that looks like one.
  const mixed = standard ? undefined : Object.entries(definition?.parameters ?? {}).find(([, one]) => one?.["~standard"]);
  if (mixed) throw new TypeError(`${mixed[0]} is a schema of its own; make one of all parameters`);
  if (standard && !standard.jsonSchema) throw new TypeError(`${standard.vendor} makes no JSON Schema of this schema`);
  const tool = { ...definition, [Symbol.for("paceline.tool")]: true };
  if (typeof tool.execute === "function")
    tool.execute = (input, context) => executed(definition, standard, input, context);
  return tool;
};
