// The words of a JMESPath expression.
import type { Json } from "./jmespath";

/** A name, a value or a sign (then `kind` is the sign itself), and where it begins, from 0. */
export type Token = { kind: string; value: Json; at: number; length: number };

const PATTERN =
  /([A-Za-z_][A-Za-z0-9_]*)|(-?\d+)|("(?:[^"\\]|\\[^])*")|('(?:[^'\\]|\\[^])*')|(`(?:[^`\\]|\\[^])*`)|(\[\?|\[\]|&&|\|\||[!=<>]=|[.*\[\],:&|!<>(){}@])|[ \t\r\n]+/y;

/** Says what is wrong, and where. */
export const wrong = (why: string, at: number, help = ""): never => {
  throw new Error(`the expression is wrong at character ${at + 1}: ${why}${help && `; ${help}`}`);
};

const quoted = (text: string, at: number): string => {
  try {
    return JSON.parse(text);
  } catch {
    return wrong(`${text.slice(0, 40)} is no JSON string`, at);
  }
};

const literal = (text: string, at: number): Json => {
  const inside = text.slice(1, -1).replaceAll("\\`", "`");
  try {
    return JSON.parse(inside);
  } catch {
    return wrong(`between backticks stands JSON, and \`${inside.slice(0, 40)}\` is none`, at, "write a string as 'text'");
  }
};

const unknown = (text: string, at: number): never => {
  const sign = String.fromCodePoint(text.codePointAt(at)!);
  if (sign === "'" || sign === '"' || sign === "`") return wrong(`the ${sign} that begins here has no end`, at);
  return wrong(`unexpected ${sign}`, at, sign === "=" ? "write == to compare" : sign === "-" ? "JMESPath does not calculate" : "");
};

/** The tokens of an expression, with one of kind `end` behind. */
export const tokens = (text: string): Token[] => {
  const found: Token[] = [];
  PATTERN.lastIndex = 0;
  for (let at = 0; at < text.length; at = PATTERN.lastIndex) {
    PATTERN.lastIndex = at;
    const match = PATTERN.exec(text);
    if (!match) return unknown(text, at);
    const [whole, name, number, string, raw, json, sign] = match;
    const { length } = whole;
    if (name !== undefined) found.push({ kind: "name", value: name, at, length });
    else if (number !== undefined) found.push({ kind: "number", value: Number(number), at, length });
    else if (string !== undefined) found.push({ kind: "quoted", value: quoted(string, at), at, length });
    else if (raw !== undefined) found.push({ kind: "literal", value: raw.slice(1, -1).replaceAll("\\'", "'"), at, length });
    else if (json !== undefined) found.push({ kind: "literal", value: literal(json, at), at, length });
    else if (sign !== undefined) found.push({ kind: sign, value: null, at, length });
  }
  found.push({ kind: "end", value: null, at: text.length, length: 0 });
  return found;
};
