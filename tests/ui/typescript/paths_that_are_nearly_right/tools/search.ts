import { defineTool } from "@paceline/runtime";
import { a } from "./utlis"; //~ P0512
import { b } from "../lib/claen.ts"; //~ P0512
import { c } from "./lib/clean"; //~ P0512
import { d } from "../lbi/text/split"; //~ P0512
import { e } from "../lib/txet"; //~ P0512
import { h } from "../lib/claen.js"; //~ P0512
import { f } from "./elsewhere"; //~ P0512
import { g } from "@/lib/clean"; //~ P0512

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: () => [a, b, c, d, e, f, g, h],
});
