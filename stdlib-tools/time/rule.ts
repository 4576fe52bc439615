// POSIX TZ strings with the extensions of RFC 9636, 3.3.1: how a zone goes on for ever.
import { DAY, fromNumber, monthLength, toNumber, weekday } from "./calendar";
import type { Kind } from "./zone";

/** A day of every year, and milliseconds after its midnight. */
type Change = { day: { month: number; week: number; weekday: number } | { ordinal: number; leap: boolean }; time: number };

export interface Rule {
  standard: Kind;
  /** Absent where clocks stay as they are. */
  summer?: { kind: Kind; from: Change; to: Change };
}

const milliseconds = (text: string): number => {
  const [hours, minutes = 0, seconds = 0] = text.replace(/^[+-]/, "").split(":").map(Number) as [number, number?, number?];
  return (text.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds) * 1000;
};

const change = (text: string): Change => {
  const [day, time = "2"] = text.split("/") as [string, string?];
  const month = /^M(\d+)\.(\d)\.(\d)$/.exec(day);
  if (month) return { day: { month: Number(month[1]), week: Number(month[2]), weekday: Number(month[3]) }, time: milliseconds(time) };
  return { day: { ordinal: Number(day.replace("J", "")), leap: !day.startsWith("J") }, time: milliseconds(time) };
};

const PATTERN = /^(<[^>]+>|[A-Za-z]+)([+-]?[\d:]+)(?:(<[^>]+>|[A-Za-z]+)([+-]?[\d:]+)?,([^,]+),([^,]+))?$/;

/** Reads one; the strings are those of the table, which are right. */
export const parseRule = (text: string): Rule => {
  const match = PATTERN.exec(text);
  if (!match) throw new Error(`the table of time zones has a rule that cannot be read: ${text}`);
  const [, name, west, summerName, summerWest, from, to] = match;
  const bare = (name: string) => name.replace(/[<>]/g, "");
  const offset = -milliseconds(west!);
  const standard = { abbreviation: bare(name!), offset: offset || 0 };
  if (summerName === undefined) return { standard };
  const summer = { abbreviation: bare(summerName), offset: summerWest === undefined ? offset + 3_600_000 : -milliseconds(summerWest) || 0 };
  return { standard, summer: { kind: summer, from: change(from!), to: change(to!) } };
};

/** When a change comes in a year, on the wall. */
const inYear = ({ day, time }: Change, year: number): number => {
  if ("ordinal" in day) {
    const isLeap = monthLength(year, 2) === 29;
    // `Jn` counts from 1 and never the 29th of February; `n` counts from 0 and does.
    const days = day.leap ? day.ordinal : day.ordinal - 1 + (isLeap && day.ordinal >= 60 ? 1 : 0);
    return toNumber({ year, month: 1, day: 1, time }) + days * DAY;
  }
  const first = { year, month: day.month, day: 1, time: 0 };
  const ahead = (day.weekday - weekday(first) + 7) % 7;
  const length = monthLength(year, day.month);
  let date = 1 + ahead + (day.week - 1) * 7;
  while (date > length) date -= 7;
  return toNumber({ ...first, day: date }) + time;
};

/** What is in force by a rule at a moment. */
export const ruleAt = ({ standard, summer }: Rule, at: number): Kind => {
  if (!summer) return standard;
  const { year } = fromNumber(at + standard.offset);
  const from = inYear(summer.from, year) - standard.offset;
  const to = inYear(summer.to, year) - summer.kind.offset;
  // South of the equator summer goes over the turn of the year.
  const isSummer = from < to ? at >= from && at < to : at >= from || at < to;
  return isSummer ? summer.kind : standard;
};
