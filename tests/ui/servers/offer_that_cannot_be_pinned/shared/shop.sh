# An MCP server of two tools: it needs a shell and nothing else.
tools='[{"name":"look","description":"Looks for goods","inputSchema":{"type":"object","properties":{"what":{"type":"string"}}},"annotations":{"readOnlyHint":true}},{"name":"look","description":"Looks for goods","inputSchema":{"type":"object","properties":{"what":{"type":"string"}}},"annotations":{"readOnlyHint":true}}]'
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/^{"jsonrpc":"2.0","id":\([0-9]*\),.*/\1/p')
  case $line in
    *'"method":"initialize"'*)
      answer='"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"shop","version":"1"}}' ;;
    *'"method":"tools/list"'*) answer="\"result\":{\"tools\":$tools}" ;;
    *) answer='"error":{"code":-32601,"message":"no such method"}' ;;
  esac
  if [ -n "$id" ]; then
    printf '{"jsonrpc":"2.0","id":%s,%s}\n' "$id" "$answer"
  fi
done
