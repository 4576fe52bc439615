// std/hash: digests of texts. What the web's `crypto.subtle.digest` has, and nothing of our own.
import { defineTool } from "@paceline/runtime";

const ENCODERS = {
  hex: (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""),
  base64: (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes)),
};

export default defineTool({
  name: "hash",
  description:
    "Computes the SHA digest of a text. Use it instead of computing one yourself: the result is exact. " +
    'Example: {"text": "hello"} gives the SHA-256 digest in hex.',
  parameters: {
    text: { type: "string", description: "What to hash: its UTF-8 bytes, spaces and line ends included" },
    algorithm: {
      type: "string",
      enum: ["sha-256", "sha-384", "sha-512", "sha-1"],
      optional: true,
      description: "Default sha-256. sha-1 only for what asks for it, never for security",
    },
    encoding: { type: "string", enum: ["hex", "base64"], optional: true, description: "Default hex" },
  },
  execute: async ({ text, algorithm = "sha-256", encoding = "hex" }) => {
    const bytes = new TextEncoder().encode(text);
    const digest = new Uint8Array(await crypto.subtle.digest(algorithm.toUpperCase(), bytes));
    return { algorithm, encoding, digest: ENCODERS[encoding](digest), bytes: bytes.length };
  },
});
