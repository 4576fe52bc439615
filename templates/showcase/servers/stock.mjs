// An MCP server: a program that reads messages from standard input, a line each, and answers on standard output. Any language
// will do; this one is JavaScript without a package. `pace` starts it, asks what it offers, and pins the answer in `mcp.lock`.
import { createInterface } from "node:readline";

const STOCK = { "chain oil": 7, "brake pads": 0, "inner tube": 23 };

const TOOL = {
  name: "count",
  description: "Counts what is in stock of a part.",
  inputSchema: { type: "object", properties: { part: { type: "string" } }, required: ["part"] },
  // It says of itself that it only reads; without that, Paceline takes its calls for writes.
  annotations: { readOnlyHint: true },
};

function answer({ method, params }) {
  switch (method) {
    case "initialize":
      return { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "stock", version: "1.0.0" } };
    case "ping":
      return {};
    case "tools/list":
      return { tools: [TOOL] };
    case "tools/call": {
      const count = STOCK[params.arguments.part.toLowerCase()];
      const text = count === undefined ? "there is no such part" : JSON.stringify({ count });
      return { content: [{ type: "text", text }], isError: count === undefined };
    }
  }
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line);
  // What has no id wants no answer.
  if (message.id === undefined) return;
  const result = answer(message);
  const error = { code: -32601, message: `there is no method ${message.method}` };
  console.log(JSON.stringify({ jsonrpc: "2.0", id: message.id, ...(result ? { result } : { error }) }));
});
