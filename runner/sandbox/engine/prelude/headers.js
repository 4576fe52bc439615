
// Headers of the Fetch standard.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NOT_IN_A_VALUE = /[\0\r\n]|[^\0-\xff]/;

const headerName = (name) => {
  const text = `${name}`;
  if (!TOKEN.test(text)) throw new TypeError(`Headers: ${JSON.stringify(text)} is an invalid header name.`);
  return text.toLowerCase();
};
const headerValue = (value) => {
  const text = `${value}`.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  if (NOT_IN_A_VALUE.test(text)) throw new TypeError(`Headers: ${JSON.stringify(text)} is an invalid header value.`);
  return text;
};

class Headers {
  // By lower-case name; only `set-cookie` has more than one value.
  #values = new Map();
  constructor(init) {
    if (init === undefined) return;
    if (typeof init !== "object" || init === null) throw new TypeError("Headers: the initial value is neither a sequence nor a record");
    const pairs = typeof init[Symbol.iterator] === "function" ? init : Reflect.ownKeys(init)
      .filter((key) => Object.prototype.propertyIsEnumerable.call(init, key)).map((key) => [key, init[key]]);
    for (const pair of pairs) {
      const both = [...pair];
      if (both.length !== 2) throw new TypeError("Headers: each entry is a name and a value");
      this.append(both[0], both[1]);
    }
  }
  append(name, value) {
    const [key, text] = [headerName(name), headerValue(value)];
    const before = this.#values.get(key);
    if (!before) this.#values.set(key, [text]);
    else if (key === "set-cookie") before.push(text);
    else before[0] += `${key === "cookie" ? "; " : ", "}${text}`;
  }
  set(name, value) { this.#values.set(headerName(name), [headerValue(value)]); }
  get(name) { return this.#values.get(headerName(name))?.join(", ") ?? null; }
  has(name) { return this.#values.has(headerName(name)); }
  delete(name) { this.#values.delete(headerName(name)); }
  getSetCookie() { return [...(this.#values.get("set-cookie") ?? [])]; }
  forEach(callback, self) { for (const [name, value] of this.entries()) callback.call(self, value, name, this); }
  *entries() {
    for (const name of [...this.#values.keys()].sort())
      for (const value of this.#values.get(name) ?? []) yield [name, value];
  }
  *keys() { for (const [name] of this.entries()) yield name; }
  *values() { for (const [, value] of this.entries()) yield value; }
}
Object.defineProperty(Headers.prototype, Symbol.iterator, { value: Headers.prototype.entries, writable: true, configurable: true });
finish(Headers);
expose({ Headers });
