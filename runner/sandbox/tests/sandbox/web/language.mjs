// What of the language itself tools lean on.
const caught = (f) => { try { return f(); } catch (e) { return e.name; } };
export default {
  async execute() {
    const out = [];
    out.push([3, 1, 2].toSorted(), [1, 2, 3].at(-1), structuredClone([1]), "a-b-c".replaceAll("-", "+"), [1, [2, [3]]].flat(Infinity), Object.fromEntries([["a", 1]]));
    out.push("abc".match(/(?<x>b)/).groups.x, [..."aXbX".matchAll(/X/g)].length, /(?<=a)b/.test("ab"), /\p{L}/u.test("é"), "ﬁ".normalize("NFKC"), "İ".toLowerCase().length);
    out.push(0.1 + 0.2, (1234.5678).toFixed(2), 1e21 + "", (255).toString(16), parseFloat("1.5e3x"), Number("0x1f"), 2n ** 64n + "", BigInt.asUintN(8, 257n) + "", Math.hypot(3, 4), Math.fround(5.5), Math.clz32(1));
    out.push(new Date(0).toISOString(), new Date("2026-02-30").getTime(), Date.UTC(2026, 0, 1), new Date("2026-01-01T12:00:00+02:00").toISOString(), new Date(2026, 0, 1).getTimezoneOffset() <= 840, JSON.stringify(new Date(1)));
    out.push(JSON.stringify({ a: undefined, b: () => 1, c: Symbol("x"), d: NaN, e: [undefined], f: "\u2028\ud800" }), JSON.stringify({ a: [1, { b: 2 }] }, null, 2), JSON.stringify("\x07"), caught(() => JSON.parse("{a:1}")), JSON.parse('{"__proto__":1}').__proto__);
    async function* gen() { yield 1; yield 2; } const all = []; for await (const x of gen()) all.push(x); out.push(all);
    out.push(await Promise.any([Promise.reject(1), Promise.resolve(2)]), (await Promise.allSettled([Promise.reject(1)]))[0].status, caught(() => { throw new AggregateError([1], "m"); }));
    class A { #p = 1; static s = 2; get p() { return this.#p; } static { A.t = 3; } } out.push(new A().p, A.s, A.t, new WeakRef(A).deref() === A);
    out.push([..."👨‍👩‍👧"].length, "abc".localeCompare("abd"), encodeURIComponent("é &"), escape("é"), decodeURI("%E2%82%AC"), [10, 9, 1].sort(), [..."zäa"].sort((a, b) => a < b ? -1 : 1));
    out.push(typeof globalThis, typeof self, typeof window, typeof require, typeof eval, new Function("a", "return a + 1")(1), Array.from({ length: 3 }, (_, i) => i), new Set([1, 2]).size, "x".padStart(3, "ab"));
    return out;
  },
};
