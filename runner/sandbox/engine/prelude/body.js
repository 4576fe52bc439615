
// Bodies, Response and Request of the Fetch standard. Bodies are whole: there are no streams in here.
const readBody = (init) => {
  if (init === undefined || init === null) return { bytes: null, type: null };
  if (init instanceof URLSearchParams) return { bytes: H.encode(init.toString()), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  if (init instanceof ArrayBuffer || ArrayBuffer.isView(init)) return { bytes: bytesOf(init, "The body").slice(), type: null };
  return { bytes: H.encode(usv(init)), type: "text/plain;charset=UTF-8" };
};

let bytesIn;
class Body {
  #bytes; #used = false;
  constructor(bytes) { this.#bytes = bytes; }
  static { bytesIn = (body) => body.#bytes; }
  get bodyUsed() { return this.#used; }
  #use() {
    if (this.#used) throw new TypeError("Body is unusable: Body has already been read");
    if (this.#bytes !== null) this.#used = true;
    return this.#bytes ?? new Uint8Array();
  }
  async arrayBuffer() { const bytes = this.#use(); return bytes.slice().buffer; }
  async bytes() { return this.#use().slice(); }
  #text() { const text = H.decode(this.#use(), false); return text.startsWith("\ufeff") ? text.slice(1) : text; }
  async text() { return this.#text(); }
  // Before anything is awaited, so that a failure's stack has who asked.
  async json() { return JSON.parse(this.#text()); }
}

const NULL_BODY = [101, 103, 204, 205, 304];
let fromHost;
class Response extends Body {
  #status; #statusText; #headers; #url = ""; #redirected = false; #type = "default";
  static {
    fromHost = (about, body) => {
      const empty = NULL_BODY.includes(about.status);
      const response = new Response(empty ? null : body, { headers: about.headers });
      response.#status = about.status;
      response.#statusText = about.statusText;
      response.#url = about.url.replace(/#.*$/, "");
      response.#redirected = about.redirected;
      response.#type = "basic";
      return response;
    };
  }
  constructor(body, init = {}) {
    const { bytes, type } = readBody(body);
    super(bytes);
    const status = init?.status === undefined ? 200 : Math.trunc(+init.status);
    if (!(status >= 200 && status <= 599)) throw new RangeError('init["status"] must be in the range of 200 to 599, inclusive.');
    if (bytes !== null && NULL_BODY.includes(status)) throw new TypeError(`Response constructor: Invalid response status code ${status}`);
    this.#status = status;
    this.#statusText = `${init?.statusText ?? ""}`;
    this.#headers = new Headers(init?.headers ?? undefined);
    if (type && !this.#headers.has("content-type")) this.#headers.set("content-type", type);
  }
  get status() { return this.#status; }
  get statusText() { return this.#statusText; }
  get ok() { return this.#status >= 200 && this.#status <= 299; }
  get headers() { return this.#headers; }
  get url() { return this.#url; }
  get redirected() { return this.#redirected; }
  get type() { return this.#type; }
  clone() {
    if (this.bodyUsed) throw new TypeError("Response.clone: Body has already been consumed.");
    const bytes = bytesIn(this);
    const copy = new Response(bytes === null ? null : bytes, { statusText: this.#statusText, headers: this.#headers });
    copy.#status = this.#status; copy.#url = this.#url; copy.#redirected = this.#redirected; copy.#type = this.#type;
    return copy;
  }
  static json(data, init = {}) {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("The data is not JSON serializable");
    const headers = new Headers(init?.headers ?? undefined);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new Response(text, { ...init, headers });
  }
  static error() { const response = new Response(null); response.#status = 0; response.#type = "error"; return response; }
  static redirect(url, status = 302) {
    if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`Invalid status code ${status}`);
    return new Response(null, { status, headers: { location: new URL(url).href } });
  }
}
finish(Response);

const NORMALIZED = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
class Request extends Body {
  #method; #url; #headers; #redirect; #signal;
  constructor(input, init = {}) {
    const from = input instanceof Request ? input : null;
    const { bytes, type } = init?.body === undefined && from ? { bytes: bytesIn(from), type: null } : readBody(init?.body);
    super(bytes);
    const url = H.urlParse(usv(from ? from.#url : input));
    if (!url) throw Object.assign(new TypeError(`Failed to parse URL from ${input}`), { cause: invalidUrl(usv(input)) });
    if (url[2] || url[3]) throw new TypeError(`Request cannot be constructed from a URL that includes credentials: ${url[0]}`);
    const method = `${init?.method ?? from?.method ?? "GET"}`;
    if (!TOKEN.test(method)) throw new TypeError(`'${method}' is not a valid HTTP method.`);
    const upper = method.toUpperCase();
    if (["CONNECT", "TRACE", "TRACK"].includes(upper)) throw new TypeError(`'${method}' HTTP method is unsupported.`);
    this.#method = NORMALIZED.includes(upper) ? upper : method;
    if (bytes !== null && (this.#method === "GET" || this.#method === "HEAD")) throw new TypeError("Request with GET/HEAD method cannot have body.");
    this.#url = url[0];
    this.#headers = new Headers(init?.headers ?? from?.headers ?? undefined);
    if (type && !this.#headers.has("content-type")) this.#headers.set("content-type", type);
    this.#redirect = `${init?.redirect ?? from?.redirect ?? "follow"}`;
    if (!["follow", "error", "manual"].includes(this.#redirect)) throw new TypeError(`Request constructor: ${this.#redirect} is not an accepted type. Expected one of follow, manual, error.`);
    const signal = init?.signal === undefined ? from?.signal : init.signal;
    if (signal !== undefined && signal !== null && !(signal instanceof AbortSignal)) throw new TypeError('Request constructor: Expected signal to be an instance of AbortSignal.');
    this.#signal = signal ?? makeSignal();
  }
  get method() { return this.#method; }
  get url() { return this.#url; }
  get headers() { return this.#headers; }
  get redirect() { return this.#redirect; }
  get signal() { return this.#signal; }
  clone() {
    if (this.bodyUsed) throw new TypeError("Request.clone: Body has already been consumed.");
    return new Request(this);
  }
}
finish(Request);
expose({ Response, Request });
