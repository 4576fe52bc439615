// What stands between texts and Markdown: signs that would mean something.

import { chunks } from "../common/pieces";

/** Text inside a line. What means nothing where it stands stays as it is: it is read more often than rendered. */
export const escaped = (text: string): string =>
  text
    .replace(/[\\`]/g, "\\$&")
    .replace(/\*(?=\S)|(?<=\S)\*/g, "\\*")
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\_")
    .replace(/\](?=[([:])/g, "\\]")
    .replace(/<(?=[A-Za-z/!?])/g, "\\<")
    .replace(/&(?=#?\w{1,32};)/g, "\\&")
    .replace(/~~/g, "\\~\\~");

/** The beginning of a paragraph, where signs mean more. */
export const escapedStart = (paragraph: string): string =>
  paragraph.replace(/^(?:#{1,6}(?=\s|$)|[-+*](?=\s|$)|>|=+(?=\s*$)|-{2,}(?=\s*$))/gm, "\\$&").replace(/^(\d{1,9})([.)])(?=\s|$)/gm, "$1\\$2");

/** Code inside a line: between more backticks than are in it. */
export const code = (text: string): string => {
  const runs = chunks(text).flatMap((part) => part.match(/`+/g) ?? []);
  const fence = "`".repeat(runs.reduce((most, { length }) => Math.max(most, length), 0) + 1);
  const space = /^`|`$|^ .* $/.test(text) ? " " : "";
  return `${fence}${space}${text}${space}${fence}`;
};

/** Lines of code. */
export const codeBlock = (text: string, language: string): string => {
  const runs = chunks(text).flatMap((part) => part.match(/^ {0,3}`{3,}/gm) ?? []);
  const fence = "`".repeat(runs.reduce((most, run) => Math.max(most, run.trim().length + 1), 3));
  return `${fence}${language}\n${text.replace(/^\n|\n$/g, "")}\n${fence}`;
};

/** An address in parentheses, and a title. */
export const target = (address: string, title: string | undefined): string => {
  const url = address.replace(/[\s()<>]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
  const words = title?.replace(/\s+/g, " ").trim().replace(/["\\]/g, "\\$&");
  return words ? `(${url} "${words}")` : `(${url})`;
};
