// JMESPath's grammar, read by precedence (Pratt 1973) into a tree.
import { FUNCTIONS, unknownFunction } from "./functions";
import type { Json } from "./jmespath";
import { type Token, wrong } from "./tokens";

/** An expression. */
export type Tree =
  | { type: "current" }
  | { type: "literal"; value: Json }
  | { type: "field"; name: string }
  | { type: "index"; index: number }
  | { type: "slice"; start: number | null; stop: number | null; step: number }
  /** The right side is asked of what the left side gives. */
  | { type: "then"; left: Tree; right: Tree }
  /** The right side is asked of each element of the left side. */
  | { type: "each"; left: Tree; right: Tree }
  /** The right side is asked of each value of an object. */
  | { type: "values"; left: Tree; right: Tree }
  | { type: "filter"; left: Tree; condition: Tree; right: Tree }
  | { type: "flatten"; left: Tree }
  | { type: "compare"; sign: string; left: Tree; right: Tree }
  | { type: "and" | "or"; left: Tree; right: Tree }
  | { type: "not"; of: Tree }
  | { type: "list"; of: Tree[] }
  | { type: "hash"; of: [string, Tree][] }
  | { type: "call"; name: string; args: Tree[]; at: number }
  /** `&expression`, what functions such as `sort_by` take. */
  | { type: "reference"; of: Tree };

const CURRENT: Tree = { type: "current" };

/** How tightly what follows an expression binds to it. */
const BINDING: Readonly<Record<string, number>> = {
  "|": 1, "||": 2, "&&": 3, "==": 5, "!=": 5, "<": 5, "<=": 5, ">": 5, ">=": 5,
  "[]": 9, "[?": 21, ".": 40, "[": 55, "(": 60,
};
/** What binds less ends a projection: it is about the whole list. */
const ENDS_PROJECTION = 10;
const STAR = 20;
const NOT = 45;

/** How deep an expression may be nested. */
const MOST_DEPTH = 100;

