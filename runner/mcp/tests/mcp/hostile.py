"""An MCP server that misbehaves as it is told to: by its first argument from the start, by the tool that is called later.

It needs nothing but Python, and speaks 2025-11-25 by hand: no library would let it do what it does.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time

OUT = sys.stdout.buffer
LOCK = threading.Lock()


def send(message):
    raw(json.dumps(message).encode() + b"\n")


def raw(data):
    with LOCK:
        OUT.write(data)
        OUT.flush()


def answer(id, result):
    send({"jsonrpc": "2.0", "id": id, "result": result})


def text(id, words):
    answer(id, {"content": [{"type": "text", "text": words}]})


def notify(method, params):
    send({"jsonrpc": "2.0", "method": method, "params": params})


class Server:
    def __init__(self, mode, arguments):
        self.mode = mode
        self.arguments = arguments
        self.changed = False
        self.cancelled = []
        self.never = 0
        self.replies = []

    def run(self):
        for line in sys.stdin.buffer:
            message = json.loads(line)
            if "method" in message:
                self.asked(message)
            else:
                self.replies.append(message)

    def asked(self, message):
        id, method, params = message.get("id"), message["method"], message.get("params", {})
        if self.mode == "fragile" and method == "server/discover":
            print("Error: expect initialized request, but received: Some(...)", file=sys.stderr, flush=True)
            os._exit(1)
        if self.mode == "late" and method in ("server/discover", "initialize"):
            self.late(id, method)
        elif method == "initialize":
            capabilities = {"tools": {"listChanged": True}}
            server = {"name": "hostile", "version": "1"}
            answer(id, {"protocolVersion": "2025-11-25", "capabilities": capabilities, "serverInfo": server})
            self.client = params
        elif method == "notifications/cancelled":
            self.cancelled.append(params)
        elif method == "tools/list":
            self.list(id, params)
        elif method == "tools/call":
            call = getattr(self, "call_" + params["name"], None)
            if call is None:
                text(id, "no such tool")
            else:
                call(id, params)
        elif id is not None:
            if self.mode == "ignores" and method == "server/discover":
                return
            send({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "Method not found"}})

    def late(self, id, method):
        """Answers the first question when there is a second one, as who starts slowly does."""
        if method == "server/discover":
            self.discover = id
            return
        found = {
            "resultType": "complete",
            "supportedVersions": ["2026-07-28"],
            "capabilities": {"tools": {}},
            "ttlMs": 0,
            "cacheScope": "private",
        }
        answer(self.discover, found)
        send({"jsonrpc": "2.0", "id": id, "error": {"code": -32022, "message": "no initialize here"}})

    def list(self, id, params):
        schema = {"type": "object"}
        page = int(params.get("cursor") or 0)
        if self.mode == "pages":
            tools = [{"name": f"t{page}_{number}", "inputSchema": schema} for number in range(3)]
            result = {"tools": tools}
            if page < 4:
                result["nextCursor"] = str(page + 1)
            answer(id, result)
        elif self.mode == "endless-pages":
            answer(id, {"tools": [], "nextCursor": str(page + 1)})
        elif self.mode == "circle":
            answer(id, {"tools": [], "nextCursor": "1"})
        elif self.mode == "many":
            answer(id, {"tools": [{"name": f"t{number}", "inputSchema": schema} for number in range(1001)]})
        elif self.mode == "fat":
            fat = "x" * (6 << 20)
            answer(id, {"tools": [{"name": f"t{page}", "description": fat, "inputSchema": schema}], "nextCursor": str(page + 1)})
        else:
            name = "renamed" if self.changed else "echo"
            described = "says " + os.environ.get("TOKEN", "nothing")
            answer(id, {"tools": [{"name": name, "description": described, "inputSchema": schema}]})

    def call_echo(self, id, params):
        token = os.environ.get("TOKEN", "")
        print("the token is", token, file=sys.stderr, flush=True)
        structured = {token: [token], "arguments": params.get("arguments")}
        answer(id, {"content": [{"type": "text", "text": "my token: " + token}], "structuredContent": structured})

    def call_environment(self, id, params):
        text(id, json.dumps(dict(os.environ)))

    def call_meta(self, id, params):
        text(id, json.dumps(params.get("_meta", {})))

    def call_client(self, id, params):
        text(id, json.dumps(self.client))

    def call_error(self, id, params):
        message = "no: " + os.environ.get("TOKEN", "") + "\nsecond line"
        send({"jsonrpc": "2.0", "id": id, "error": {"code": -32050, "message": message}})

    def call_change(self, id, params):
        self.changed = True
        notify("notifications/tools/list_changed", {})
        text(id, "changed")

    def call_huge(self, id, params):
        raw(b'{"jsonrpc":"2.0","result":{"content":[{"type":"text","text":"')
        for _ in range(100):
            raw(b"x" * 1_000_000)
            if self.mode == "endless":
                time.sleep(0)
        raw(b'"}]},"id":%d}\n' % id)

    def call_endless(self, id, params):
        raw(b'{"jsonrpc":"2.0","result":"')
        while True:
            raw(b"x" * 1_000_000)

    def call_large(self, id, params):
        text(id, "x" * (9 << 20))

    def call_pieces(self, id, params):
        """Many small pieces, within the bound of bytes: each takes some hundred bytes of memory."""
        piece = b'{"type":"text","text":"a"}'
        raw(b'{"jsonrpc":"2.0","result":{"content":[' + b",".join([piece] * params["arguments"]["count"]) + b']},"id":%d}\n' % id)

    def call_lists(self, id, params):
        """The id comes first, and what follows is nothing, often."""
        raw(b'{"jsonrpc":"2.0","id":%d,"result":{"content":[],"structuredContent":[' % id + b",".join([b"[]"] * 2_500_000) + b"]}}\n")

    def call_late(self, id, params):
        """Answers to what nobody asks: large ones, and then one that somebody asked for."""
        late = b'{"jsonrpc":"2.0","id":-7,"result":{"content":[{"type":"text","text":"' + b"x" * (8 << 20) + b'"}]}}\n'
        for _ in range(params["arguments"]["count"]):
            raw(late)
        text(id, "right")

    def call_unknown(self, id, params):
        pieces = [{"type": "hologram", "data": "x"}, {"type": "text", "text": "after"}]
        answer(id, {"content": pieces, "structuredContent": {"a": 1}})

    def call_nothing(self, id, params):
        answer(id, {"content": None})

    def call_arguments(self, id, params):
        text(id, " ".join(sys.argv))

    def call_deep(self, id, params):
        depth = 1_000_000
        raw(b'{"jsonrpc":"2.0","result":' + b"[" * depth + b"]" * depth + b',"id":%d}\n' % id)

    def call_malformed(self, id, params):
        send({"jsonrpc": "2.0", "id": id, "result": 7, "error": "both"})

    def call_never(self, id, params):
        self.never += 1

    def call_waiting(self, id, params):
        text(id, str(self.never))

    def call_cancelled(self, id, params):
        text(id, json.dumps(self.cancelled))

    def call_wrong(self, id, params):
        for wrong in (id + 1000, -1, "x", str(id + 1), 2**60):
            text(wrong, "wrong")
        text(id, "right")
        text(id, "twice")

    def call_string_id(self, id, params):
        text(str(id), "right")

    def call_dies(self, id, params):
        print("dying of", os.environ.get("TOKEN", ""), file=sys.stderr, flush=True)
        os._exit(3)

    def call_deaf(self, id, params):
        text(id, "deaf from now on")
        while True:
            time.sleep(60)

    def call_flood(self, id, params):
        note = json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}})
        progress = {"progressToken": params["_meta"]["progressToken"], "progress": 1}
        told = json.dumps({"jsonrpc": "2.0", "method": "notifications/progress", "params": progress})
        block = ((note + "\n") * 50 + (told + "\n") * 50).encode()
        ends = time.monotonic() + 2
        while time.monotonic() < ends:
            raw(block)
        text(id, "done")

    def call_garbage(self, id, params):
        """Lines that are no messages, and answers to nothing."""
        wrong = json.dumps({"jsonrpc": "2.0", "id": -7, "result": {}})
        block = ("\n\nnonsense\n{broken\n" * 20 + (wrong + "\n") * 20).encode()
        ends = time.monotonic() + 1
        while time.monotonic() < ends:
            raw(block)
        text(id, "done")

    def call_asks(self, id, params):
        """Asks endlessly, and takes no answers."""
        number = 0
        while True:
            number += 1
            send({"jsonrpc": "2.0", "id": number, "method": "ping"})

    def call_progress(self, id, params):
        for step in (1, 2.5, 3):
            told = {"progressToken": params["_meta"]["progressToken"], "progress": step, "total": 3, "message": f"step {step}"}
            notify("notifications/progress", told)
        notify("notifications/progress", {"progressToken": "somebody else's", "progress": 9})
        text(id, "done")

    def call_input(self, id, params):
        """Asks back in the newer way: in the place of a result."""
        if "inputResponses" in params:
            told = {"answers": params["inputResponses"], "state": params.get("requestState")}
            answer(id, {"resultType": "complete", "content": [{"type": "text", "text": json.dumps(told)}]})
            return
        elicitation = {"message": "password?", "requestedSchema": {"type": "object", "properties": {}}}
        asks = {
            "who": {"method": "elicitation/create", "params": elicitation},
            "where": {"method": "roots/list", "params": {}},
        }
        answer(id, {"resultType": "input_required", "inputRequests": asks, "requestState": "s"})

    def call_asks_back(self, id, params):
        """What is not offered is asked for all the same; what came back is the result."""
        threading.Thread(target=self.ask_back, args=(id,)).start()

    def ask_back(self, id):
        elicitation = {"message": "your password?", "requestedSchema": {"type": "object", "properties": {}}}
        sampling = {"messages": [{"role": "user", "content": {"type": "text", "text": "hi"}}], "maxTokens": 9}
        asks = [("ping", {}), ("roots/list", {}), ("elicitation/create", elicitation), ("sampling/createMessage", sampling)]
        for number, (method, params) in enumerate(asks):
            send({"jsonrpc": "2.0", "id": 900 + number, "method": method, "params": params})
        ends = time.monotonic() + 10
        while len(self.replies) < len(asks) and time.monotonic() < ends:
            time.sleep(0.01)
        text(id, json.dumps(sorted(self.replies, key=lambda reply: reply["id"])))

    def call_log(self, id, params):
        for number in range(5000):
            print(f"line {number} \x1b[31m red", file=sys.stderr)
        sys.stderr.write("y" * 1_000_000)
        sys.stderr.flush()
        text(id, "done")


def stubborn(folder):
    """Ignores everything, and so do its children, of which one leaves the session and one loses its parent."""
    for ignored in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(ignored, signal.SIG_IGN)
    child = (
        "import os,signal,sys,time\n"
        "for s in (15,1,2): signal.signal(s, signal.SIG_IGN)\n"
        "if sys.argv[2] != 'plain': os.setsid()\n"
        "if sys.argv[2] == 'orphan' and os.fork(): os._exit(0)\n"
        "open(os.path.join(sys.argv[1], str(os.getpid())), 'w').close()\n"
        "while True: time.sleep(60)\n"
    )
    for kind in ("plain", "session", "orphan"):
        subprocess.Popen([sys.executable, "-c", child, folder, kind], stdin=subprocess.DEVNULL)
    open(os.path.join(folder, str(os.getpid())), "w").close()
    while len(os.listdir(folder)) < 4:
        time.sleep(0.01)


def main():
    mode, arguments = sys.argv[1], sys.argv[2:]
    if mode == "exits":
        print("cannot find my configuration", file=sys.stderr)
        print("\x1b[31mgiving up on " + os.environ.get("TOKEN", ""), file=sys.stderr)
        sys.exit(7)
    if mode == "usage":
        print("usage: something else [options]")
        sys.exit(0)
    if mode == "silent":
        print("waiting for nothing", file=sys.stderr, flush=True)
        while True:
            time.sleep(60)
    if mode == "chatter":
        print("Welcome to something else!", flush=True)
        while True:
            time.sleep(60)
    if mode == "banner":
        print("hostile server 1.0\n\n{not json\n[1, 2]\n\"text\"", flush=True)
    if mode == "huge-first":
        while True:
            raw(b"x" * 1_000_000)
    if mode == "stubborn":
        stubborn(arguments[0])
    Server(mode, arguments).run()
    while mode == "stubborn":
        time.sleep(60)


main()
