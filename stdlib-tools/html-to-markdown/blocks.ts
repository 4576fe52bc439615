// What a page is made of on its way to Markdown: blocks in blocks, and marks inside of a line.
import { Pieces, chunks } from "../common/pieces";
import { code, escaped, escapedStart, target } from "./escape";
import { type Cell, table } from "./table";

export type MarkKind = "strong" | "emphasis" | "code" | "strike" | "link";

type Mark = { kind: MarkKind; address?: string | undefined; title?: string | undefined };

/** What a block is made into when it ends. */
export type Kind =
  | { kind: "root" | "quote" | "item" | "term" }
  | { kind: "heading"; level: number }
  | { kind: "list"; next: number | undefined }
  | { kind: "cell"; isHead: boolean; span: number }
  | { kind: "table"; rows: Cell[][]; isLayout: boolean };

type Block = { text: string; isList: boolean };

type Frame = Kind & {
  blocks: Block[];
  /** Text as the parser gave it. */
  raw: Pieces;
  /** The line that is being written, in pieces, and the marks that are open in it with where they began. */
  line: string[];
  marks: (Mark & { start: number })[];
  /** Whether the line ends in a space, or is empty. */
  isSpaced: boolean;
};

/** Marks in each other. */
const MOST_MARKS = 20;
/** Columns that a cell may take. */
const MOST_SPAN = 50;

const SIGNS = { strong: "**", emphasis: "*", strike: "~~" } as const;

const frame = (kind: Kind): Frame => ({ ...kind, blocks: [], raw: new Pieces(), line: [], marks: [], isSpaced: true });

const indented = (text: string, by: string): string => text.replace(/^(?=.)/gm, by).slice(by.length);

/** A list that may follow the text of its item at once: others would go on with that text. */
const isTight = (blocks: Block[]): boolean => blocks.length === 2 && blocks[1]!.isList && /^(?:-|1\.) /.test(blocks[1]!.text);

/** Blocks below each other. */
const joined = (blocks: Block[], between = "\n\n"): string => blocks.map(({ text }) => text).join(between);

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, " ");

export class Blocks {
  #frames: Frame[] = [frame({ kind: "root" })];

