// Checked by `tsc`: what `execute` gets follows from `parameters`. A wrong type is an error, and an error that does not come
// is one too (`@ts-expect-error`).
import { defineTool } from "@paceline/runtime";
import { z } from "zod";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Equal<A, B>): void {}

defineTool({
  name: "short",
  description: "The short form",
  parameters: {
    city: { type: "string", description: "City name" },
    days: { type: "integer", optional: true },
    unit: { enum: ["C", "F"] },
    tags: { type: "array", items: { type: "string" } },
  },
  execute: async (args) => {
    same<typeof args, { city: string; unit: "C" | "F"; tags: string[]; days?: number }>(true);
    // @ts-expect-error there is no such parameter
    args.town;
    return { ok: true };
  },
});

const parameters = {
  type: "object",
  properties: {
    a: { type: ["string", "null"] },
    b: { type: "object", properties: { c: { type: "boolean" } }, required: ["c"] },
    d: { const: 7 },
    e: { anyOf: [{ type: "number" }, { type: "boolean" }] },
    f: { type: "array", prefixItems: [{ type: "string" }, { type: "number" }] },
  },
  required: ["a", "b"],
} as const;

defineTool({
  name: "schema",
  description: "A JSON Schema, `as const`",
  parameters,
  execute(args, { env }) {
    same<
      typeof args,
      { a: string | null; b: { c: boolean }; d?: 7; e?: number | boolean; f?: [string, number] }
    >(true);
    same<typeof env.TOKEN, string | undefined>(true);
  },
});

defineTool({
  name: "inline",
  description: "A JSON Schema in place",
  parameters: { type: "object", properties: { q: { type: "string" } }, required: ["q"] },
  execute: (args) => same<typeof args, { q: string }>(true),
});

defineTool({
  name: "zod",
  description: "zod 4",
  parameters: z.object({ city: z.string(), days: z.number().default(3), when: z.string().optional() }),
  execute: (args) => {
    same<typeof args, { city: string; days: number; when?: string | undefined }>(true);
  },
});

defineTool({ name: "none", description: "No parameters", parameters: {}, execute: (args) => same<typeof args, {}>(true) });

// @ts-expect-error `text` is no type of JSON
defineTool({ name: "wrong", description: "", parameters: { a: { type: "text" } }, execute: () => 1 });
// @ts-expect-error a tool has a description
defineTool({ name: "wrong", parameters: {}, execute: () => 1 });
// @ts-expect-error a type is no schema
defineTool({ name: "wrong", description: "", parameters: { a: "string" }, execute: () => 1 });
