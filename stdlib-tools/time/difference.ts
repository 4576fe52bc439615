// How long it is from one moment to another.
import { DAY, addMonths, fromNumber, toNumber } from "./calendar";
import { type Moment, described } from "./moment";
import { momentOf, wallAt } from "./zone";

const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`;

/** The parts of the calendar between two moments of which the first is earlier: as many whole months and days as fit, and what
 * is left on the clock. */
const between = (start: Moment, end: Moment): { months: number; days: number; rest: number } => {
  const { zone } = start;
  const wall = wallAt(zone, start.at);
  const then = wallAt(zone, end.at);
  const reached = (months: number, days: number) => momentOf(zone, toNumber(addMonths(wall, months)) + days * DAY).at;
  let months = (then.year - wall.year) * 12 + then.month - wall.month;
  if (reached(months, 0) > end.at) months -= 1;
  const base = toNumber(addMonths(wall, months));
  let days = Math.floor((toNumber({ ...then, time: 0 }) - toNumber({ ...fromNumber(base), time: 0 })) / DAY);
  if (reached(months, days) > end.at) days -= 1;
  return { months, days, rest: end.at - reached(months, days) };
};

/** What the tool tells of the time from `start` to `end`. */
export const difference = (start: Moment, end: Moment) => {
  const isBack = end.at < start.at;
  const inZone = { ...end, zone: start.zone };
  const [first, last] = isBack ? [inZone, start] : [start, inZone];
  const { months, days, rest } = between(first, last);
  const [years, month] = [Math.floor(months / 12), months % 12];
  const [hours, minutes, seconds] = [Math.floor(rest / 3_600_000), Math.floor(rest / 60_000) % 60, (rest % 60_000) / 1000];
  const units: [number, string, string][] = [
    [years, "year", "Y"], [month, "month", "M"], [days, "day", "D"], [hours, "hour", "H"], [minutes, "minute", "M"], [seconds, "second", "S"],
  ];
  const iso = (from: number, to: number) => units.slice(from, to).filter(([count]) => count > 0).map(([count, , letter]) => `${count}${letter}`).join("");
  const time = iso(3, 6);
  const body = `${iso(0, 3)}${time && `T${time}`}`;
  const shown = units.filter(([count]) => count > 0).map(([count, unit]) => counted(count, unit));
  const total = (end.at - start.at) / 1000;
  const dates = [start, inZone].map((one) => toNumber({ ...wallAt(one.zone, one.at), time: 0 }));
  return {
    iso: described(inZone).iso,
    direction: end.at === start.at ? "same" : isBack ? "past" : "future",
    text: shown.join(", ") || "no time",
    duration: body ? `${isBack ? "-" : ""}P${body}` : "PT0S",
    days: (dates[1]! - dates[0]!) / DAY,
    hours: Math.round((total / 3600) * 1e6) / 1e6,
    seconds: total,
    ...(end.note !== undefined && { note: end.note }),
  };
};
