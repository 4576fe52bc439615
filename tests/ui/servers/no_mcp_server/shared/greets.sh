# A program that greets, and is no MCP server.
while read -r line; do
  echo "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"hello\":\"world\"}}"
done
