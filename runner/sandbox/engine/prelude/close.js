
// What the engine calls. `begin` comes first, then the module runs, then `run` with what it exports; or the module runs before
// it is known for whom, then come `begin` and `run`.
const TOOL = Symbol.for("paceline.tool");
const DESCRIBE = "describe";
let request = null;

const typeOf = (value) => value === null ? "null" : Array.isArray(value) ? "array" : typeof value;

/** JSON of a value that must have one. */
const json = (value) => {
  const text = JSON.stringify(value);
  // A surrogate that JSON has to escape is no text that anyone else could read.
  if (text === undefined || !/\\ud[89a-f]/i.test(text)) return text;
  return JSON.stringify(value, (_, inner) => typeof inner === "string" ? inner.toWellFormed() : inner);
};

const describe = (tool) => {
  if (tool === undefined) return json({ exported: "nothing" });
  if (typeof tool !== "object" || tool === null || Array.isArray(tool) || typeof tool.execute !== "function")
    return json({ exported: "other", type: typeOf(tool) });
  const standard = tool.parameters?.["~standard"];
  const parameters = typeof standard?.jsonSchema?.input === "function"
    ? standard.jsonSchema.input({ target: "draft-2020-12" }) : tool.parameters;
  return json({ exported: Object.hasOwn(tool, TOOL) ? "tool" : "executable", name: tool.name, description: tool.description, parameters });
};

/** A failure of the tool's own making that is not a thrown error. */
class Refusal extends Error {
  constructor(kind, message) { super(message); this.kind = kind; }
}

const execute = async (tool) => {
  if (typeof tool?.execute !== "function") {
    const what = tool === undefined ? "has no default export" : `exports ${typeOf(tool)} without a function \`execute\``;
    throw new Refusal("module", `the module ${what}`);
  }
  const value = await tool.execute(request.args, { env });
  let text;
  try {
    text = json(value === undefined ? null : value);
  } catch (error) {
    throw new Refusal("result", `the result cannot be written as JSON: ${error?.message ?? error}`);
  }
  if (text === undefined) throw new Refusal("result", `the result cannot be written as JSON: it is a ${typeof value}`);
  return text;
};

const MOST_CAUSES = 4;
const message = (error, depth = 0) => {
  const own = usv(error.message ?? "");
  return error.cause instanceof Error && depth < MOST_CAUSES && !own.includes(error.cause.message)
    ? `${own} (cause: ${error.cause.name}: ${message(error.cause, depth + 1)})` : own;
};

// Longer words than the host passes on, so that it can cut where no secret is.
const MOST_WORDS = 16_000;

const failure = (kind, thrown) => {
  const tell = (name, text, stack) => JSON.stringify(
    { kind, name: name.slice(0, 200), message: text.slice(0, MOST_WORDS).toWellFormed(), stack: stack.slice(0, MOST_WORDS).toWellFormed() });
  try {
    if (thrown instanceof Refusal) { kind = thrown.kind; return tell("", thrown.message, ""); }
    if (thrown instanceof Error) {
      const stack = typeof thrown.stack === "string" ? usv(thrown.stack) : "";
      return tell(usv(thrown.name), message(thrown), stack);
    }
    return tell("", `the tool threw ${usv(inspect(thrown, 1))}`, "");
  } catch {
    return tell("", "the tool threw a value that cannot be shown", "");
  }
};

// Promises that were rejected while nobody was there to hear of it, with their reasons. Whoever comes later takes his from the list.
const MOST_LOST = 20;
const lost = new Map();

/** Tells on the console what stayed unheard, except for what the call fails with. */
const tellLost = (hasFailed, failedWith) => {
  for (const reason of lost.values())
    if (!hasFailed || reason !== failedWith) write(2)("a promise was rejected and nobody awaits it:", reason);
  lost.clear();
};

// By names of our own: a module that was loaded first may have changed the public ones.
const { parse } = JSON;
const { freeze } = Object;
const { now } = Date;
let env = freeze({});
Object.defineProperty(globalThis, "env", { get: () => { isTouched = true; return env; }, set: undefined, configurable: true, enumerable: false });

return {
  begin(input) {
    request = parse(input);
    env = freeze(request.env ?? {});
    origin = now();
  },
  async run(tool) { return request.mode === DESCRIBE ? describe(tool) : execute(tool); },
  failure,
  rejected(promise, reason, isHandled) {
    if (isHandled) lost.delete(promise);
    else if (lost.size < MOST_LOST) lost.set(promise, reason);
  },
  tellLost,
  isUntouched: () => !isTouched,
  pending: () => pending.size,
  settle(id, about, body) {
    const waiting = pending.get(id);
    if (!waiting) return;
    pending.delete(id);
    waiting.resolve({ about: about === "" ? {} : JSON.parse(about), body });
  },
};
})
