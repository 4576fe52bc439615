// Checked by `tsc`: all that the sandbox has is there, and nothing of Node.js or a browser.
const answer: Promise<Response> = fetch(new URL("/x", "https://example.com"), { signal: AbortSignal.timeout(100), method: "POST", body: "x" });
answer.then(async (response) => [response.ok, response.headers.get("a"), await response.json(), await response.bytes()]);
const bytes: Uint8Array = crypto.getRandomValues(new Uint8Array(8));
const digest: Promise<ArrayBuffer> = crypto.subtle.digest("SHA-256", new TextEncoder().encode(crypto.randomUUID()));
const timer: number = setTimeout((text: string) => console.log(text), 5, "x");
clearTimeout(timer);
const token: string | undefined = env.TOKEN;
const copy: { a: number } = structuredClone({ a: 1 });
const text: string = atob(btoa("x")) + new TextDecoder().decode(bytes) + new URLSearchParams({ a: "1" });
for (const [name, value] of new Headers({ a: "b" })) console.debug(name, value, digest, token, copy, text);

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
