// A page or document of the web as text: what std/fetch, std/rss and std/html-to-markdown get it by.

/** What a request was answered with. */
export interface Answer {
  status: number;
  ok: boolean;
  /** Where it came from in the end. */
  url: string;
  headers: Headers;
  /** The media type, lower case, without parameters; empty if the server does not say. */
  type: string;
  /** How many bytes came. */
  bytes: number;
  /** The content; absent if it is no text. */
  text?: string;
}

const address = (url: string): URL => {
  const parsed = URL.parse(url.trim());
  if (!parsed || !parsed.hostname) throw new Error(`\`url\` is not an address: ${JSON.stringify(url.slice(0, 80))}; write it whole, such as https://example.com/page`);
  if (parsed.protocol !== "https:" && parsed.protocol !== "http:") throw new Error(`\`url\` begins with https:// or http://, not ${parsed.protocol}`);
  if (parsed.username || parsed.password) throw new Error("`url` holds a user name or a password; leave them out");
  return parsed;
};

/** Types that are text without saying so in `text/`. */
const TEXTUAL = /^(?:text\/.*|.*[/+](?:json|xml|yaml)|application\/(?:x-)?(?:javascript|ecmascript|json5|ndjson|jsonl|yaml|toml|sql|sh|graphql|www-form-urlencoded|csv|httpd-php|tex|subrip)|message\/.*|image\/svg\+xml)$/;

/** Whether the content is text, by its type, or by its first bytes where that says nothing. */
const isText = (type: string, bytes: Uint8Array): boolean => {
  if (type !== "" && type !== "application/octet-stream" && type !== "binary/octet-stream") return TEXTUAL.test(type);
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  return isUtf16 || !bytes.subarray(0, 1024).some((byte) => byte === 0 || (byte < 32 && ![9, 10, 12, 13, 27].includes(byte)));
};

/** The encoding that the bytes themselves state: a byte order mark, or the head of a document. */
const stated = (bytes: Uint8Array): string | undefined => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return "utf-8";
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 1024));
  return /<meta[^>]{0,200}charset\s*=\s*["']?([\w:.-]{1,40})/i.exec(head)?.[1] ?? /^<\?xml[^>]{0,200}encoding\s*=\s*["']([\w:.-]{1,40})/.exec(head)?.[1];
};

/** Bytes as text: in what the server says, what the document says, or what they are. */
export const decoded = (bytes: Uint8Array, contentType: string): string => {
  const charset = /;\s*charset\s*=\s*"?([^\s";]{1,40})/i.exec(contentType)?.[1] ?? stated(bytes);
  if (charset === undefined) {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      return new TextDecoder("windows-1252").decode(bytes);
    }
  }
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(charset);
  } catch {
    throw new Error(`the text is encoded in \`${charset}\`, which this tool cannot read; it reads utf-8, utf-16 and latin1`);
  }
  return decoder.decode(bytes);
};

/** Sends a request and reads the answer. Redirects are followed, each judged by `net` of the tool's entry. */
export const request = async (url: string, method: "GET" | "HEAD", headers: Record<string, string>): Promise<Answer> => {
  const target = address(url);
  let response: Response;
  let bytes: Uint8Array;
  try {
    response = await fetch(target, { method, headers });
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new Error(`cannot get ${target.origin}: ${(error as Error).message.replace(/^fetch failed: /, "")}`);
  }
  const stated = response.headers.get("content-type") ?? "";
  const type = stated.split(";")[0]!.trim().toLowerCase();
  const answer: Answer = { status: response.status, ok: response.ok, url: response.url, headers: response.headers, type, bytes: bytes.length };
  return isText(type, bytes) ? { ...answer, text: decoded(bytes, stated) } : answer;
};

/** The document at an address; what is not there, or is no text, is an error that says so. */
export const document = async (url: string, accept: string): Promise<Answer & { text: string }> => {
  const answer = await request(url, "GET", { accept });
  if (!answer.ok) throw new Error(`${answer.url} answers with status ${answer.status}`);
  if (answer.text === undefined) throw new Error(`${answer.url} is ${answer.type || "binary"}, ${answer.bytes} bytes, and no text`);
  return { ...answer, text: answer.text };
};
