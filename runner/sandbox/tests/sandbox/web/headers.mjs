// Headers.
const caught = (f) => { try { return f(); } catch (e) { return e.name; } };
export default {
  execute() {
    const out = [];
    for (const init of [undefined, {}, { A: "1", b: " x " }, [["a", "1"], ["A", "2"]], new Map([["m", "1"]]), new Headers({ z: "1" }), { n: 12 }, null, "text", 1, [["a"]], { "bad name": "x" }, { ok: "bad\nvalue" }, { e: "é" }, { e: "€" }])
      out.push(caught(() => [...new Headers(init)]));
    const h = new Headers({ "Content-Type": "text/plain", b: "2", a: "1" });
    h.append("a", "3"); h.append("Set-Cookie", "x=1"); h.append("set-cookie", "y=2");
    out.push([...h], h.get("A"), h.get("set-cookie"), h.getSetCookie(), h.has("B"), h.get("zz"));
    h.set("set-cookie", "z"); out.push(h.getSetCookie()); h.delete("a"); out.push(h.has("a"), [...h.keys()], [...h.values()]);
    const seen = []; h.forEach((value, name) => seen.push([name, value])); out.push(seen, Object.prototype.toString.call(h));
    out.push(caught(() => h.get("bad name")), caught(() => h.append("", "x")), caught(() => h.set("x", "a\0b")));
    return out;
  },
};
