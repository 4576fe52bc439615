// structuredClone.
const caught = (f) => { try { return f(); } catch (e) { return [e.name, e.code]; } };
export default {
  execute() {
    const out = [];
    const shared = { s: 1 };
    const source = { n: null, u: undefined, a: [1, , 3], d: new Date(5), r: /x/gi, m: new Map([[shared, new Set([1, "a"])]]), b: new Uint8Array([1, 2]), big: 10n, shared, also: shared, str: Object("s"), nan: NaN };
    source.self = source;
    const copy = structuredClone(source);
    out.push(copy.self === copy, copy.shared === copy.also, copy.shared !== shared, [...copy.m.keys()][0] === copy.shared, [...[...copy.m.values()][0]], copy.d instanceof Date && copy.d.getTime(), `${copy.r}`, [...copy.b], String(copy.big), "u" in copy, 1 in copy.a, copy.a.length, typeof copy.str, Number.isNaN(copy.nan));
    const e = structuredClone(new TypeError("m", { cause: { c: 1 } })); out.push(e instanceof TypeError, e.message, e.cause.c, e.name);
    class Odd extends Error { constructor() { super("odd"); this.name = "Odd"; this.extra = 1; } } const o = structuredClone(new Odd()); out.push(o.name, o.message, o.extra === undefined, o instanceof Odd);
    class P { x = 1; get y() { return 2; } } const p = structuredClone(new P()); out.push(p.constructor === Object, Object.keys(p), p.y === undefined);
    for (const bad of [() => 1, Symbol("x"), { f() {} }, Promise.resolve(), new WeakMap()]) out.push(caught(() => structuredClone(bad)));
    for (const fine of [1, "x", true, undefined, null, -0]) out.push(Object.is(structuredClone(fine), fine));
    const view = new Uint8Array([1, 2, 3, 4]).subarray(1, 3); const vc = structuredClone(view); out.push([...vc], vc.byteOffset, vc.buffer.byteLength);
    const moved = new ArrayBuffer(4); const got = structuredClone(moved, { transfer: [moved] }); out.push(moved.byteLength, got.byteLength);
    out.push(caught(() => structuredClone()));
    return out.map((x) => x === undefined ? "undefined" : x);
  },
};
