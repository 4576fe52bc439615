// std/rss: feeds as a list of items.
import { defineTool } from "@paceline/runtime";
import { document } from "../common/http";
import { parseFeed } from "./feed";

export default defineTool({
  name: "rss",
  description:
    "Reads a feed (RSS, Atom, RDF or JSON Feed) and gives its newest items: title, link, published (ISO 8601, UTC), summary, author. " +
    'Example: {"url": "https://example.com/feed.xml", "limit": 5}. Give the address of a feed, not of a page.',
  parameters: {
    url: { type: "string", optional: true, description: "The address of the feed; beside `feed` only the base of its links" },
    feed: { type: "string", optional: true, description: "The text of a feed, instead of getting one" },
    limit: { type: "integer", minimum: 1, maximum: 100, optional: true, description: "How many items at most, default 10" },
  },
  execute: async ({ url, feed, limit = 10 }) => {
    if (feed === undefined && url === undefined) throw new Error("give `url` to get a feed, or `feed` with its text");
    const accept = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5";
    const got = feed === undefined ? await document(url!, accept) : undefined;
    return parseFeed(got?.text ?? feed!, got?.url ?? url, limit);
  },
});
