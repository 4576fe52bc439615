
// URL and URLSearchParams of the URL standard; the parsing is done by the engine.
const invalidUrl = (input, base) => {
  const error = new TypeError("Invalid URL");
  error.code = "ERR_INVALID_URL";
  error.input = input;
  if (base !== undefined) error.base = base;
  return error;
};

let attach;
let replacePairs;
class URLSearchParams {
  #pairs = []; #url = null;
  static {
    attach = (params, url) => { params.#url = url; };
    replacePairs = (params, text) => { params.#pairs = parsePairs(text); };
  }
  constructor(init) {
    if (init === undefined || init === null) return;
    if (typeof init === "object" || typeof init === "function") this.#pairs = pairsOf(init);
    else this.#pairs = parsePairs(usv(init).replace(/^\?/, ""));
  }
  #changed() { this.#url?.(this.toString()); }
  get size() { return this.#pairs.length; }
  append(name, value) { this.#pairs.push([usv(name), usv(value)]); this.#changed(); }
  delete(name, value) {
    const [key, only] = [usv(name), value === undefined ? undefined : usv(value)];
    this.#pairs = this.#pairs.filter(([k, v]) => k !== key || only !== undefined && v !== only);
    this.#changed();
  }
  get(name) { const key = usv(name); return this.#pairs.find(([k]) => k === key)?.[1] ?? null; }
  getAll(name) { const key = usv(name); return this.#pairs.filter(([k]) => k === key).map(([, v]) => v); }
  has(name, value) {
    const [key, only] = [usv(name), value === undefined ? undefined : usv(value)];
    return this.#pairs.some(([k, v]) => k === key && (only === undefined || v === only));
  }
  set(name, value) {
    const [key, text] = [usv(name), usv(value)];
    const at = this.#pairs.findIndex(([k]) => k === key);
    if (at < 0) this.#pairs.push([key, text]);
    else {
      this.#pairs[at][1] = text;
      this.#pairs = this.#pairs.filter(([k], index) => index <= at || k !== key);
    }
    this.#changed();
  }
  sort() { this.#pairs.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0); this.#changed(); }
  forEach(callback, self) { for (const [name, value] of this.#pairs) callback.call(self, value, name, this); }
  *entries() { for (let at = 0; at < this.#pairs.length; at++) yield [...this.#pairs[at]]; }
  *keys() { for (let at = 0; at < this.#pairs.length; at++) yield this.#pairs[at][0]; }
  *values() { for (let at = 0; at < this.#pairs.length; at++) yield this.#pairs[at][1]; }
  toString() { return H.formSerialize(this.#pairs.flat()); }
}
Object.defineProperty(URLSearchParams.prototype, Symbol.iterator,
  { value: URLSearchParams.prototype.entries, writable: true, configurable: true });
finish(URLSearchParams);

const parsePairs = (text) => {
  const flat = H.formParse(text);
  return Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at], flat[2 * at + 1]]);
};

const pairsOf = (init) => {
  if (typeof init[Symbol.iterator] !== "function") return Reflect.ownKeys(init)
    .filter((key) => typeof key === "string" && Object.prototype.propertyIsEnumerable.call(init, key))
    .map((key) => [usv(key), usv(init[key])]);
  return Array.from(init, (pair) => {
    const both = typeof pair === "object" && pair !== null ? [...pair] : [];
    if (both.length !== 2) throw new TypeError("Each query pair must be an iterable [name, value] tuple");
    return both.map(usv);
  });
};

const PARTS = ["href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash", "origin"];
class URL {
  #parts; #params = null;
  constructor(url, base) {
    const [text, from] = [usv(url), base === undefined ? undefined : usv(base)];
    this.#parts = H.urlParse(text, from);
    if (!this.#parts) throw invalidUrl(text, from);
  }
  static canParse(url, base) { return !!H.urlParse(usv(url), base === undefined ? undefined : usv(base)); }
  static parse(url, base) { try { return new URL(url, base); } catch { return null; } }
  get href() { return this.#parts[0]; }
  set href(value) {
    const parts = H.urlParse(usv(value));
    if (!parts) throw invalidUrl(usv(value));
    this.#parts = parts;
    this.#refresh();
  }
  get origin() { return this.#parts[10]; }
  get searchParams() {
    if (!this.#params) {
      this.#params = new URLSearchParams();
      this.#refresh();
      attach(this.#params, (query) => { this.#parts = H.urlSet(this.href, "search", query); });
    }
    return this.#params;
  }
  #refresh() { if (this.#params) replacePairs(this.#params, this.#parts[8].slice(1)); }
  toString() { return this.href; }
  toJSON() { return this.href; }
  static {
    for (const [at, part] of PARTS.entries()) {
      if (part === "href" || part === "origin") continue;
      Object.defineProperty(this.prototype, part, {
        get() { return this.#parts[at]; },
        set(value) {
          this.#parts = H.urlSet(this.#parts[0], part, usv(value));
          if (part === "search") this.#refresh();
        },
        configurable: true, enumerable: true,
      });
    }
  }
}
finish(URL);
expose({ URL, URLSearchParams });
