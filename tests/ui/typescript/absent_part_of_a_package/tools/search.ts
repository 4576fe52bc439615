import { defineTool } from "@paceline/runtime";
import { chunk } from "bits/chnuk"; //~ P0512
import { trim } from "bits/text/trmi"; //~ P0512
import { nope } from "bits/nope"; //~ P0512
import { parse } from "listed/pasre"; //~ P0512
import { hidden } from "listed/hidden"; //~ P0512
import { Shape } from "@types/shapes"; //~ P0512
import { serve } from "server"; //~ P0512

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: () => [chunk, trim, nope, parse, hidden, Shape, serve],
});
