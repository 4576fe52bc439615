// RSS 0.9 to 2.0, RDF (RSS 1.0) and Atom, read element by element. The parser knows no entities of a document's own, so none can
// grow; and it forgives what feeds of the wild get wrong.
import { Pieces } from "../common/pieces";
import { Parser } from "../vendor/htmlparser2.js";
import { isoDate } from "./date";
import { type Feed, type Item, resolved } from "./feed";
import { plain, shortened, spaced } from "./plain";

/** Elements in each other. */
const MOST_DEPTH = 200;
/** Text that is kept of one element, characters: more than anybody reads of a summary. */
const MOST_TEXT = 100_000;
/** Elements, texts and ends of elements: what a feed with a hundred items does not come near. */
const MOST_EVENTS = 200_000;
/** Where the feed has begun, if it is one, characters. */
const BEGIN = 100_000;

const ROOTS = new Set(["rss", "feed", "rdf:rdf"]);
const ITEMS = new Set(["item", "entry"]);

/** Where the parts of an item or a feed are, the first that is there. */
const TITLE = ["title"];
const PUBLISHED = ["pubdate", "published", "dc:date", "issued", "updated", "modified", "a10:updated"];
const SUMMARY = ["summary", "description", "itunes:summary", "content:encoded", "content"];
const AUTHOR = ["dc:creator", "author/name", "author", "itunes:author"];

/** The fields of an item or a feed by the way to them, lower case. */
class Fields {
  #texts = new Map<string, string>();
  links: { href: string; rel: string }[] = [];
  /** What Atom says of its texts: `html`, `xhtml` or `text`. */
  types = new Map<string, string>();

  add(way: string, text: string): void {
    if (!this.#texts.get(way)?.trim()) this.#texts.set(way, text);
  }
  first(ways: readonly string[]): { way: string; text: string } | undefined {
    const way = ways.find((way) => this.#texts.get(way)?.trim());
    return way === undefined ? undefined : { way, text: this.#texts.get(way)! };
  }
  text(way: string): string | undefined {
    return this.first([way])?.text;
  }
  /** As it is read: RSS and what says so is HTML. */
  read(ways: readonly string[], isAtom: boolean): string {
    const found = this.first(ways);
    if (!found) return "";
    const type = this.types.get(found.way) ?? (isAtom ? "text" : "html");
    return type === "html" || type === "text/html" ? plain(found.text) : spaced(found.text);
  }
  link(base: string | undefined): string | undefined {
    const alternate = this.links.find(({ rel }) => rel === "alternate") ?? this.links.find(({ rel }) => rel !== "self" && rel !== "enclosure");
    const guid = this.text("guid");
    const permanent = guid && this.types.get("guid") !== "false" && /^https?:\/\//.test(guid.trim()) ? guid : undefined;
    return resolved(this.text("link") ?? alternate?.href ?? permanent, base);
  }
}

const item = (fields: Fields, isAtom: boolean, base: string | undefined): Item => {
  const summary = shortened(fields.read(SUMMARY, isAtom));
  const link = fields.link(base);
  const published = isoDate(fields.first(PUBLISHED)?.text);
  // RSS wants an address of mail there, with the name in parentheses.
  const author = spaced(fields.first(AUTHOR)?.text ?? "").replace(/^\S+@\S+\s+\((.+)\)$/, "$1");
  return {
    title: fields.read(TITLE, isAtom) || shortened(summary, 80),
    ...(link && { link }),
    ...(published && { published }),
    ...(author && { author }),
    ...(summary && { summary }),
  };
};

class Reader {
  readonly feed = new Fields();
  readonly items: Item[] = [];
  isFeed = false;
  #isAtom = false;
  #base: string | undefined;
  #way: string[] = [];
  /** The item that is read, and how deep its fields are. */
  #item: { fields: Fields; depth: number } | undefined;
  /** The text of the element on top, and of those around it. */
  #texts: Pieces[] = [];

  constructor(base: string | undefined) {
    this.#base = base;
  }

  get depth(): number {
    return this.#way.length;
  }
  get isAtom(): boolean {
    return this.#isAtom;
  }
  get base(): string | undefined {
    return this.#base;
  }

  open(given: string, attributes: Record<string, string>): void {
    const name = given.toLowerCase().replace(/^atom:/, "");
    if (this.#way.length === 0) {
      this.isFeed = ROOTS.has(name);
      this.#isAtom = name === "feed";
      this.#base = resolved(attributes["xml:base"], this.#base) ?? this.#base;
    }
    this.#way.push(name);
    this.#texts.push(new Pieces(MOST_TEXT));
    if (!this.#item && ITEMS.has(name)) this.#item = { fields: new Fields(), depth: this.#way.length };
    const way = this.#place();
    if (way === undefined) return;
    const fields = this.#item?.fields ?? this.feed;
    if (way === "link" && attributes.href !== undefined) fields.links.push({ href: attributes.href, rel: attributes.rel ?? "alternate" });
    const type = way === "guid" ? attributes.ispermalink ?? attributes.isPermaLink : attributes.type ?? attributes.mode;
    if (type !== undefined) fields.types.set(way, type.toLowerCase());
  }

  text(text: string): void {
    this.#texts[this.#texts.length - 1]?.push(text);
  }

  close(): void {
    const way = this.#place();
    const text = this.#texts.pop()?.take().slice(0, MOST_TEXT) ?? "";
    if (way !== undefined) (this.#item?.fields ?? this.feed).add(way, text);
    // Of a text with elements in it (Atom's xhtml), the text is what is in all of them.
    this.#texts[this.#texts.length - 1]?.push(text);
    if (this.#item && this.#way.length === this.#item.depth) {
      this.items.push(item(this.#item.fields, this.#isAtom, this.#base));
      this.#item = undefined;
    }
    this.#way.pop();
  }

  /** The way to the element on top from its item or feed; nothing if no field can be there. */
  #place(): string | undefined {
    const above = this.#item?.depth ?? (this.#isAtom ? 1 : 2);
    const way = this.#way.slice(above, above + 3);
    if (way.length === 0 || way.length > 2 || (!this.#item && !this.#isAtom && this.#way[1] !== "channel")) return undefined;
    return way.join("/");
  }
}

/** Reads one, its first items; nothing if the text is something else. */
export const xmlFeed = (text: string, base: string | undefined, limit: number): Feed | undefined => {
  if (!text.startsWith("<")) return undefined;
  const reader = new Reader(base);
  let isDone = false;
  let events = 0;
  const guarded = (act: () => void): void => {
    if (++events > MOST_EVENTS) isDone = true;
    if (!isDone) act();
  };
  const parser = new Parser({
    onopentag: (name, attributes) => guarded(() => {
      if (reader.depth >= MOST_DEPTH) throw new Error(`the feed is nested more than ${MOST_DEPTH} deep`);
      reader.open(name, attributes);
      isDone = !reader.isFeed;
    }),
    ontext: (text) => guarded(() => reader.text(text)),
    onclosetag: () => guarded(() => {
      reader.close();
      isDone = reader.items.length >= limit;
    }),
  }, { xmlMode: true, decodeEntities: true });
  // In pieces, so that reading ends soon after there are items enough.
  for (let at = 0; at < text.length && !isDone; at += 16_384) {
    if (at > BEGIN && !reader.isFeed) return undefined;
    parser.write(text.slice(at, at + 16_384));
  }
  if (!isDone) parser.end();
  if (!reader.isFeed) return undefined;
  const { feed, isAtom } = reader;
  const link = feed.link(reader.base);
  return { title: feed.read(TITLE, isAtom), ...(link && { link }), items: reader.items };
};
