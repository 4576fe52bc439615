
// Texts and bytes: the Encoding standard's UTF-8, UTF-16 and Latin 1, and base64.
const bytesOf = (source, what) => {
  if (source instanceof Uint8Array) return source;
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  throw new TypeError(`${what} must be an instance of ArrayBuffer or ArrayBufferView`);
};

class TextEncoder {
  get encoding() { return "utf-8"; }
  encode(text = "") { return H.encode(usv(text)); }
  encodeInto(text, target) {
    let read = 0; let written = 0;
    for (const character of usv(text)) {
      const bytes = H.encode(character);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      read += character.length; written += bytes.length;
    }
    return { read, written };
  }
}
finish(TextEncoder);

const LABELS = {
  "utf-8": ["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"],
  "utf-16le": ["utf-16le", "utf-16", "ucs-2", "iso-10646-ucs-2", "unicode", "unicodefeff", "csunicode"],
  "utf-16be": ["utf-16be", "unicodefffe"],
  "windows-1252": ["windows-1252", "latin1", "l1", "iso-8859-1", "iso8859-1", "iso_8859-1", "iso88591", "ascii", "us-ascii",
    "ansi_x3.4-1968", "cp1252", "cp819", "ibm819", "x-cp1252", "csisolatin1", "iso-ir-100", "iso_8859-1:1987"],
};
// What windows-1252 has at 0x80 to 0x9F.
const WINDOWS_1252 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

/** How many bytes at the end are the beginning of a character that may go on. */
const unfinished = (bytes) => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
};

class TextDecoder {
  #encoding; #fatal; #ignoreBOM; #rest = new Uint8Array(); #started = false;
  constructor(label = "utf-8", options = {}) {
    const wanted = `${label}`.trim().toLowerCase();
    const found = Object.entries(LABELS).find(([, labels]) => labels.includes(wanted));
    if (!found) throw new RangeError(`The "${label}" encoding is not supported`);
    this.#encoding = found[0];
    this.#fatal = !!options?.fatal;
    this.#ignoreBOM = !!options?.ignoreBOM;
  }
  get encoding() { return this.#encoding; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }
  decode(source = new Uint8Array(), options = {}) {
    let bytes = bytesOf(source, 'The "list" argument');
    if (this.#rest.length) {
      const joined = new Uint8Array(this.#rest.length + bytes.length);
      joined.set(this.#rest); joined.set(bytes, this.#rest.length);
      bytes = joined;
    }
    const more = !!options?.stream;
    const rest = !more ? 0 : this.#encoding === "utf-8" ? unfinished(bytes) : this.#encoding.startsWith("utf-16") ? bytes.length % 2 : 0;
    this.#rest = bytes.slice(bytes.length - rest);
    let text = this.#text(bytes.subarray(0, bytes.length - rest));
    if (text === null || text === undefined) {
      this.#rest = new Uint8Array(); this.#started = false;
      const error = new TypeError(`The encoded data was not valid for encoding ${this.#encoding}`);
      error.code = "ERR_ENCODING_INVALID_ENCODED_DATA";
      throw error;
    }
    if (!this.#started && !this.#ignoreBOM && this.#encoding !== "windows-1252" && text.startsWith("\ufeff")) text = text.slice(1);
    this.#started = more && (this.#started || bytes.length > rest);
    return text;
  }
  #text(bytes) {
    if (this.#encoding === "utf-8") return H.decode(bytes, this.#fatal);
    const pieces = [];
    if (this.#encoding === "windows-1252") {
      for (let at = 0; at < bytes.length; at += 4096)
        pieces.push(Array.from(bytes.subarray(at, at + 4096), (byte) =>
          byte >= 0x80 && byte < 0xa0 ? WINDOWS_1252[byte - 0x80] : String.fromCharCode(byte)).join(""));
      return pieces.join("");
    }
    const [high, low] = this.#encoding === "utf-16le" ? [1, 0] : [0, 1];
    for (let at = 0; at + 1 < bytes.length; at += 2) pieces.push(String.fromCharCode(bytes[at + high] << 8 | bytes[at + low]));
    if (bytes.length % 2) pieces.push("\ud800");
    const text = pieces.join("");
    return this.#fatal && !text.isWellFormed() ? null : text.toWellFormed();
  }
}
finish(TextDecoder);

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64_VALUES = new Map([...BASE64].map((character, value) => [character, value]));

const btoa = (...values) => {
  if (!values.length) throw new TypeError('The "data" argument must be specified');
  const text = `${values[0]}`;
  const pieces = [];
  for (let at = 0; at < text.length; at += 3) {
    const codes = [text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2)].map((code) => code || 0);
    if (codes.some((code) => code > 255)) throw new DOMException("Invalid character", "InvalidCharacterError");
    const bits = codes[0] << 16 | codes[1] << 8 | codes[2];
    const four = BASE64[bits >> 18] + BASE64[bits >> 12 & 63] + BASE64[bits >> 6 & 63] + BASE64[bits & 63];
    const there = Math.min(3, text.length - at);
    pieces.push(there === 3 ? four : four.slice(0, there + 1).padEnd(4, "="));
  }
  return pieces.join("");
};

const atob = (...values) => {
  if (!values.length) throw new TypeError('The "data" argument must be specified');
  let text = `${values[0]}`.replace(/[\t\n\f\r ]/g, "");
  if (text.length % 4 === 0) text = text.replace(/={1,2}$/, "");
  const wrong = () => new DOMException("The string to be decoded is not correctly encoded.", "InvalidCharacterError");
  if (text.length % 4 === 1) throw wrong();
  const pieces = [];
  let bits = 0; let count = 0;
  for (const character of text) {
    const value = BASE64_VALUES.get(character);
    if (value === undefined) throw wrong();
    bits = (bits << 6 | value) & 0xffffff; count += 6;
    if (count >= 8) { count -= 8; pieces.push(String.fromCharCode(bits >> count & 255)); }
  }
  return pieces.join("");
};
expose({ TextEncoder, TextDecoder, btoa, atob });
