import { defineTool } from "@paceline/runtime";
import { uper } from "words"; //~ P0514
import { whisper } from "words"; //~ P0514
import words from "words"; //~ P0514

export default defineTool({
  name: "search",
  description: "Search the handbook",
  parameters: { text: { type: "string" } },
  execute: ({ text }) => uper(whisper(words(text))),
});
