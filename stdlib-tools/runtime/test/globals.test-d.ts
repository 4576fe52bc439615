// Checked by `tsc`: all that the sandbox has is there, and nothing of Node.js or a browser.
const answer: Promise<Response> = fetch(new URL("/x", "https://example.com"), { signal: AbortSignal.timeout(100), method: "POST", body: "x" });
answer.then(async (response) => [response.ok, response.headers.get("a"), await response.json(), await response.bytes()]);
const bytes: Uint8Array = crypto.getRandomValues(new Uint8Array(8));
const digest: Promise<ArrayBuffer> = crypto.subtle.digest("SHA-256", new TextEncoder().encode(crypto.randomUUID()));
const slept: Promise<unknown> = new Promise((resolve) => setTimeout(resolve, 5));
const rested: Promise<void> = new Promise<void>((resolve) => setTimeout(resolve));
const timer: number = setTimeout((text: string) => console.log(text), 5, "x");
clearTimeout(timer);
const token: string | undefined = env.TOKEN;
const copy: { a: number } = structuredClone({ a: 1 });
const text: string = atob(btoa("x")) + new TextDecoder().decode(bytes) + new URLSearchParams({ a: "1" });
for (const [name, value] of new Headers({ a: "b" })) console.debug(name, value, digest, token, copy, text);
queueMicrotask(() => new Event("x").stopPropagation());
const union: Set<number> = new Set([1]).union(new Set([2]));
console.log(union, new Date().toLocaleDateString(), "a".localeCompare("b"), (1n).toLocaleString(), bytes.toHex());

// @ts-expect-error one locale
new Intl.NumberFormat("de");
// @ts-expect-error one locale
(1).toLocaleString("de", { style: "percent" });
// @ts-expect-error one locale
"a".localeCompare("b", "de");
// @ts-expect-error one thread
Atomics.load(new Int32Array(1), 0);
// @ts-expect-error no Node.js
process.exit(1);
// @ts-expect-error no Node.js
Buffer.from("x");
// @ts-expect-error no modules of Node.js
require("fs");
// @ts-expect-error no browser
document.title;
// @ts-expect-error no browser
localStorage.getItem("x");
// @ts-expect-error no streams
new ReadableStream();
