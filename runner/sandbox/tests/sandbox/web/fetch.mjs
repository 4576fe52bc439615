// fetch, against a server of the test's own.
const caught = async (f) => { try { return await f(); } catch (e) { return [e.name, e.cause?.code ?? null]; } };
export default {
  async execute({ base }) {
    const out = [];
    const echo = (path, init) => fetch(base + path, init).then((r) => r.json());
    out.push(await echo("/echo?a=1"), await echo("/echo", { method: "POST", body: "text é" }), await echo("/echo", { method: "put", body: new URLSearchParams({ a: "b c" }) }));
    out.push(await echo("/echo", { method: "POST", body: JSON.stringify({ a: 1 }), headers: { "Content-Type": "application/json", "X-Test": "v" } }), await echo("/echo", { method: "POST" }), await echo("/echo", { method: "DELETE" }), await echo("/echo", { method: "POST", body: new Uint8Array([104, 105]) }));
    out.push(await echo("/echo", { method: "PATCH", body: "x", headers: [["authorization", "Bearer t"]] }), await echo(new URL("/echo", base).pathname), await fetch(new URL("/echo?u", base)).then((r) => r.json()), await fetch(new Request(base + "/echo", { method: "POST", body: "rq" })).then((r) => r.json()));
    for (const path of ["/status?404", "/status?500", "/empty", "/cookies", "/latin", "/gzip", "/missing"]) {
      const r = await fetch(base + path);
      out.push([r.status, r.ok, r.statusText, r.url === base + path, r.redirected, r.type, await r.text(), r.headers.get("x-two"), r.headers.getSetCookie()]);
    }
    const to = encodeURIComponent(base + "/echo?to");
    for (const [path, init] of [[`/redirect?${to}`, {}], [`/redirect?${to}`, { method: "POST", body: "b" }], [`/redirect307?${to}`, { method: "POST", body: "kept" }], ["/redirect?/echo?rel", {}], [`/redirect?${to}`, { headers: { authorization: "x" } }]]) {
      const r = await fetch(base + path, init); out.push([r.status, r.redirected, r.url.replace(base, ""), await r.json()]);
    }
    const manual = await fetch(`${base}/redirect?${to}`, { redirect: "manual" }); out.push(manual.status, manual.headers.get("location") === base + "/echo?to", manual.redirected);
    out.push((await caught(() => fetch(`${base}/redirect?${to}`, { redirect: "error" })))[0], (await caught(() => fetch(base + "/redirect?/redirect%3F/redirect", {}).then((r) => r.status)))[0] ?? "fine");
    out.push((await caught(() => fetch("http://127.0.0.1:1/")))[0], (await caught(() => fetch("nope")))[0], (await caught(() => fetch("http://127.0.0.1:1/", { method: "GET", body: "x" })))[0], (await caught(() => fetch("ftp://127.0.0.1/")))[0]);
    const head = await fetch(base + "/echo", { method: "HEAD" }).catch((e) => e.name); out.push(typeof head === "string" ? head : head.status);
    const r = await fetch(base + "/echo"); const c = r.clone(); out.push((await r.json()).method, (await c.json()).method, (await caught(() => r.text()))[0], r.headers.get("X-ANSWER"), [...(await fetch(base + "/echo").then((x) => x.arrayBuffer()).then((b) => new Uint8Array(b))).subarray(0, 2)]);
    return out;
  },
};
