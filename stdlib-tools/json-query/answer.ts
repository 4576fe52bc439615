// What a query gives the model: the result, or why it is not there.
import { listed } from "../common/nearest";
import type { Json } from "./jmespath";

/** More than this is no answer to a question, characters of JSON. */
const MOST = 100_000;

/** The JSON text as a value. */
export const parsed = (text: string): Json => {
  try {
    return JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text);
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : "it is nested too deeply";
    const begin = text.trim().slice(0, 40);
    throw new Error(begin ? `this is not JSON: ${why}; it begins with ${JSON.stringify(begin)}` : "this is not JSON: it is empty");
  }
};

const described = (data: Json): string => {
  if (Array.isArray(data)) return `the data is a list of ${data.length}; its elements are reached with [0] or []`;
  if (data === null || typeof data !== "object") return `the data is ${JSON.stringify(data).slice(0, 60)}`;
  const keys = Object.keys(data);
  const named = keys.slice(0, 20).map((key) => `\`${key.slice(0, 40)}\``);
  const more = keys.length > named.length ? [...named, `${keys.length - named.length} more`] : named;
  return keys.length === 0 ? "the data is an empty object" : `the data is an object with the keys ${listed(more)}`;
};

/** What the tool returns. */
export const result = (query: (data: Json) => Json, data: Json): { result: Json; note?: string } => {
  let found: Json;
  let length: number;
  try {
    found = query(data);
    ({ length } = JSON.stringify(found));
  } catch (error) {
    throw error instanceof RangeError ? new Error("the expression, or what it gives, is nested too deeply") : error;
  }
  if (found === null) return { result: null, note: `nothing is there: ${described(data)}` };
  if (length > MOST) throw new Error(`the result is ${length} characters of JSON, more than ${MOST}; narrow the expression, such as with [:20] or .{name: name}`);
  return { result: found };
};
