// std/json-query: JMESPath over a JSON text.
import { defineTool } from "@paceline/runtime";
import { parsed, result } from "./answer";
import { compile } from "./jmespath";

export default defineTool({
  name: "json_query",
  description:
    "Picks values out of a JSON text with a JMESPath expression. Use it to shorten, filter, sort or count JSON instead of reading " +
    "it through. Examples of expressions: `[:3]`, `items[0].name`, `items[].{title: title, by: author.name}`, " +
    "`items[?score > `100`].title`, `sort_by(items, &date)[-1]`, `length(items)`.",
  parameters: {
    json: { type: "string", description: "The JSON text" },
    expression: {
      type: "string",
      description: "JMESPath. Strings in it are written 'so', numbers `5`, and odd names \"so\"",
    },
  },
  execute: ({ json, expression }) => {
    const query = compile(expression);
    return result(query, parsed(json));
  },
});
