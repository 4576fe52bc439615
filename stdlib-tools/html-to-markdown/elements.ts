// What elements of HTML are to a reader.
import type { MarkKind } from "./blocks";

/** Nothing of the text: scripts, what surrounds it on every page, what a person would click. */
export const DROPPED: ReadonlySet<string> = new Set([
  "script", "style", "nav", "noscript", "template", "iframe", "object", "embed", "svg", "canvas", "audio", "video", "map",
  "button", "select", "input", "textarea", "datalist", "dialog", "meter", "progress", "frameset",
]);

/** What begins a paragraph of its own. */
export const BLOCKS: ReadonlySet<string> = new Set([
  "address", "article", "aside", "body", "center", "dd", "details", "div", "dl", "fieldset", "figcaption", "figure", "footer", "form",
  "header", "hgroup", "html", "legend", "main", "optgroup", "option", "p", "search", "section", "tbody", "tfoot", "thead",
]);

/** What changes how text inside a line looks. */
export const MARKS: ReadonlyMap<string, Exclude<MarkKind, "link">> = new Map([
  ["b", "strong"], ["strong", "strong"], ["em", "emphasis"], ["i", "emphasis"], ["cite", "emphasis"], ["dfn", "emphasis"],
  ["code", "code"], ["kbd", "code"], ["samp", "code"], ["tt", "code"], ["del", "strike"], ["s", "strike"], ["strike", "strike"],
]);
