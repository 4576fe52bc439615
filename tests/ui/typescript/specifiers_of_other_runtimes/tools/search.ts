import { defineTool } from "@paceline/runtime";
import { z } from "https://esm.sh/zod@4"; //~ P0512
import { y } from "npm:zod@4.1/v4"; //~ P0512
import { parse } from "jsr:@std/csv@^1"; //~ P0512
import { Database } from "bun:sqlite"; //~ P0512

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: () => [z, y, parse, Database],
});
