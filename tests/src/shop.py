# An MCP server of a few lines for the suites: a shop that offers what `offer.json` in its folder says, and where there is none
# that one can `look`. `OFFER` names another file, and `CALLS` one to which the name of each tool that is called is added.
# `whoami` answers with its token spelled backwards, since the token itself is shown to nobody; `die` ends in the middle of a
# call, `stumble` and `fall` do it once; all others answer with their arguments.
import json, os, sys

LOOK = {"name": "look", "description": "Looks", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}}


def say(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def offer():
    path = os.environ.get("OFFER", "offer.json")
    if not os.path.exists(path):
        return [LOOK]
    with open(path) as file:
        return json.load(file)


def call(name, arguments):
    if "CALLS" in os.environ:
        with open(os.environ["CALLS"], "a") as file:
            print(name, file=file)
    if name == "die":
        os._exit(7)
    if name in ("stumble", "fall") and not os.path.exists(name):
        open(name, "w").close()
        os._exit(7)
    return os.environ.get("TOKEN", "nobody")[::-1] if name == "whoami" else json.dumps(arguments)


for line in sys.stdin:
    message = json.loads(line)
    method, id, params = message.get("method"), message.get("id"), message.get("params", {})
    if method == "initialize":
        info = {"name": "shop", "version": "1"}
        say({"id": id, "result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}})
    elif method == "tools/list":
        say({"id": id, "result": {"tools": offer()}})
    elif method == "tools/call":
        text = call(params["name"], params.get("arguments"))
        say({"id": id, "result": {"content": [{"type": "text", "text": text}]}})
    elif id is not None:
        say({"id": id, "error": {"code": -32601, "message": "no such method"}})
