// Days of the proleptic Gregorian calendar, without zones. Milliseconds, as everywhere in this tool.

export const DAY = 86_400_000;
export const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
export const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"] as const;

/** A date and time of day on a wall, in some zone. */
export interface Wall {
  year: number;
  /** From 1. */
  month: number;
  day: number;
  /** Since midnight. */
  time: number;
}

/** The wall as if it were in Greenwich. */
export const toNumber = ({ year, month, day, time }: Wall): number => {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() + time;
};

export const fromNumber = (number: number): Wall => {
  const date = new Date(number);
  const time = ((number % DAY) + DAY) % DAY;
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), time };
};

/** How many days a month has. */
export const monthLength = (year: number, month: number): number => fromNumber(toNumber({ year, month: month + 1, day: 1, time: 0 }) - DAY).day;

/** Months later; the last day of the month where there is no such day. */
export const addMonths = (wall: Wall, months: number): Wall => {
  const count = wall.year * 12 + wall.month - 1 + months;
  const [year, month] = [Math.floor(count / 12), (((count % 12) + 12) % 12) + 1];
  return { ...wall, year, month, day: Math.min(wall.day, monthLength(year, month)) };
};

/** From 0, which is Sunday. */
export const weekday = (wall: Wall): number => new Date(toNumber(wall)).getUTCDay();

export const dayOfYear = (wall: Wall): number => Math.floor((toNumber(wall) - toNumber({ year: wall.year, month: 1, day: 1, time: 0 })) / DAY) + 1;

/** The week of ISO 8601: it belongs to the year of its Thursday. */
export const isoWeek = (wall: Wall): string => {
  const thursday = fromNumber(toNumber(wall) + (4 - (weekday(wall) || 7)) * DAY);
  return `${padded(thursday.year, 4)}-W${padded(Math.ceil(dayOfYear(thursday) / 7), 2)}`;
};

export const padded = (number: number, digits: number): string => String(number).padStart(digits, "0");
