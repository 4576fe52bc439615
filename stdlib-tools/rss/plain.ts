// Texts of feeds, which are HTML more often than they say.
import { Pieces } from "../common/pieces";
import { Parser } from "../vendor/htmlparser2.js";

/** A summary is no article, characters. */
export const SUMMARY = 500;
/** What is looked at to make one. */
const MOST = 50_000;

const SILENT = new Set(["script", "style", "template", "noscript"]);

/** What stands inside of a word. */
const INLINE = /^(?:a|abbr|b|code|em|i|q|s|small|span|strong|sub|sup|u)$/;

/** One line. */
export const spaced = (text: string): string => text.replace(/\s+/g, " ").trim();

/** The text that a reader of this HTML sees, one line. */
export const plain = (html: string): string => {
  if (!/[<&]/.test(html)) return spaced(html);
  const pieces = new Pieces();
  let silent = 0;
  const parser = new Parser({
    onopentag: (name) => {
      if (SILENT.has(name)) silent += 1;
      else if (!INLINE.test(name)) pieces.push(" ");
    },
    ontext: (text) => void (silent === 0 && pieces.push(text)),
    onclosetag: (name) => {
      if (SILENT.has(name)) silent -= 1;
      else if (!INLINE.test(name)) pieces.push(" ");
    },
  });
  parser.end(html.slice(0, MOST));
  return spaced(pieces.take());
};

/** At most so many characters, ended at a word. */
export const shortened = (text: string, most = SUMMARY): string => {
  if (text.length <= most) return text;
  const cut = text.slice(0, most);
  const word = cut.lastIndexOf(" ");
  return `${(word > most / 2 ? cut.slice(0, word) : cut).replace(/[\ud800-\udbff]$/, "").trimEnd()}…`;
};
