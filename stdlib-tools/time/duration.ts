// Durations: of the calendar (a month, a day) and of the clock (an hour).
import { DAY, addMonths, toNumber } from "./calendar";
import type { Moment } from "./moment";
import { momentOf, wallAt } from "./zone";

export interface Duration {
  months: number;
  days: number;
  milliseconds: number;
}

const NONE: Duration = { months: 0, days: 0, milliseconds: 0 };

/** What one of each is. */
const UNITS: readonly [RegExp, Duration][] = [
  [/^y(?:ears?|rs?)?$/i, { ...NONE, months: 12 }],
  [/^mo(?:nths?|s)?$/i, { ...NONE, months: 1 }],
  [/^w(?:eeks?|ks?)?$/i, { ...NONE, days: 7 }],
  [/^d(?:ays?)?$/i, { ...NONE, days: 1 }],
  [/^h(?:ours?|rs?)?$/i, { ...NONE, milliseconds: 3_600_000 }],
  [/^m(?:in(?:ute)?s?)?$/i, { ...NONE, milliseconds: 60_000 }],
  [/^s(?:ec(?:ond)?s?)?$/i, { ...NONE, milliseconds: 1000 }],
  [/^(?:ms|milliseconds?)$/i, { ...NONE, milliseconds: 1 }],
];

const HELP = 'write it as "2 weeks", "-90 minutes", "1 day 4 hours" or "P1Y2M3DT4H5M6S"';

const ISO = /^([+-])?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;

const plus = (sum: Duration, unit: Duration, count: number): Duration => ({
  months: sum.months + unit.months * count,
  days: sum.days + unit.days * count,
  milliseconds: sum.milliseconds + Math.round(unit.milliseconds * count),
});

const words = (text: string): Duration => {
  const sign = /^(?:-|minus\s)/i.test(text) ? -1 : 1;
  const bare = text.replace(/^(?:[+-]|minus\s|plus\s)\s*/i, "");
  let sum = NONE;
  const rest = bare.replace(/(\d+(?:\.\d+)?)\s*([a-z]+)\s*(?:,|and\b)?\s*/gi, (_, count: string, word: string) => {
    const unit = UNITS.find(([pattern]) => pattern.test(word))?.[1];
    if (!unit) throw new Error(`unknown unit \`${word.slice(0, 20)}\` in a duration; there are years, months, weeks, days, hours, minutes and seconds`);
    const number = Number(count);
    if (!Number.isInteger(number) && unit.milliseconds === 0) throw new Error(`only hours, minutes and seconds have fractions, not ${count} ${word}`);
    sum = plus(sum, unit, number * sign);
    return "";
  });
  if (rest.trim() !== "" || bare.trim() === "") throw new Error(`${JSON.stringify(text.slice(0, 60))} is not a duration; ${HELP}`);
  return sum;
};

/** Reads one. */
export const parseDuration = (given: string): Duration => {
  const text = given.slice(0, 200).trim();
  const iso = ISO.exec(text);
  if (!iso || /[PT]$/i.test(text)) return words(text);
  const sign = iso[1] === "-" ? -1 : 1;
  const [years, months, weeks, days, hours, minutes, seconds] = iso.slice(2).map((part) => Number(part ?? 0) * sign) as number[];
  return {
    months: years! * 12 + months! || 0,
    days: weeks! * 7 + days! || 0,
    milliseconds: Math.round((hours! * 3600 + minutes! * 60 + seconds!) * 1000) || 0,
  };
};

/** Later by a duration: first months and days on the wall, then hours and less as they pass. */
export const addDuration = ({ at, zone, note }: Moment, { months, days, milliseconds }: Duration): Moment => {
  if (months === 0 && days === 0) return { at: at + milliseconds, zone, note };
  // Beyond, dates have no meaning, and the arithmetic has none either.
  if (Math.abs(months) > 120_000 || Math.abs(days) > 3_700_000) throw new Error("the duration is longer than 10000 years");
  const wall = toNumber(addMonths(wallAt(zone, at), months)) + days * DAY;
  const moved = momentOf(zone, wall);
  return { at: moved.at + milliseconds, zone, note: moved.note ?? note };
};