/** One expression on its way. */
export class Parser {
  #tokens: Token[];
  #at = 0;
  #depth = 0;
  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  /** All of it. */
  whole(): Tree {
    const tree = this.#expression(0);
    return this.#is("end") ? tree : this.#unexpected(this.#next);
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }
  #is(kind: string, ahead = 0): boolean {
    return this.#tokens[this.#at + ahead]?.kind === kind;
  }
  #take(): Token {
    const token = this.#next;
    if (token.kind !== "end") this.#at += 1;
    return token;
  }
  #expect(kind: string): Token {
    return this.#is(kind) ? this.#take() : this.#unexpected(this.#next, `expected ${kind}`);
  }
  #unexpected({ kind, value, at }: Token, help = ""): never {
    const found = kind === "name" || kind === "number" ? String(value) : kind === "quoted" || kind === "literal" ? JSON.stringify(value) : kind;
    return wrong(kind === "end" ? "it ends too early" : `unexpected ${found.slice(0, 40)}`, at, help);
  }

  #expression(binding: number): Tree {
    if (++this.#depth > MOST_DEPTH) wrong(`more than ${MOST_DEPTH} levels of nesting`, this.#next.at);
    let left = this.#first(this.#take());
    while (binding < (BINDING[this.#next.kind] ?? 0)) left = this.#after(left, this.#take());
    this.#depth -= 1;
    return left;
  }

  /** What may begin an expression. */
  #first(token: Token): Tree {
    switch (token.kind) {
      case "literal": return { type: "literal", value: token.value };
      case "name": return { type: "field", name: token.value as string };
      case "quoted":
        return this.#is("(") ? wrong("a function's name has no quotes", token.at) : { type: "field", name: token.value as string };
      case "@": return CURRENT;
      case "*": return { type: "values", left: CURRENT, right: this.#is("]") ? CURRENT : this.#projected(STAR) };
      case "[?": return this.#filter(CURRENT);
      case "[]": return { type: "each", left: { type: "flatten", left: CURRENT }, right: this.#projected(BINDING["[]"]!) };
      case "!": return { type: "not", of: this.#expression(NOT) };
      case "&": return { type: "reference", of: this.#expression(0) };
      case "{": return this.#hash();
      case "[": return this.#bracket(CURRENT) ?? this.#list();
      case "(": {
        const inside = this.#expression(0);
        this.#expect(")");
        return inside;
      }
      default: return this.#unexpected(token);
    }
  }

  /** What may follow one. */
  #after(left: Tree, token: Token): Tree {
    switch (token.kind) {
      case ".":
        if (!this.#is("*")) return { type: "then", left, right: this.#dotted(BINDING["."]!) };
        this.#take();
        return { type: "values", left, right: this.#projected(STAR) };
      case "|": return { type: "then", left, right: this.#expression(BINDING["|"]!) };
      case "||": return { type: "or", left, right: this.#expression(BINDING["||"]!) };
      case "&&": return { type: "and", left, right: this.#expression(BINDING["&&"]!) };
      case "[?": return this.#filter(left);
      case "[]": return { type: "each", left: { type: "flatten", left }, right: this.#projected(BINDING["[]"]!) };
      case "[": return this.#bracket(left) ?? this.#unexpected(this.#next, "in brackets stands a number, a slice such as 0:3, or *");
      case "(": return left.type === "field" ? this.#call(left.name, this.#tokens[this.#at - 2]!.at) : wrong("only functions are called", token.at);
      default: return { type: "compare", sign: token.kind, left, right: this.#expression(BINDING[token.kind]!) };
    }
  }

  /** After a projection: what is asked of each element. */
  #projected(binding: number): Tree {
    const { kind } = this.#next;
    if ((BINDING[kind] ?? 0) < ENDS_PROJECTION) return CURRENT;
    if (kind === "[" || kind === "[?") return this.#continued(CURRENT, binding);
    if (kind === ".") {
      this.#take();
      return this.#dotted(binding);
    }
    return this.#unexpected(this.#next);
  }

  /** An expression that begins with what follows another one: `[0]` and the like, on the current element. */
  #continued(first: Tree, binding: number): Tree {
    let left = first;
    do left = this.#after(left, this.#take());
    while (binding < (BINDING[this.#next.kind] ?? 0));
    return left;
  }

  /** After a dot. */
  #dotted(binding: number): Tree {
    const { kind } = this.#next;
    if (kind === "name" || kind === "quoted" || kind === "*") return this.#expression(binding);
    if (kind === "{" || kind === "[") {
      this.#take();
      return kind === "{" ? this.#hash() : this.#list();
    }
    return this.#unexpected(this.#next, "after a dot stands a name, *, [ or {");
  }

  #filter(left: Tree): Tree {
    const condition = this.#expression(0);
    this.#expect("]");
    return { type: "filter", left, condition, right: this.#is("[]") ? CURRENT : this.#projected(BINDING["[?"]!) };
  }

  /** `[0]`, `[1:2]` and `[*]`, after the bracket; nothing if it is a list of expressions. */
  #bracket(left: Tree): Tree | undefined {
    if (this.#is("*") && this.#is("]", 1)) {
      this.#at += 2;
      return { type: "each", left, right: this.#projected(STAR) };
    }
    if (this.#is("number") && this.#is("]", 1)) {
      const index = this.#take().value as number;
      this.#take();
      return { type: "then", left, right: { type: "index", index } };
    }
    if (!this.#is("number") && !this.#is(":")) return undefined;
    return { type: "each", left: { type: "then", left, right: this.#slice() }, right: this.#projected(STAR) };
  }

  #slice(): Tree {
    const parts: (number | null)[] = [null, null, null];
    let part = 0;
    while (!this.#is("]")) {
      const token = this.#take();
      if (token.kind === ":" && part < 2) part += 1;
      else if (token.kind === "number" && parts[part] === null) parts[part] = token.value as number;
      else this.#unexpected(token, "a slice is [start:stop:step]");
    }
    const { at } = this.#take();
    const [start, stop, step] = parts;
    if (part === 0) wrong("a slice has a colon", at);
    if (step === 0) wrong("the step of a slice cannot be 0", at);
    return { type: "slice", start: start!, stop: stop!, step: step ?? 1 };
  }

  #list(): Tree {
    const of = [this.#expression(0)];
    while (this.#is(",")) {
      this.#take();
      of.push(this.#expression(0));
    }
    this.#expect("]");
    return { type: "list", of };
  }

  #hash(): Tree {
    const of: [string, Tree][] = [];
    do {
      if (of.length > 0) this.#take();
      const name = this.#take();
      if (name.kind !== "name" && name.kind !== "quoted") this.#unexpected(name, "in braces stand names with values: {name: value}");
      this.#expect(":");
      of.push([name.value as string, this.#expression(0)]);
    } while (this.#is(","));
    this.#expect("}");
    return { type: "hash", of };
  }

  #call(name: string, at: number): Tree {
    const args: Tree[] = [];
    if (!this.#is(")")) {
      args.push(this.#expression(0));
      while (this.#is(",")) {
        this.#take();
        args.push(this.#expression(0));
      }
    }
    this.#expect(")");
    const known = FUNCTIONS[name];
    if (!known || !Object.hasOwn(FUNCTIONS, name)) return unknownFunction(name, at);
    const { takes, more } = known;
    if (args.length < takes.length || (args.length > takes.length && !more)) {
      wrong(`${name} takes ${takes.length}${more ? " or more" : ""} argument${takes.length === 1 && !more ? "" : "s"}, not ${args.length}`, at);
    }
    return { type: "call", name, args, at };
  }
}
