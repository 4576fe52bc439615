// std/fetch: reads what is at an address. It only reads: GET and HEAD, and no headers that identify anybody.
import { defineTool } from "@paceline/runtime";
import { parsed, result } from "../json-query/answer";
import { compile } from "../json-query/jmespath";
import { type Answer, request } from "../common/http";
import { listed } from "../common/nearest";
import { part } from "../common/part";

/** What of the answer's headers is of use to a model. */
const TOLD = ["content-type", "content-length", "last-modified", "etag", "location", "retry-after", "link", "content-language"];
/** What may be sent: nothing here grants anything. */
const SENT = ["accept", "accept-language", "if-modified-since", "if-none-match", "user-agent"];

const LENGTH = 20_000;
const MOST_LENGTH = 100_000;

const sent = (headers: Readonly<Record<string, unknown>>): Record<string, string> => {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (!SENT.includes(lower)) throw new Error(`the header \`${name.slice(0, 40)}\` cannot be set; ${listed(SENT)} can`);
    if (typeof value !== "string" || /[^\t\x20-\x7e]/.test(value)) throw new Error(`the header \`${lower}\` has to be a line of plain text`);
    checked[lower] = value;
  }
  return checked;
};

const content = (answer: Answer, { query, offset, most }: { query: string | undefined; offset: number; most: number }): object => {
  const { text } = answer;
  if (text === undefined) return { note: `the content is ${answer.type || "binary"}, ${answer.bytes} bytes, and no text: it is left out` };
  if (query !== undefined) return result(compile(query), parsed(text));
  const isJson = answer.type === "application/json" || answer.type.endsWith("+json");
  if (isJson && offset === 0 && text.length <= most) {
    try {
      return { json: JSON.parse(text) };
    } catch {
      // A server may call JSON what is none: then it is told as it is.
    }
  }
  const { part: body, note } = part(text, offset, most);
  return note === undefined ? { body } : { body, note: isJson ? `${note}, or pick what you need with query` : note };
};

export default defineTool({
  name: "fetch",
  description:
    "Gets what is at a web address: status, headers, and the content as text or JSON. Only reads (GET or HEAD). For long JSON, give a " +
    'JMESPath `query`: {"url": "https://api.example.com/items", "query": "items[:3].{name: name, price: price}"}. ' +
    "A status such as 404 is told in `status`, it is no failure of the tool.",
  parameters: {
    url: { type: "string", description: "The whole address, with https:// or http://" },
    method: { type: "string", enum: ["GET", "HEAD"], optional: true, description: "Default GET. HEAD gives status and headers alone" },
    query: {
      type: "string",
      optional: true,
      description: "For JSON: a JMESPath expression that picks what is needed, such as `[:3]` or `items[].title`",
    },
    headers: {
      type: "object",
      additionalProperties: { type: "string" },
      optional: true,
      description: `Headers to send: ${listed(SENT)} only`,
    },
    max_length: {
      type: "integer",
      minimum: 1,
      maximum: MOST_LENGTH,
      optional: true,
      description: `How many characters of the content at most, default ${LENGTH}`,
    },
    offset: { type: "integer", minimum: 0, optional: true, description: "Skip so many characters, to read on in a long text" },
  },
  execute: async ({ url, method = "GET", query, headers = {}, max_length = LENGTH, offset = 0 }) => {
    if (query !== undefined) compile(query);
    const answer = await request(url, method, sent(headers));
    const told = TOLD.map((name) => [name, answer.headers.get(name)] as const).filter(([, value]) => value !== null);
    const head = { status: answer.status, url: answer.url, headers: Object.fromEntries(told) };
    if (method === "HEAD" || answer.bytes === 0) return head;
    // A query is about what was asked for, not about a page that says what went wrong.
    return { ...head, ...content(answer, { query: answer.ok ? query : undefined, offset, most: max_length }) };
  },
});
