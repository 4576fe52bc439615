
// structuredClone of the HTML standard, for what exists in here.
const ERRORS = new Set(["Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"]);

const cannotClone = (value) => {
  let shown;
  try { shown = typeof value === "symbol" ? value.toString() : `${value}`; } catch { shown = "#<Object>"; }
  return new DOMException(`${shown} could not be cloned.`, "DataCloneError");
};

const clone = (value, memory) => {
  if (typeof value === "function" || typeof value === "symbol") throw cannotClone(value);
  if (typeof value !== "object" || value === null) return value;
  if (memory.has(value)) return memory.get(value);
  const keep = (copy) => { memory.set(value, copy); return copy; };
  if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt) return keep(Object(value.valueOf()));
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (ArrayBuffer.isView(value)) {
    const buffer = clone(value.buffer, memory);
    return keep(value instanceof DataView ? new DataView(buffer, value.byteOffset, value.byteLength)
      : new value.constructor(buffer, value.byteOffset, value.length));
  }
  if (value instanceof Map) {
    const copy = keep(new Map());
    for (const [key, item] of [...value]) copy.set(clone(key, memory), clone(item, memory));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const item of [...value]) copy.add(clone(item, memory));
    return copy;
  }
  if (value instanceof Error) return cloneError(value, memory, keep);
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) throw cannotClone("#<" + value.constructor.name + ">");
  const copy = keep(Array.isArray(value) ? new Array(value.length) : {});
  for (const key of Object.keys(value)) copy[key] = clone(value[key], memory);
  return copy;
};

const cloneError = (value, memory, keep) => {
  const name = ERRORS.has(value.name) ? value.name : "Error";
  const copy = keep(Object.create(globalThis[name].prototype));
  const define = (key, item) => Object.defineProperty(copy, key, { value: item, writable: true, configurable: true });
  if ("message" in value) define("message", `${value.message}`);
  if (typeof value.stack === "string") define("stack", value.stack);
  if (Object.hasOwn(value, "cause")) define("cause", clone(value.cause, memory));
  return copy;
};

const structuredClone = (...values) => {
  if (!values.length) throw Object.assign(new TypeError('The "value" argument must be specified'), { code: "ERR_MISSING_ARGS" });
  const memory = new Map();
  for (const transferred of values[1]?.transfer ?? []) {
    if (!(transferred instanceof ArrayBuffer)) throw new DOMException("Found invalid object in transferList", "DataCloneError");
    memory.set(transferred, transferred.transfer());
  }
  return clone(values[0], memory);
};
expose({ structuredClone });
