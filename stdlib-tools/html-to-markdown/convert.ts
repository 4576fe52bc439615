// HTML to Markdown, element by element as the parser finds them: nothing here goes down with the nesting of a page.
import { Pieces } from "../common/pieces";
import { Parser } from "../vendor/htmlparser2.js";
import { Blocks } from "./blocks";
import { BLOCKS, DROPPED, MARKS } from "./elements";
import { codeBlock } from "./escape";

/** What is read of a page, characters: some seconds of work where every one of them is markup. */
const MOST_CHARACTERS = 1_000_000;
/** Elements in each other. Browsers stop at 512 and put the rest beside. */
const MOST_DEPTH = 4_000;
/** Elements, texts and ends of elements: pages have one for twenty characters, and take time by them. */
const MOST_EVENTS = 200_000;
const PIECE = 16_384;
/** Lists and quotes in each other that are told as such. */
const MOST_INDENT = 12;

/** What an element that was opened does when it is closed. */
type Closing = "nothing" | "block" | "drop" | "mark" | "heading" | "list" | "item" | "quote" | "code" | "table" | "row" | "cell" | "title" | "term";

/** An address that leads somewhere. */
const resolved = (address: string | undefined, base: string | undefined): string | undefined => {
  const bare = address?.trim();
  if (!bare || /^(?:javascript|data|vbscript|blob|about):/i.test(bare)) return undefined;
  return (base === undefined ? undefined : URL.parse(bare, base)?.href) ?? bare;
};

const isHidden = ({ hidden, style, ...rest }: Record<string, string>): boolean =>
  hidden !== undefined || rest["aria-hidden"] === "true" || /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)/i.test(style ?? "");

const languageOf = (attributes: Record<string, string>): string =>
  /(?:^|\s)(?:language|lang|highlight-source|brush:)-?\s*([\w+#.-]{1,30})/.exec(attributes.class ?? "")?.[1] ?? "";

class Converter {
  readonly blocks = new Blocks();
  title = "";
  #base: string | undefined;
  #open: Closing[] = [];
  #dropped = 0;
  #indent = 0;
  /** The code of a `pre`, while in one, and how deep. */
  #code: Pieces | undefined;
  #language = "";
  #inTitle = false;

  constructor(base: string | undefined) {
    this.#base = base;
  }

  get depth(): number {
    return this.#open.length;
  }

  open(name: string, attributes: Record<string, string>): void {
    const closing = this.#dropped > 0 ? "nothing" : this.#opened(name, attributes);
    if (closing === "drop") this.#dropped += 1;
    this.#open.push(closing);
  }

  close(): void {
    const closing = this.#open.pop();
    if (closing === "drop") this.#dropped -= 1;
    else if (closing !== undefined && this.#dropped === 0) this.#closed(closing);
  }

  text(text: string): void {
    if (this.#inTitle) this.title += text;
    else if (this.#dropped > 0) return;
    else if (this.#code) this.#code.push(text);
    else this.blocks.text(text);
  }

  #opened(name: string, attributes: Record<string, string>): Closing {
    if (name === "title" && this.title === "") {
      this.#inTitle = true;
      return "title";
    }
    if (DROPPED.has(name) || isHidden(attributes)) return "drop";
    if (this.#code) {
      this.#language ||= languageOf(attributes);
      if (name === "br") this.#code.push("\n");
      return "nothing";
    }
    switch (name) {
      case "base":
        this.#base = resolved(attributes.href, this.#base) ?? this.#base;
        return "nothing";
      case "br": this.blocks.lineBreak(); return "nothing";
      case "hr": this.blocks.add("---"); return "nothing";
      case "img": this.blocks.image(attributes.alt, resolved(attributes.src, this.#base), attributes.title); return "nothing";
      case "a": return this.blocks.mark({ kind: "link", address: resolved(attributes.href, this.#base), title: attributes.title }) ? "mark" : "nothing";
      case "pre":
        this.blocks.end();
        this.#code = new Pieces();
        this.#language = languageOf(attributes);
        return "code";
    }
    const kind = MARKS.get(name);
    return kind ? (this.blocks.mark({ kind }) ? "mark" : "nothing") : this.#openedBlock(name, attributes);
  }

  #openedBlock(name: string, attributes: Record<string, string>): Closing {
    if (/^h[1-6]$/.test(name)) return this.blocks.push({ kind: "heading", level: Number(name[1]) }), "heading";
    const isIndenting = ["ul", "ol", "menu", "li", "blockquote"].includes(name);
    if (isIndenting && this.#indent >= MOST_INDENT) return this.blocks.end(), "block";
    switch (name) {
      case "ul": case "menu": case "ol": {
        this.#indent += 1;
        const start = name === "ol" ? Number.parseInt(attributes.start ?? "1", 10) : undefined;
        return this.blocks.push({ kind: "list", next: Number.isNaN(start) ? 1 : start }), "list";
      }
      case "li": return this.blocks.push({ kind: "item" }), "item";
      case "blockquote":
        this.#indent += 1;
        return this.blocks.push({ kind: "quote" }), "quote";
      case "table": return this.blocks.push({ kind: "table", rows: [], isLayout: attributes.role === "presentation" }), "table";
      case "tr": return this.blocks.row() ? "row" : "block";
      case "td": case "th": return this.blocks.cell(name === "th", Number.parseInt(attributes.colspan ?? "1", 10)) ? "cell" : "block";
      case "dt": case "summary": case "caption": return this.blocks.push({ kind: "term" }), "term";
      default: return BLOCKS.has(name) ? (this.blocks.end(), "block") : "nothing";
    }
  }

  #closed(closing: Closing): void {
    switch (closing) {
      case "nothing": case "drop": return;
      case "title": this.#inTitle = false; return;
      case "block": this.blocks.end(); return;
      case "mark": this.blocks.unmark(); return;
      case "row": this.blocks.end(); return;
      case "code": {
        const code = codeBlock((this.#code?.take() ?? "").replaceAll("\r\n", "\n"), this.#language);
        this.#code = undefined;
        this.blocks.add(code);
        return;
      }
      case "list": case "quote": this.#indent -= 1;
    }
    this.blocks.pop();
  }
}

/** The Markdown of a page. */
export const convert = (html: string, base: string | undefined): { markdown: string; title: string; notes: string[] } => {
  const converter = new Converter(base);
  const notes: string[] = [];
  let events = 0;
  let stopped: string | undefined;
  const guarded = (act: () => void): void => {
    if (++events > MOST_EVENTS) stopped ??= `the page has more than ${MOST_EVENTS} parts; only what came before was read`;
    if (stopped === undefined) act();
  };
  const parser = new Parser({
    onopentag: (name, attributes) => guarded(() => {
      if (converter.depth < MOST_DEPTH) converter.open(name, attributes);
      else stopped = `elements are nested more than ${MOST_DEPTH} deep; only what came before was read`;
    }),
    ontext: (text) => guarded(() => converter.text(text)),
    onclosetag: () => guarded(() => converter.close()),
  });
  if (html.length > MOST_CHARACTERS) notes.push(`only the first ${MOST_CHARACTERS} of ${html.length} characters were read`);
  const text = html.slice(0, MOST_CHARACTERS);
  // In pieces, so that reading ends soon after there is a reason to.
  for (let at = 0; at < text.length && stopped === undefined; at += PIECE) parser.write(text.slice(at, at + PIECE));
  if (stopped === undefined) parser.end();
  if (stopped !== undefined) notes.push(stopped);
  return { markdown: converter.blocks.finish(), title: converter.title.replace(/\s+/g, " ").trim(), notes };
};
