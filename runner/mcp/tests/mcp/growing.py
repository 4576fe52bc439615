"""A server of the official Python library whose list of tools grows, over standard input and output or at `PORT`."""

import os

from mcp.server import MCPServer
from mcp.server.mcpserver import Context

server = MCPServer("growing")


@server.tool()
def add(a: int, b: int) -> int:
    return a + b


@server.tool()
async def grow(ctx: Context) -> str:
    server.add_tool(lambda: "grown", name="grown")
    await ctx.notify_tools_changed()
    return "done"


if "PORT" in os.environ:
    server.run("streamable-http", port=int(os.environ["PORT"]), stateless_http=True)
else:
    server.run("stdio")
