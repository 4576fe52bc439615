import { defineTool } from "@paceline/runtime";

const first = () => defineTool({ name: "chosen", description: "One of two", parameters: { a: { type: "string" } }, execute: () => 1 });
const second = () => defineTool({ name: "chosen", description: "The other", parameters: { b: { type: "string" } }, execute: () => 2 });

export default [first, second][1]();
