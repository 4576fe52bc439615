// Web Crypto: digests, random values.
const caught = async (f) => { try { return await f(); } catch (e) { return [e.name, e.code]; } };
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
export default {
  async execute() {
    const out = [];
    const data = new TextEncoder().encode("hello");
    for (const name of ["SHA-1", "SHA-256", "sha-384", { name: "SHA-512" }]) out.push(hex(await crypto.subtle.digest(name, data)));
    out.push(hex(await crypto.subtle.digest("SHA-256", new Uint8Array())), hex(await crypto.subtle.digest("SHA-256", data.buffer)), hex(await crypto.subtle.digest("SHA-256", new DataView(data.buffer, 1, 2))));
    out.push(await caught(() => crypto.subtle.digest("MD5", data)), (await crypto.subtle.digest("SHA-1", data)) instanceof ArrayBuffer);
    const a = new Uint32Array(4); out.push(crypto.getRandomValues(a) === a, a.some((x) => x !== 0), await caught(() => crypto.getRandomValues(new Uint8Array(65537))), await caught(() => crypto.getRandomValues(new Float32Array(2))));
    out.push(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()), new Set(Array.from({ length: 100 }, () => crypto.randomUUID())).size);
    const r = Array.from({ length: 1000 }, Math.random); out.push(r.every((x) => x >= 0 && x < 1), new Set(r).size, typeof crypto.subtle);
    return out;
  },
};
