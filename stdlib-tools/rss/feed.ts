// What a feed is, whatever it is written in.
import { jsonFeed } from "./json";
import { spaced } from "./plain";
import { xmlFeed } from "./xml";

export interface Item {
  title: string;
  link?: string;
  /** ISO 8601, UTC. */
  published?: string;
  author?: string;
  /** Text, shortened. */
  summary?: string;
}

export interface Feed {
  title: string;
  link?: string;
  items: Item[];
}

/** What is read of a feed, characters. */
const MOST_CHARACTERS = 2_000_000;

/** An address of a feed, whole if it can be. */
export const resolved = (address: string | undefined, base: string | undefined): string | undefined => {
  const bare = address?.trim();
  if (!bare || /^(?:javascript|data|vbscript):/i.test(bare)) return undefined;
  return (URL.canParse(bare) ? bare : base === undefined ? bare : URL.parse(bare, base)?.href) ?? bare;
};

/** The feed that a page links to. */
const linked = (page: string, base: string | undefined): string | undefined => {
  const tags = page.slice(0, 200_000).match(/<link\s[^>]{1,1000}>/gi) ?? [];
  const tag = tags.find((tag) => /application\/(?:rss\+xml|atom\+xml|feed\+json)/i.test(tag));
  const href = /\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i.exec(tag ?? "");
  return resolved(href?.[1] ?? href?.[2] ?? href?.[3], base);
};

/** Reads a feed, its first items. Throws an error that says what the text is instead. */
export const parseFeed = (text: string, base: string | undefined, limit: number): Feed => {
  const begin = text.slice(0, MOST_CHARACTERS).replace(/^\ufeff?\s+|^\ufeff/, "");
  if (begin.startsWith("{")) return jsonFeed(begin, base, limit);
  const feed = xmlFeed(begin, base, limit);
  if (feed) return feed;
  const link = linked(begin, base);
  if (link !== undefined) throw new Error(`this is a page and no feed; it links to the feed ${link}`);
  const shown = spaced(begin.slice(0, 60));
  throw new Error(shown === "" ? "the feed is empty" : `this is no feed (RSS, Atom, RDF or JSON Feed); it begins with ${JSON.stringify(shown)}`);
};
