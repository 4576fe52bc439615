# A program that greets, and is no MCP server.
while read -r line; do
  id=${line#*\"id\":}
  echo "{\"jsonrpc\":\"2.0\",\"id\":${id%%[,\}]*},\"result\":{\"hello\":\"world\"}}"
done
