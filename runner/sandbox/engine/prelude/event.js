
// DOMException, EventTarget, AbortController: of the DOM standard what makes sense without a document.
const DOM_CODES = {
  IndexSizeError: 1, NotFoundError: 8, NotSupportedError: 9, InvalidStateError: 11, SyntaxError: 12,
  InvalidModificationError: 13, InvalidCharacterError: 5, TypeMismatchError: 17, SecurityError: 18, NetworkError: 19,
  AbortError: 20, URLMismatchError: 21, QuotaExceededError: 22, TimeoutError: 23, DataCloneError: 25,
};

class DOMException extends Error {
  #name;
  constructor(message = "", options = "Error") {
    super(message);
    this.#name = typeof options === "object" && options !== null ? `${options.name ?? "Error"}` : `${options}`;
    if (typeof options === "object" && options !== null && "cause" in options)
      Object.defineProperty(this, "cause", { value: options.cause, writable: true, configurable: true });
  }
  get name() { return this.#name; }
  get code() { return DOM_CODES[this.#name] ?? 0; }
}
finish(DOMException);

class Event {
  #type; #cancelable; #prevented = false;
  target = null; currentTarget = null;
  stopped = false;
  constructor(type, options = {}) { this.#type = `${type}`; this.#cancelable = !!options?.cancelable; }
  get type() { return this.#type; }
  get cancelable() { return this.#cancelable; }
  get defaultPrevented() { return this.#prevented; }
  preventDefault() { if (this.#cancelable) this.#prevented = true; }
  stopPropagation() {}
  stopImmediatePropagation() { Object.defineProperty(this, "stopped", { value: true }); }
}
Object.defineProperty(Event.prototype, "stopped", { value: false, writable: true });
finish(Event);

class EventTarget {
  #listeners = new Map();
  addEventListener(type, listener, options) {
    if (listener === null || listener === undefined) return;
    const once = typeof options === "object" && !!options?.once;
    const signal = typeof options === "object" ? options?.signal : undefined;
    if (signal?.aborted) return;
    const list = this.#listeners.get(`${type}`) ?? [];
    this.#listeners.set(`${type}`, list);
    if (list.some((entry) => entry.listener === listener)) return;
    list.push({ listener, once });
    signal?.addEventListener("abort", () => this.removeEventListener(type, listener), { once: true });
  }
  removeEventListener(type, listener) {
    const list = this.#listeners.get(`${type}`) ?? [];
    const at = list.findIndex((entry) => entry.listener === listener);
    if (at >= 0) list.splice(at, 1);
  }
  dispatchEvent(event) {
    event.target = event.currentTarget = this;
    const handler = this[`on${event.type}`];
    const list = [...(this.#listeners.get(event.type) ?? [])];
    if (typeof handler === "function") list.unshift({ listener: handler, once: false });
    for (const { listener, once } of list) {
      if (event.stopped) break;
      if (once) this.removeEventListener(event.type, listener);
      try {
        if (typeof listener === "function") listener.call(this, event); else listener.handleEvent(event);
      } catch (error) {
        console.error("Uncaught", error);
      }
    }
    event.currentTarget = null;
    return !event.defaultPrevented;
  }
}
finish(EventTarget);

let makeSignal;
let abortSignal;
class AbortSignal extends EventTarget {
  #aborted = false; #reason = undefined; #dependents = [];
  onabort = null;
  static { let open = false;
    makeSignal = () => { open = true; try { return new AbortSignal(); } finally { open = false; } };
    this.isOpen = () => open;
    abortSignal = (signal, reason) => {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason = reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason;
      signal.dispatchEvent(new Event("abort"));
      for (const dependent of signal.#dependents.splice(0)) abortSignal(dependent, signal.#reason);
    };
  }
  constructor() { super(); if (!isOpen()) throw new TypeError("Illegal constructor"); }
  get aborted() { return this.#aborted; }
  get reason() { return this.#reason; }
  throwIfAborted() { if (this.#aborted) throw this.#reason; }
  static abort(reason) { const signal = makeSignal(); abortSignal(signal, reason); return signal; }
  static timeout(milliseconds) {
    const signal = makeSignal();
    const words = "The operation was aborted due to timeout";
    setTimeout(() => abortSignal(signal, new DOMException(words, "TimeoutError")), milliseconds);
    return signal;
  }
  static any(signals) {
    const combined = makeSignal();
    for (const signal of [...signals]) {
      if (signal.#aborted) { abortSignal(combined, signal.#reason); break; }
      signal.#dependents.push(combined);
    }
    return combined;
  }
}
const isOpen = AbortSignal.isOpen;
delete AbortSignal.isOpen;
finish(AbortSignal);

class AbortController {
  #signal = makeSignal();
  get signal() { return this.#signal; }
  abort(reason) { abortSignal(this.#signal, reason); }
}
finish(AbortController);
expose({ DOMException, Event, EventTarget, AbortSignal, AbortController });
