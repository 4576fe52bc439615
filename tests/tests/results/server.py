# A server of a few lines for `tests/tests/results/`: images that are some and images that are none, progress, and what it is told
# beside the arguments. It asks nobody and needs nothing but Python.
import base64, json, struct, sys, time, zlib


def png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixel = zlib.compress(b"\0\xff\0\0")
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


def image(data, kind):
    return {"type": "image", "data": base64.b64encode(data).decode(), "mimeType": kind}


def say(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def call(name, meta):
    words = {"type": "text", "text": "here it is"}
    if name == "shot":
        # What it says of the image is not so.
        return [words, image(png(), "image/jpeg")]
    if name == "lies":
        return [image(b"<svg onload='x'/>", "image/png"), {"type": "image", "data": "no base64", "mimeType": "image/png"}]
    if name == "large":
        return [words, image(png() + b"\0" * (4 << 20), "image/png")]
    if name == "huge":
        return [image(png() + b"\0" * (100 << 20), "image/png")]
    if name == "file":
        blob = base64.b64encode(b"%PDF-1.7").decode()
        return [{"type": "resource", "resource": {"uri": "file:///x.pdf", "mimeType": "application/pdf", "blob": blob}}]
    if name == "flood":
        for step in range(1, 901):
            params = {"progressToken": meta["progressToken"], "progress": step, "total": 900, "message": "copying\x1b[2J"}
            say({"method": "notifications/progress", "params": params})
        time.sleep(2)
        return [words]
    if sys.argv[1:] != [""]:
        with open(sys.argv[1], "a") as file:
            file.write(meta["traceparent"] + "\n")
    return [{"type": "text", "text": json.dumps(meta.get("traceparent"))}]


NAMES = ["shot", "lies", "large", "huge", "file", "flood", "trace"]
TOOLS = [
    {"name": name, "description": name, "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}}
    for name in NAMES
]

for line in sys.stdin:
    message = json.loads(line)
    method, id, params = message.get("method"), message.get("id"), message.get("params", {})
    if method == "initialize":
        info = {"name": "camera", "version": "1"}
        result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}
        say({"id": id, "result": result})
    elif method == "tools/list":
        say({"id": id, "result": {"tools": TOOLS}})
    elif method == "tools/call":
        say({"id": id, "result": {"content": call(params["name"], params.get("_meta", {}))}})
    elif id is not None:
        say({"id": id, "error": {"code": -32601, "message": "no such method"}})
