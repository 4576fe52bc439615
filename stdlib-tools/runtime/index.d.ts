/**
 * What a tool of Paceline is made with. `execute` is typed by `parameters`: the short form, a JSON Schema, or a schema of
 * zod 4.2 or any other library with Standard Schema and Standard JSON Schema.
 */

/** A JSON type. */
export type JsonType = "string" | "number" | "integer" | "boolean" | "object" | "array" | "null";

/** A JSON Schema (draft 2020-12), as far as types follow from it. */
export interface JsonSchema {
  readonly type?: JsonType | readonly JsonType[];
  readonly description?: string;
  readonly title?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: { readonly [name: string]: JsonSchema | boolean };
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema | boolean;
  readonly prefixItems?: readonly (JsonSchema | boolean)[];
  readonly anyOf?: readonly (JsonSchema | boolean)[];
  readonly oneOf?: readonly (JsonSchema | boolean)[];
  readonly allOf?: readonly (JsonSchema | boolean)[];
  readonly [keyword: string]: unknown;
}

/** One parameter of the short form. It is required, unless it says otherwise. */
export interface Parameter extends JsonSchema {
  /** Whether it may be left out. */
  readonly optional?: boolean;
}

/** The short form: a parameter by name. */
export interface ShortForm {
  readonly [name: string]: Parameter & { readonly "~standard"?: never };
}

/** The JSON Schema of an object. */
export interface ObjectSchema extends JsonSchema {
  readonly type: "object";
}

/** A schema of a library, by Standard Schema (https://standardschema.dev). */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => unknown;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What `parameters` may be. */
export type Parameters = StandardSchema<any, any> | ObjectSchema | ShortForm;

type Simplify<T> = { [K in keyof T]: T[K] } & {};

type OfType<S, T> =
  T extends "string" ? string
  : T extends "number" | "integer" ? number
  : T extends "boolean" ? boolean
  : T extends "null" ? null
  : T extends "array" ? OfArray<S>
  : T extends "object" ? OfObject<S>
  : unknown;

type OfArray<S> =
  S extends { readonly prefixItems: infer I extends readonly unknown[] } ? { -readonly [K in keyof I]: FromSchema<I[K]> }
  : S extends { readonly items: infer I } ? FromSchema<I>[]
  : unknown[];

type RequiredNames<S> = S extends { readonly required: readonly (infer R)[] } ? R : never;

type OfObject<S> =
  S extends { readonly properties: infer P } ?
    Simplify<
      { -readonly [K in keyof P as K extends RequiredNames<S> ? K : never]: FromSchema<P[K]> }
      & { -readonly [K in keyof P as K extends RequiredNames<S> ? never : K]?: FromSchema<P[K]> }
    >
  : S extends { readonly additionalProperties: infer A extends object } ? { [name: string]: FromSchema<A> }
  : { [name: string]: unknown };

type Intersected<A> =
  A extends readonly [infer First, ...infer Rest] ? FromSchema<First> & Intersected<Rest> : unknown;

/** The type that a JSON Schema describes. */
export type FromSchema<S> =
  S extends true ? unknown
  : S extends false ? never
  : S extends { readonly const: infer C } ? C
  : S extends { readonly enum: readonly (infer E)[] } ? E
  : S extends { readonly anyOf: readonly (infer A)[] } ? FromSchema<A>
  : S extends { readonly oneOf: readonly (infer A)[] } ? FromSchema<A>
  : S extends { readonly allOf: infer A } ? Intersected<A>
  : S extends { readonly type: readonly (infer T)[] } ? OfType<S, T>
  : S extends { readonly type: infer T } ? OfType<S, T>
  : unknown;

/** What `execute` gets, by `parameters`. */
export type Arguments<P> =
  P extends { readonly "~standard": { readonly types?: infer T } } ?
    NonNullable<T> extends { readonly output: infer Output } ? Output : unknown
  : P extends { readonly type: "object" } ? FromSchema<P>
  : Simplify<
      { -readonly [K in keyof P as P[K] extends { readonly optional: true } ? never : K]: FromSchema<P[K]> }
      & { -readonly [K in keyof P as P[K] extends { readonly optional: true } ? K : never]?: FromSchema<P[K]> }
    >;

/** What `execute` gets besides its arguments. */
export interface Context {
  /** The variables that the entry in the spec lists under `env`, and no others. */
  readonly env: { readonly [name: string]: string | undefined };
}

/** What makes a tool. */
export interface Definition<P extends Parameters> {
  /** What the model calls it: as its file, `-` and `_` being the same. */
  readonly name: string;
  /** What it does and when to call it; the model chooses by it. */
  readonly description: string;
  /** What it is called with. */
  readonly parameters: P;
  /** Does the work. What it returns goes to the model as JSON; what it throws does too, as an error. */
  execute(args: Arguments<P>, context: Context): unknown;
}

/** A tool, to be exported by default. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly parameters: unknown;
  readonly execute: (args: never, context: Context) => unknown;
}

/** Makes a tool: `export default defineTool({ … })`. */
export declare function defineTool<const P extends Parameters>(definition: Definition<P>): Tool;
