// The functions of JMESPath.
import { listed, nearest } from "../common/nearest";
import { equal } from "./evaluate";
import type { Json } from "./jmespath";
import { wrong } from "./tokens";

/** An argument: a value, or an expression to be asked of values. */
export type Value = Json | ((value: Json) => Json);

/** What an argument may be: kinds separated by `|`. */
type Function = { takes: string[]; more?: boolean; run: (args: any[]) => Json };

/** What JMESPath calls a value's type, finer for lists: `numbers` and `strings`. An empty list is both. */
export const kindOf = (value: Value): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "function" ? "expression" : typeof value;
};

const every = (list: readonly unknown[], kind: string): boolean => list.every((one) => typeof one === kind);

const fits = (value: Value, kind: string): boolean => {
  if (kind === "any") return typeof value !== "function";
  if (kind === "numbers") return Array.isArray(value) && every(value, "number");
  if (kind === "strings") return Array.isArray(value) && every(value, "string");
  return kindOf(value) === kind;
};

const NAMES: Readonly<Record<string, string>> = { numbers: "an array of numbers", strings: "an array of strings", expression: "an expression such as &name" };

/** Throws if the arguments are of other types than the function takes. */
export const check = (name: string, args: Value[]): void => {
  const { takes } = FUNCTIONS[name]!;
  args.forEach((arg, at) => {
    const kinds = takes[Math.min(at, takes.length - 1)]!.split("|");
    if (kinds.some((kind) => fits(arg, kind))) return;
    const shown = typeof arg === "function" ? "an expression" : (JSON.stringify(arg) ?? "").slice(0, 60);
    throw new Error(`${name} takes ${kinds.map((kind) => NAMES[kind] ?? kind).join(" or ")}${args.length > 1 ? ` as argument ${at + 1}` : ""}, not ${shown}`);
  });
};

/** Strings are ordered by code points, which is not how JavaScript orders them. */
const order = (a: Json, b: Json): number => {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [[...(a as string)], [...(b as string)]];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    if (left[at] !== right[at]) return left[at]!.codePointAt(0)! - right[at]!.codePointAt(0)!;
  }
  return left.length - right.length;
};

const sorted = (list: Json[]): Json[] => [...list].sort(order);

/** Each element with what the expression gives for it: numbers, or strings, for all alike. */
const keyed = (name: string, list: Json[], of: (value: Json) => Json): { one: Json; key: Json }[] => {
  const all = list.map((one) => ({ one, key: of(one) }));
  const keys = all.map(({ key }) => key);
  if (every(keys, "number") || every(keys, "string")) return all;
  const odd = all.find(({ key }) => typeof key !== typeof keys[0] || (typeof key !== "number" && typeof key !== "string"));
  throw new Error(`the expression of ${name} has to give numbers, or strings, for all elements; for ${(JSON.stringify(odd?.one) ?? "").slice(0, 60)} it gives ${(JSON.stringify(odd?.key) ?? "").slice(0, 60)}`);
};

const extreme = (list: Json[], sign: number): Json =>
  list.length === 0 ? null : list.reduce((best, one) => (order(one, best) * sign > 0 ? one : best));

const extremeBy = (name: string, list: Json[], of: (value: Json) => Json, sign: number): Json => {
  const all = keyed(name, list, of);
  return all.length === 0 ? null : all.reduce((best, one) => (order(one.key, best.key) * sign > 0 ? one : best)).one;
};

const sum = (list: number[]): number => list.reduce((total, one) => total + one, 0);

const number = (value: Json): Json => {
  if (typeof value === "number") return value;
  const isNumber = typeof value === "string" && /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value);
  return isNumber && Number.isFinite(Number(value)) ? Number(value) : null;
};

const merged = (objects: { [name: string]: Json }[]): Json => {
  const made: { [name: string]: Json } = Object.create(null);
  for (const object of objects) for (const [name, value] of Object.entries(object)) made[name] = value;
  return made;
};

/** By name. */
export const FUNCTIONS: Readonly<Record<string, Function>> = {
  abs: { takes: ["number"], run: ([x]) => Math.abs(x) },
  avg: { takes: ["numbers"], run: ([list]) => (list.length === 0 ? null : sum(list) / list.length) },
  ceil: { takes: ["number"], run: ([x]) => Math.ceil(x) },
  contains: {
    takes: ["array|string", "any"],
    run: ([within, what]) => typeof within === "string" ? typeof what === "string" && within.includes(what) : within.some((one: Json) => equal(one, what)),
  },
  ends_with: { takes: ["string", "string"], run: ([text, end]) => text.endsWith(end) },
  floor: { takes: ["number"], run: ([x]) => Math.floor(x) },
  join: { takes: ["string", "strings"], run: ([glue, list]) => list.join(glue) },
  keys: { takes: ["object"], run: ([object]) => Object.keys(object) },
  length: {
    takes: ["string|array|object"],
    run: ([value]) => (typeof value === "string" ? [...value] : Array.isArray(value) ? value : Object.keys(value)).length,
  },
  map: { takes: ["expression", "array"], run: ([of, list]) => list.map((one: Json) => of(one)) },
  max: { takes: ["numbers|strings"], run: ([list]) => extreme(list, 1) },
  max_by: { takes: ["array", "expression"], run: ([list, of]) => extremeBy("max_by", list, of, 1) },
  merge: { takes: ["object"], more: true, run: merged },
  min: { takes: ["numbers|strings"], run: ([list]) => extreme(list, -1) },
  min_by: { takes: ["array", "expression"], run: ([list, of]) => extremeBy("min_by", list, of, -1) },
  not_null: { takes: ["any"], more: true, run: (args) => args.find((one) => one !== null) ?? null },
  reverse: {
    takes: ["string|array"],
    run: ([value]) => (typeof value === "string" ? [...value].reverse().join("") : [...value].reverse()),
  },
  sort: { takes: ["numbers|strings"], run: ([list]) => sorted(list) },
  sort_by: {
    takes: ["array", "expression"],
    run: ([list, of]) => keyed("sort_by", list, of).sort((a, b) => order(a.key, b.key)).map(({ one }) => one),
  },
  starts_with: { takes: ["string", "string"], run: ([text, begin]) => text.startsWith(begin) },
  sum: { takes: ["numbers"], run: ([list]) => sum(list) },
  to_array: { takes: ["any"], run: ([value]) => (Array.isArray(value) ? value : [value]) },
  to_number: { takes: ["any"], run: ([value]) => number(value) },
  to_string: { takes: ["any"], run: ([value]) => (typeof value === "string" ? value : JSON.stringify(value)) },
  type: { takes: ["any"], run: ([value]) => kindOf(value) },
  values: { takes: ["object"], run: ([object]) => Object.values(object) },
};

/** Says which functions there are. */
export const unknownFunction = (name: string, at: number): never => {
  const known = Object.keys(FUNCTIONS);
  const near = nearest(name, known);
  return wrong(`unknown function ${name.slice(0, 40)}`, at, near ? `did you mean ${near}?` : `there are ${listed(known)}`);
};
