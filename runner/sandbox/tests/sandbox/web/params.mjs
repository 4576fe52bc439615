// URLSearchParams.
const caught = (f) => { try { return f(); } catch (e) { return e.name; } };
export default {
  execute() {
    const out = [];
    for (const init of ["", "?a=1&b=2&a=3", "a=b=c&&d&=e", "a+b=c%20d%2B", "%F0%9F%98%80=é", [["x", "1"], ["y", 2]], { k: "v", n: 1, u: undefined }, new Map([["m", 1]]), new URLSearchParams("z=1"), undefined, null, 12])
      out.push(caught(() => [[...new URLSearchParams(init)], new URLSearchParams(init).toString()]));
    out.push(caught(() => new URLSearchParams([["a"]])), caught(() => new URLSearchParams([1])));
    const p = new URLSearchParams("b=2&a=1&b=3&c=");
    out.push(p.get("b"), p.get("zz"), p.getAll("b"), p.has("c"), p.has("b", "3"), p.has("b", "4"), p.size);
    p.set("b", "9"); out.push(p.toString());
    p.append("é ~!'()*-._", "\u{1F600}&=+%"); out.push(p.toString());
    p.sort(); out.push(p.toString());
    p.delete("c"); p.append("a", "2"); p.delete("a", "1"); out.push(p.toString());
    const seen = []; p.forEach((value, name, self) => seen.push([value, name, self === p])); out.push(seen);
    out.push([...p.keys()], [...p.values()], [...p.entries()].length, Object.prototype.toString.call(p), String(new URLSearchParams({ "a b": "ü" })));
    out.push(new URLSearchParams("a=\ud800").toString(), typeof p[Symbol.iterator]);
    return out;
  },
};
