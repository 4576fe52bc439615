
// The console. Its lines are for people: values are shown, not serialised, to a depth and a width that keep a line short.
const MOST_DEPTH = 4;
const MOST_ITEMS = 100;
const MOST_TEXT = 10_000;

const inspect = (value, depth = 0, seen = []) => {
  if (typeof value === "string") return depth === 0 ? value : JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol") return value.toString();
  if (typeof value === "function") return `[Function ${value.name || "(anonymous)"}]`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (value instanceof Error) return inspectError(value, depth, seen);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Promise) return "Promise {}";
  if (seen.includes(value)) return "[Circular]";
  if (depth > MOST_DEPTH) return Array.isArray(value) ? "[Array]" : "[Object]";
  return inspectObject(value, depth, [...seen, value]);
};

const inspectError = (error, depth, seen) => {
  const stack = typeof error.stack === "string" ? error.stack.trimEnd() : "";
  const cause = error.cause === undefined ? "" : `\n  [cause]: ${inspect(error.cause, depth + 1, [...seen, error])}`;
  return `${error}${stack && `\n${stack}`}${cause}`;
};

const inspectObject = (value, depth, seen) => {
  const inner = (item) => inspect(item, depth + 1, seen);
  const listed = (items, size) => items.slice(0, MOST_ITEMS).concat(size > MOST_ITEMS ? [`… ${size - MOST_ITEMS} more`] : []);
  const wrap = (prefix, open, items, close) => `${prefix}${open}${items.length ? ` ${items.join(", ")} ` : ""}${close}`;
  if (Array.isArray(value) || ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const items = Array.prototype.slice.call(value, 0, MOST_ITEMS).map(inner);
    return wrap(Array.isArray(value) ? "" : `${value.constructor?.name}(${value.length}) `, "[", listed(items, value.length), "]");
  }
  if (value instanceof Map) {
    const items = [...value].slice(0, MOST_ITEMS).map(([key, item]) => `${inner(key)} => ${inner(item)}`);
    return wrap(`Map(${value.size}) `, "{", listed(items, value.size), "}");
  }
  if (value instanceof Set) return wrap(`Set(${value.size}) `, "{", listed([...value].slice(0, MOST_ITEMS).map(inner), value.size), "}");
  const name = Object.getPrototypeOf(value) === null ? "[Object: null prototype] "
    : value.constructor && value.constructor !== Object ? `${value.constructor.name} ` : "";
  const keys = Object.keys(value);
  const items = keys.slice(0, MOST_ITEMS).map((key) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)}: ${inner(value[key])}`);
  return wrap(name, "{", listed(items, keys.length), "}");
};

const format = (values) => {
  const show = (value) => { try { return inspect(value); } catch (error) { return `[cannot be shown: ${error}]`; } };
  let [first, ...rest] = values;
  if (typeof first === "string" && rest.length && first.includes("%")) {
    first = first.replace(/%[sdifjoOc%]/g, (mark) => {
      if (mark === "%%") return "%";
      if (!rest.length) return mark;
      const value = rest.shift();
      switch (mark) {
        case "%d": return typeof value === "object" ? "NaN" : String(Number(value));
        case "%i": return String(Number.parseInt(value, 10));
        case "%f": return String(Number.parseFloat(value));
        case "%j": return JSON.stringify(value);
        case "%c": return "";
        default: return show(value);
      }
    });
  }
  const line = (values.length ? [first, ...rest] : []).map(show).join(" ");
  return usv(line.length > MOST_TEXT ? `${line.slice(0, MOST_TEXT)}…` : line);
};

const counts = new Map();
const times = new Map();
let indent = "";
const write = (level) => (...values) => H.log(level, indent + format(values));
const console = {
  debug: write(0), trace: write(0), log: write(1), info: write(1), dir: (value) => write(1)(value), table: write(1),
  warn: write(2), error: write(3),
  assert(condition, ...values) { if (!condition) console.error("Assertion failed", ...values); },
  count(label = "default") { counts.set(label, (counts.get(label) ?? 0) + 1); console.log(`${label}: ${counts.get(label)}`); },
  countReset(label = "default") { counts.delete(label); },
  group(...values) { if (values.length) console.log(...values); indent += "  "; },
  groupEnd() { indent = indent.slice(2); },
  time(label = "default") { times.set(label, Date.now()); },
  timeLog(label = "default", ...values) { console.log(`${label}: ${Date.now() - (times.get(label) ?? Date.now())}ms`, ...values); },
  timeEnd(label = "default") { console.timeLog(label); times.delete(label); },
};
console.groupCollapsed = console.group;
expose({ console });
