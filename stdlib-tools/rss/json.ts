// JSON Feed 1 and 1.1 (jsonfeed.org).
import { isoDate } from "./date";
import { type Feed, type Item, resolved } from "./feed";
import { plain, shortened, spaced } from "./plain";

type Loose = { readonly [name: string]: unknown };

const object = (value: unknown): Loose => (typeof value === "object" && value !== null ? (value as Loose) : {});
const word = (value: unknown): string | undefined => (typeof value === "string" && value.trim() !== "" ? value : undefined);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const item = (given: unknown, base: string | undefined): Item => {
  const { title, url, external_url, id, date_published, date_modified, authors, author, summary, content_text, content_html } = object(given);
  const by = [...list(authors), author].map((one) => word(object(one).name)).find(Boolean);
  const text = word(summary) ?? word(content_text);
  const told = shortened(text === undefined ? plain(word(content_html) ?? "") : spaced(text));
  const link = resolved(word(url) ?? word(external_url) ?? (URL.canParse(word(id) ?? "") ? word(id) : undefined), base);
  const published = isoDate(word(date_published) ?? word(date_modified));
  return {
    title: spaced(word(title) ?? "") || shortened(told, 80),
    ...(link && { link }),
    ...(published && { published }),
    ...(by && { author: spaced(by) }),
    ...(told && { summary: told }),
  };
};

/** Reads one. */
export const jsonFeed = (text: string, base: string | undefined, limit: number): Feed => {
  let feed: Loose;
  try {
    feed = object(JSON.parse(text));
  } catch (error) {
    throw new Error(`this is neither a feed nor JSON: ${error instanceof SyntaxError ? error.message : "it is nested too deeply"}`);
  }
  if (!/^https?:\/\/(?:www\.)?jsonfeed\.org\//.test(word(feed.version) ?? "")) throw new Error("this is JSON, and no JSON Feed: `version` does not say https://jsonfeed.org/version/1.1");
  const link = resolved(word(feed.home_page_url), base);
  return { title: spaced(word(feed.title) ?? ""), ...(link && { link }), items: list(feed.items).slice(0, limit).map((one) => item(one, base)) };
};
