
// Web Crypto: random values and digests.
const MOST_RANDOM = 65536;
const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];

const getRandomValues = (array) => {
  if (!ArrayBuffer.isView(array) || array instanceof Float32Array || array instanceof Float64Array || array instanceof DataView)
    throw new DOMException("The data argument must be an integer-type TypedArray", "TypeMismatchError");
  if (array.byteLength > MOST_RANDOM) {
    const words = `The requested length exceeds 65,536 bytes`;
    throw new DOMException(words, "QuotaExceededError");
  }
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(H.random(array.byteLength));
  return array;
};

const randomUUID = () => {
  const bytes = H.random(16);
  bytes[6] = bytes[6] & 15 | 64;
  bytes[8] = bytes[8] & 63 | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

const digest = async (algorithm, data) => {
  const name = `${typeof algorithm === "object" && algorithm !== null ? algorithm.name : algorithm}`.toUpperCase();
  if (!HASHES.includes(name)) throw new DOMException("Unrecognized algorithm name", "NotSupportedError");
  return H.digest(name, bytesOf(data, "The data argument")).buffer;
};

const subtle = Object.defineProperty({ digest }, Symbol.toStringTag, { value: "SubtleCrypto" });
const crypto = Object.defineProperty({ subtle, getRandomValues, randomUUID }, Symbol.toStringTag, { value: "Crypto" });
expose({ crypto });
Math.random = () => {
  // 53 random bits, as many as a number between 0 and 1 has. A pool, since most of the cost is asking.
  if (poolAt + 8 > pool.length) { pool = H.random(256); poolAt = 0; }
  const view = new DataView(pool.buffer, poolAt, 8);
  poolAt += 8;
  return (view.getUint32(0) * 2 ** 21 + (view.getUint32(4) >>> 11)) / 2 ** 53;
};
let pool = new Uint8Array();
let poolAt = 0;
