// Response and Request, without a network.
const caught = async (f) => { try { return await f(); } catch (e) { return e.name; } };
export default {
  async execute() {
    const out = [];
    const r = new Response("héllo", { status: 201, statusText: "Made", headers: { "X-A": "1" } });
    out.push(r.status, r.statusText, r.ok, r.headers.get("x-a"), r.headers.get("content-type"), r.bodyUsed, r.type, r.url, r.redirected);
    out.push(await r.clone().text(), await r.text(), r.bodyUsed, await caught(() => r.text()), await caught(() => r.clone()));
    out.push(await caught(() => new Response("{").json()), await new Response('{"a":[1]}').json(), [...new Uint8Array(await new Response("ab").arrayBuffer())]);
    out.push(await new Response(new Uint8Array([104, 105])).text(), await new Response(new URLSearchParams({ a: "b c" })).text(), new Response(new URLSearchParams()).headers.get("content-type"));
    out.push(await new Response().text(), await new Response(null).text(), new Response(null, { status: 204 }).status, await new Response(12).text(), await new Response("\ufeffx").text());
    for (const init of [{ status: 199 }, { status: 600 }, { status: 204 }, { status: "abc" }]) out.push(await caught(() => new Response("x", init).status));
    out.push(await Response.json({ a: 1 }).text(), Response.json({}).headers.get("content-type"), Response.json({}, { status: 400 }).ok, await caught(() => Response.json(undefined)));
    out.push(Response.redirect("http://a.com/b").headers.get("location"), await caught(() => Response.redirect("http://a", 200)), Response.error().type, Response.error().status);
    const q = new Request("http://a.com/x#y", { method: "post", body: "b", headers: { a: "1" } });
    out.push(q.method, q.url, q.headers.get("a"), q.headers.get("content-type"), q.redirect, await q.clone().text(), new Request(q).method);
    for (const [url, init] of [["nope", {}], ["http://a", { body: "x" }], ["http://a", { method: "CONNECT" }], ["http://a", { method: "b d" }], ["http://u:p@a", {}], ["http://a", { redirect: "x" }], ["http://a", { signal: 1 }]])
      out.push(await caught(() => new Request(url, init).url));
    out.push(new Request("http://a", { method: "patch" }).method, new Request("http://a", { method: "delete" }).method, Object.prototype.toString.call(q), Object.prototype.toString.call(r));
    return out;
  },
};
