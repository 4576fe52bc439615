// Time zones: which offset is in force when. The sandbox has no `Intl`; zones.ts holds the IANA database.
import { nearest } from "../common/nearest";
import { fromNumber } from "./calendar";
import { type Rule, parseRule, ruleAt } from "./rule";
import { ZONES } from "./zones";

/** What is in force: milliseconds east of Greenwich, and what it is called there. */
export interface Kind {
  offset: number;
  abbreviation: string;
}

export interface Zone {
  name: string;
  /** What was before the first change. */
  first: Kind;
  /** When something else came into force, in order. */
  changes: readonly { at: number; kind: Kind }[];
  /** After the last change. */
  rule: Rule;
}

const number = (text: string): number => Number.parseInt(text, 36);

const read = (name: string, line: string): Zone => {
  const [, kinds, changes, rule] = line.split("|") as [string, string, string, string];
  const types = kinds.split(",").map((kind): Kind => {
    const [abbreviation, offset] = kind.split(" ") as [string, string];
    return { abbreviation, offset: number(offset) * 1000 };
  });
  let at = 0;
  const listed = changes.split(" ").filter(Boolean).map((change) => {
    const [later, kind] = change.split(".") as [string, string];
    at += number(later) * 30_000;
    return { at, kind: types[number(kind)]! };
  });
  return { name, first: types[0]!, changes: listed, rule: parseRule(rule) };
};

const fixed = (name: string, offset: number): Zone => {
  const kind = { offset, abbreviation: name };
  return { name, first: kind, changes: [], rule: { standard: kind } };
};

/** Zones that are an offset and nothing else: `UTC`, `+05:30`. */
export const fixedZone = (offset: number): Zone => {
  if (offset === 0) return fixed("UTC", 0);
  const minutes = Math.abs(offset) / 60_000;
  const pad = (part: number) => String(part).padStart(2, "0");
  return fixed(`${offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`, offset);
};

/** Milliseconds of an offset such as `+05:30`. */
export const offsetOf = (text: string): number | undefined => {
  if (/^z$/i.test(text)) return 0;
  const match = /^([+-])(\d{2})(?::?(\d{2}))?$/.exec(text);
  if (!match) return undefined;
  const [hours, minutes] = [Number(match[2]), Number(match[3] ?? 0)];
  return hours <= 23 && minutes <= 59 ? (match[1] === "-" ? -1 : 1) * (hours * 60 + minutes) * 60_000 : undefined;
};

const names = (): { name: string; line: string }[] =>
  ZONES.split("\n").flatMap((line) => line.slice(0, line.indexOf("|")).split(",").map((name) => ({ name, line })));

/** The zone of this name, however it is written. */
export const zoneNamed = (text: string): Zone => {
  const wanted = text.slice(0, 100).trim().replace(/\s+/g, "_");
  const lower = wanted.toLowerCase();
  if (["utc", "gmt", "z"].includes(lower)) return fixed("UTC", 0);
  const offset = offsetOf(wanted.replace(/^(?:utc|gmt)(?=[+-])/i, "").replace(/^([+-])(\d)$/, "$10$2"));
  if (offset !== undefined) return fixedZone(offset);
  const all = names();
  const found = all.find(({ name }) => name.toLowerCase() === lower);
  if (found) return read(found.name, found.line);
  const city = all.find(({ name }) => name.includes("/") && name.slice(name.lastIndexOf("/") + 1).toLowerCase() === lower);
  const near = city?.name ?? nearest(wanted, all.map(({ name }) => name));
  throw new Error(`unknown time zone \`${text.slice(0, 60)}\`; ${near ? `did you mean \`${near}\`?` : "write an IANA name such as `Europe/Berlin` or an offset such as `+02:00`"}`);
};

/** What is in force in a zone at a moment, milliseconds since 1970. Before 1970 it is what was in force then. */
export const kindAt = (zone: Zone, at: number): Kind => {
  const { changes, first } = zone;
  const last = changes[changes.length - 1];
  if (last === undefined || at >= last.at) return at < 0 ? first : ruleAt(zone.rule, at);
  let [low, high] = [0, changes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (changes[middle]!.at <= at) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? first : changes[low - 1]!.kind;
};

/** When a wall in a zone shows this; where it does so twice, the first time, and where it never does, as much later as the
 * clocks were moved: what other libraries do. */
export const momentOf = (zone: Zone, wall: number): { at: number; note?: string } => {
  const [before, after] = [kindAt(zone, wall - 86_400_000), kindAt(zone, wall + 86_400_000)];
  const shows = [before, after].map(({ offset }) => wall - offset).filter((at) => kindAt(zone, at).offset === wall - at);
  const at = shows.length > 0 ? Math.min(...shows) : wall - before.offset;
  const shown = new Date(wall).toISOString().slice(0, 16).replace("T", " ");
  if (shows.length === 0) return { at, note: `${shown} does not exist in ${zone.name}: clocks are put forward then` };
  if (Math.max(...shows) !== at) return { at, note: `${shown} comes twice in ${zone.name}: clocks are put back then; this is the first` };
  return { at };
};

/** What a wall in the zone shows. */
export const wallAt = (zone: Zone, at: number) => fromNumber(at + kindAt(zone, at).offset);