  get #top(): Frame {
    return this.#frames[this.#frames.length - 1]!;
  }

  /** Text inside of a line. */
  text(text: string): void {
    this.#top.raw.push(text);
  }

  /** The block on top with all its text in its line. */
  #settled(): Frame {
    const top = this.#top;
    if (top.raw.length === 0) return top;
    const isCode = top.marks.some(({ kind }) => kind === "code");
    for (const text of chunks(top.raw.take())) {
      const spaced = text.replace(/[\s\u00a0]+/g, " ");
      const bare = top.isSpaced && spaced.startsWith(" ") ? spaced.slice(1) : spaced;
      if (bare === "") continue;
      top.isSpaced = bare.endsWith(" ");
      top.line.push(isCode ? bare : escaped(bare));
    }
    return top;
  }

  lineBreak(): void {
    const top = this.#settled();
    if (top.line.length === 0) return;
    const isOneLine = top.kind === "heading" || top.kind === "cell" || top.kind === "term" || top.marks.length > 0;
    if (!isOneLine) top.line.push(top.line.pop()!.trimEnd(), "  \n");
    else if (!top.isSpaced) top.line.push(" ");
    top.isSpaced = true;
  }

  image(alt: string | undefined, address: string | undefined, title: string | undefined): void {
    const words = escaped((alt ?? "").replace(/\s+/g, " ").trim());
    if (address === undefined) {
      if (words !== "") this.#inline(words);
    } else this.#inline(`![${words}]${target(address, title)}`);
  }

  #inline(text: string): void {
    const top = this.#settled();
    top.line.push(text);
    top.isSpaced = false;
  }

  /** Begins a mark; false where there are too many in each other, or it is in code. */
  mark(mark: Mark): boolean {
    const { marks, line } = this.#settled();
    if (marks.length >= MOST_MARKS) return false;
    marks.push({ ...mark, start: line.length });
    return true;
  }

  unmark(): void {
    const top = this.#settled();
    const mark = top.marks.pop();
    if (!mark) return;
    const inside = top.line.splice(mark.start).join("");
    const text = inside.trim();
    if (text === "") {
      if (inside !== "") top.line.push(" ");
      return;
    }
    const isOwn = !top.marks.some(({ kind }) => kind === mark.kind || kind === "code");
    const [before, after] = [/^\s/.test(inside) ? " " : "", /\s$/.test(inside) ? " " : ""];
    top.line.push(`${before}${isOwn ? this.#marked(mark, text) : text}${after}`);
  }

  #marked({ kind, address, title }: Mark, text: string): string {
    if (kind === "link") return address === undefined ? text : `[${text}]${target(address, title)}`;
    return kind === "code" ? code(text) : `${SIGNS[kind]}${text}${SIGNS[kind]}`;
  }

  /** Ends the paragraph. In a link, which cannot hold one, there is a space instead. */
  end(): void {
    const top = this.#settled();
    if (top.marks.some(({ kind }) => kind === "link")) {
      if (!top.isSpaced) top.line.push(" ");
      top.isSpaced = true;
      return;
    }
    const text = top.line.join("").trim();
    top.line = [];
    top.isSpaced = true;
    // Marks go on in the next paragraph, without what came before.
    for (const mark of top.marks) mark.start = 0;
    if (text !== "") top.blocks.push({ text: top.kind === "heading" || top.kind === "cell" ? text : escapedStart(text), isList: false });
  }

  /** Adds a finished block. */
  add(text: string): void {
    this.end();
    this.#top.blocks.push({ text, isList: false });
  }

  /** Begins a block that holds others. */
  push(kind: Kind): void {
    // A block ends the marks around it; a link goes on in it, as cards are written.
    const link = this.#top.marks.findLast((mark) => mark.kind === "link");
    while (this.#top.marks.length > 0) this.unmark();
    this.end();
    if (kind.kind === "table") this.#inLayout();
    const begun = frame(kind);
    if (link) begun.marks.push({ ...link, start: 0 });
    this.#frames.push(begun);
  }

  /** Tables that hold tables only place them. */
  #inLayout(): void {
    for (const outer of this.#frames) if (outer.kind === "table") outer.isLayout = true;
  }

  row(): boolean {
    this.end();
    const top = this.#top;
    if (top.kind !== "table") return false;
    top.rows.push([]);
    return true;
  }

  cell(isHead: boolean, span: number): boolean {
    const top = this.#top;
    if (top.kind !== "table") return this.end(), false;
    if (top.rows.length === 0) top.rows.push([]);
    this.push({ kind: "cell", isHead, span: span > 0 ? Math.min(span, MOST_SPAN) : 1 });
    return true;
  }

  /** Ends the block, and puts it into the one around it. */
  pop(): void {
    const top = this.#top;
    while (top.marks.length > 0) this.unmark();
    this.end();
    if (this.#frames.length === 1) return;
    this.#frames.pop();
    this.#into(this.#top, top);
  }

  #into(parent: Frame, done: Frame): void {
    const { blocks } = done;
    const add = (text: string, isList = false) => parent.blocks.push({ text, isList });
    if (done.kind === "table") {
      parent.blocks.push(...blocks);
      const cells = done.rows.flat().filter(({ text }) => text !== "");
      if (done.isLayout) cells.forEach(({ text }) => add(text));
      else if (cells.length > 0) add(table(done.rows));
    } else if (done.kind === "cell") {
      const cell: Cell = { text: joined(blocks), isHead: done.isHead, span: done.span };
      if (parent.kind === "table") parent.rows[parent.rows.length - 1]?.push(cell);
    } else if (blocks.length > 0) add(this.#finished(parent, done), done.kind === "list");
  }

  #finished(parent: Frame, done: Frame): string {
    const { blocks } = done;
    switch (done.kind) {
      case "heading": return `${"#".repeat(done.level)} ${oneLine(joined(blocks))}`;
      case "term": return `**${oneLine(joined(blocks))}**`;
      case "quote": return joined(blocks).replace(/^/gm, "> ").replace(/^> $/gm, ">");
      case "list": return joined(blocks, blocks.some(({ text }) => text.includes("\n\n")) ? "\n\n" : "\n");
      case "item": {
        const marker = parent.kind === "list" && parent.next !== undefined ? `${parent.next++}. ` : "- ";
        return `${marker}${indented(joined(blocks, isTight(blocks) ? "\n" : "\n\n"), " ".repeat(marker.length))}`;
      }
      default: return joined(blocks);
    }
  }

  /** All of it, with a line end behind. */
  finish(): string {
    while (this.#frames.length > 1) this.pop();
    this.pop();
    const text = joined(this.#top.blocks);
    return text === "" ? "" : `${text}\n`;
  }
}
