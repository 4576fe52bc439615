// A JMESPath tree over a value.
import { FUNCTIONS, type Value, check, kindOf } from "./functions";
import type { Json } from "./jmespath";
import type { Tree } from "./parser";

const isObject = (value: Json): value is { [name: string]: Json } =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** What counts as false: null, false, and all that is empty. */
const isFalse = (value: Json): boolean => {
  if (value === null || value === false || value === "") return true;
  if (typeof value !== "object") return false;
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
};

/** Whether two values are the same, however deep. */
export const equal = (a: Json, b: Json): boolean => {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, at) => equal(one, b[at]!));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key]!, b[key]!));
};

const compare = (sign: string, left: Json, right: Json): Json => {
  if (sign === "==") return equal(left, right);
  if (sign === "!=") return !equal(left, right);
  // The order of anything but numbers is not defined.
  if (typeof left !== "number" || typeof right !== "number") return null;
  switch (sign) {
    case "<": return left < right;
    case "<=": return left <= right;
    case ">": return left > right;
    default: return left >= right;
  }
};

/** As in Python: bounds are cut to the list, and negative ones count from its end. */
const slice = (list: Json[], start: number | null, stop: number | null, step: number): Json[] => {
  const { length } = list;
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const bound = (at: number) => Math.min(high, Math.max(low, at < 0 ? at + length : at));
  const from = start === null ? (step > 0 ? low : high) : bound(start);
  const to = stop === null ? (step > 0 ? high : low) : bound(stop);
  const taken: Json[] = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) taken.push(list[at]!);
  return taken;
};

const projected = (list: Json[], right: Tree): Json[] =>
  right.type === "current" ? list.filter((one) => one !== null) : list.map((one) => evaluate(right, one)).filter((one) => one !== null);

const flat = (list: Json[]): Json[] => {
  const merged: Json[] = [];
  for (const one of list) {
    if (!Array.isArray(one)) merged.push(one);
    else for (const inner of one) merged.push(inner);
  }
  return merged;
};

const call = (name: string, args: Tree[], data: Json): Json => {
  const given = args.map((arg): Value => {
    if (arg.type !== "reference") return evaluate(arg, data);
    return (value: Json) => evaluate(arg.of, value);
  });
  check(name, given);
  return FUNCTIONS[name]!.run(given);
};

/** What an expression gives for a value. */
export const evaluate = (tree: Tree, data: Json): Json => {
  switch (tree.type) {
    case "current": return data;
    case "literal": return tree.value;
    case "field": return isObject(data) && Object.hasOwn(data, tree.name) ? data[tree.name]! : null;
    case "index": return Array.isArray(data) ? (data.at(tree.index) ?? null) : null;
    case "slice": return Array.isArray(data) ? slice(data, tree.start, tree.stop, tree.step) : null;
    case "then": return evaluate(tree.right, evaluate(tree.left, data));
    case "each": {
      const left = evaluate(tree.left, data);
      return Array.isArray(left) ? projected(left, tree.right) : null;
    }
    case "values": {
      const left = evaluate(tree.left, data);
      return isObject(left) ? projected(Object.values(left), tree.right) : null;
    }
    case "filter": {
      const left = evaluate(tree.left, data);
      return Array.isArray(left) ? projected(left.filter((one) => !isFalse(evaluate(tree.condition, one))), tree.right) : null;
    }
    case "flatten": {
      const left = evaluate(tree.left, data);
      return Array.isArray(left) ? flat(left) : null;
    }
    case "compare": return compare(tree.sign, evaluate(tree.left, data), evaluate(tree.right, data));
    case "and": {
      const left = evaluate(tree.left, data);
      return isFalse(left) ? left : evaluate(tree.right, data);
    }
    case "or": {
      const left = evaluate(tree.left, data);
      return isFalse(left) ? evaluate(tree.right, data) : left;
    }
    case "not": return isFalse(evaluate(tree.of, data));
    case "list": return data === null ? null : tree.of.map((one) => evaluate(one, data));
    case "hash": {
      if (data === null) return null;
      // Without a prototype, a key called `__proto__` is a key as any other.
      const made: { [name: string]: Json } = Object.create(null);
      for (const [name, of] of tree.of) made[name] = evaluate(of, data);
      return made;
    }
    case "call": return call(tree.name, tree.args, data);
    case "reference": throw new Error(`an expression behind & is for functions such as sort_by, not ${kindOf(data)}`);
  }
};
