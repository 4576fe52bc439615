// The expression, read by precedence (Pratt 1973) and calculated on the way. Every error says where.
import { listed, nearest } from "../common/nearest";
import { CONSTANTS, FUNCTIONS, FUNCTION_NAMES, power } from "./functions";
import { Decimal } from "./number";

/** No calculation that is meant is longer. */
const MOST_CHARACTERS = 10_000;
/** How deep parentheses, powers and signs may be nested. */
const MOST_DEPTH = 100;

/** A number, a name or a sign, and where it begins, from 0. */
type Token = { kind: "number" | "name" | "sign" | "end"; text: string; at: number };

/** How tightly an operator binds. A power binds more than a sign before it: -2^2 is -4. */
const BINDING: Readonly<Record<string, number>> = { "+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 4 };
const SIGN_BINDING = 3;

/** How people also write operators. */
const ALIASES: Readonly<Record<string, string>> = { "**": "^", "×": "*", "·": "*", "÷": "/", "−": "-" };

const PATTERN = /(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(\*\*|[-+*\/%^(),×·÷−])|\s+/y;

/** Says what is wrong, and where. */
const wrong = (why: string, at: number, help = ""): never => {
  throw new Error(`${why} at character ${at + 1}${help && `; ${help}`}`);
};

const tokens = (text: string): Token[] => {
  const found: Token[] = [];
  PATTERN.lastIndex = 0;
  for (let at = 0; at < text.length; at = PATTERN.lastIndex) {
    PATTERN.lastIndex = at;
    const match = PATTERN.exec(text);
    if (!match) return wrong(`unexpected \`${String.fromCodePoint(text.codePointAt(at)!)}\``, at, "an expression has numbers, + - * / % ^, parentheses and functions");
    const [, number, name, sign] = match;
    if (number !== undefined) found.push({ kind: "number", text: number, at });
    else if (name !== undefined) found.push({ kind: "name", text: name, at });
    else if (sign !== undefined) found.push({ kind: "sign", text: ALIASES[sign] ?? sign, at });
  }
  found.push({ kind: "end", text: "", at: text.length });
  return found;
};

const named = ({ kind, text }: Token): string => (kind === "end" ? "the end" : `\`${text}\``);

/** An expression on its way. */
class Reader {
  #at = 0;
  #depth = 0;
  #tokens: Token[];
  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }
  get next(): Token {
    return this.#tokens[this.#at]!;
  }
  take(): Token {
    const token = this.next;
    if (token.kind !== "end") this.#at += 1;
    return token;
  }
  is(sign: string): boolean {
    return this.next.kind === "sign" && this.next.text === sign;
  }

  /** What binds at least so tightly. */
  expression(least = 0): Decimal {
    if (++this.#depth > MOST_DEPTH) wrong(`more than ${MOST_DEPTH} levels of nesting`, this.next.at, "split the calculation");
    let value = this.operand();
    for (;;) {
      const operator = this.next;
      const binding = operator.kind === "sign" ? BINDING[operator.text] : undefined;
      if (binding === undefined || binding < least) break;
      this.take();
      // Powers are taken from the right: 2^3^2 is 2^9.
      const right = this.expression(operator.text === "^" ? binding : binding + 1);
      value = checked(() => applied(operator.text, value, right), operator);
    }
    this.#depth -= 1;
    return value;
  }

  operand(): Decimal {
    const token = this.take();
    if (token.kind === "number") return checked(() => new Decimal(token.text), token);
    if (token.kind === "name") return this.named(token);
    if (token.text === "-") return this.expression(SIGN_BINDING).neg();
    if (token.text === "+") return this.expression(SIGN_BINDING);
    if (token.text === "(") {
      const value = this.expression();
      this.close(token);
      return value;
    }
    return wrong(`a number is missing before ${named(token)}`, token.at);
  }

  named(name: Token): Decimal {
    const key = name.text.toLowerCase();
    const run = FUNCTIONS.get(key);
    if (!run) return this.constant(name);
    if (!this.is("(")) wrong(`\`${key}\` is a function`, name.at, `write ${key}(…)`);
    const open = this.take();
    const args = this.is(")") ? [] : [this.expression()];
    while (this.is(",")) {
      this.take();
      args.push(this.expression());
    }
    this.close(open);
    const { least, most } = run;
    if (args.length < least || args.length > most) {
      const wanted = most === Infinity ? "at least one number" : least === most ? "one number" : `${least} or ${most} numbers`;
      wrong(`\`${key}\` takes ${wanted}, not ${args.length},`, name.at);
    }
    return checked(() => run.run(args), name);
  }

  constant(name: Token): Decimal {
    const value = CONSTANTS.get(name.text.toLowerCase());
    if (value) return value();
    const near = nearest(name.text, [...FUNCTION_NAMES, ...CONSTANTS.keys()]);
    const help = near ? `did you mean \`${near}\`?` : `there are ${listed([...FUNCTION_NAMES, ...CONSTANTS.keys()])}`;
    return wrong(`unknown name \`${name.text.slice(0, 40)}\``, name.at, help);
  }

  close(open: Token): void {
    if (this.is(")")) this.take();
    else wrong(`\`)\` is missing before ${named(this.next)}`, this.next.at, `the \`(\` is at character ${open.at + 1}`);
  }
}

const applied = (operator: string, left: Decimal, right: Decimal): Decimal => {
  switch (operator) {
    case "+": return left.plus(right);
    case "-": return left.minus(right);
    case "*": return left.times(right);
    case "^": return power(left, right);
  }
  if (right.isZero()) throw new Error("division by zero");
  if (operator === "/") return left.div(right);
  if (left.e - right.e > 100) throw new Error("the numbers are too far apart for a remainder");
  return left.mod(right);
};

/** A step of the calculation: what goes wrong in it is told with its place. */
const checked = (step: () => Decimal, { at }: Token): Decimal => {
  let value: Decimal;
  try {
    value = step();
  } catch (error) {
    const why = (error as Error).message.replace(/^\[DecimalError\] /, "");
    return wrong(why, at);
  }
  if (value.isNaN()) return wrong("the result is not a number", at);
  if (!value.isFinite()) return wrong("the result is too large", at, "numbers go up to 10^100000");
  return value;
};

/** What an expression comes to. */
export const calculate = (text: string): Decimal => {
  if (text.length > MOST_CHARACTERS) throw new Error(`the expression is longer than ${MOST_CHARACTERS} characters; split the calculation`);
  const reader = new Reader(tokens(text));
  if (reader.next.kind === "end") throw new Error("the expression is empty; write one such as 2 * (3 + 4)");
  const value = reader.expression();
  const rest = reader.next;
  if (rest.kind === "end") return value;
  if (rest.text === ",") wrong("unexpected `,`", rest.at, "write numbers without thousands separators: 1234.5");
  if (rest.text === ")") wrong("`)` without `(`", rest.at);
  return wrong(`an operator is missing before ${named(rest)}`, rest.at, "multiplication is written with *");
};
