// AbortController, AbortSignal, Event, EventTarget, DOMException.
const caught = (f) => { try { return f(); } catch (e) { return [e.name, e.message]; } };
export default {
  async execute() {
    const out = [];
    const c = new AbortController(); const seen = [];
    c.signal.onabort = (e) => seen.push("on", e.type, e.target === c.signal);
    c.signal.addEventListener("abort", () => seen.push("once"), { once: true });
    const gone = () => seen.push("gone"); c.signal.addEventListener("abort", gone); c.signal.removeEventListener("abort", gone);
    out.push(c.signal.aborted, c.signal.reason === undefined, caught(() => c.signal.throwIfAborted()) === undefined);
    c.abort(); c.abort("again");
    out.push(seen, c.signal.aborted, c.signal.reason.name, c.signal.reason.message, c.signal.reason.code, c.signal.reason instanceof DOMException, c.signal.reason instanceof Error, caught(() => c.signal.throwIfAborted()));
    const r = new AbortController(); r.abort(new RangeError("mine")); out.push(r.signal.reason.message, AbortSignal.abort("x").reason, AbortSignal.abort().aborted);
    const any = AbortSignal.any([new AbortController().signal, AbortSignal.abort(7)]); out.push(any.aborted, any.reason);
    const late = new AbortController(); const dep = AbortSignal.any([late.signal]); dep.addEventListener("abort", () => out.push("dependent")); late.abort(1); out.push(dep.reason);
    out.push(caught(() => new AbortSignal())[0]);
    const t = AbortSignal.timeout(5); const stay = setTimeout(() => {}, 5000); await new Promise((resolve) => t.addEventListener("abort", resolve)); clearTimeout(stay); out.push(t.reason.name, t.reason.message, t.reason.code);
    const e = new EventTarget(); const order = [];
    e.addEventListener("x", (ev) => { order.push(1); ev.preventDefault(); }); e.addEventListener("x", { handleEvent() { order.push(2); } }); e.addEventListener("x", (ev) => ev.stopImmediatePropagation()); e.addEventListener("x", () => order.push("never"));
    out.push(e.dispatchEvent(new Event("x", { cancelable: true })), e.dispatchEvent(new Event("y")), order);
    const d = new DOMException("m", "DataCloneError"); out.push(d.name, d.message, d.code, `${d}`, new DOMException().name, new DOMException("a").code, d instanceof Error, Object.prototype.toString.call(d));
    out.push(await fetch("http://127.0.0.1:1", { signal: AbortSignal.abort() }).catch((error) => [error.name, error.message]));
    return out;
  },
};
