// A moment in a zone: how it is read, and all that is told of it.
import { DAY, MONTHS, WEEKDAYS, type Wall, dayOfYear, fromNumber, isoWeek, monthLength, padded, toNumber, weekday } from "./calendar";
import { type Zone, fixedZone, kindAt, momentOf, offsetOf, wallAt, zoneNamed } from "./zone";

export interface Moment {
  /** Milliseconds since 1970. */
  at: number;
  zone: Zone;
  /** What has to be known about it. */
  note?: string | undefined;
}

/** The years that four digits can say. */
const [EARLIEST, LATEST] = [toNumber({ year: 1, month: 1, day: 1, time: 0 }), toNumber({ year: 9999, month: 12, day: 31, time: DAY - 1 })];

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ]+(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*([Zz]|[+-]\d{2}(?::?\d{2})?)?(?:\[([\w+\/-]{1,60})\])?$/;
/** Of RFC 5322 and of HTTP. */
const RFC = /^(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})[\s-]+([A-Za-z]{3})[A-Za-z]*[\s-]+(\d{4})(?:\s+(\d{2}):(\d{2})(?::(\d{2}))?)?\s*([+-]\d{2}:?\d{2}|GMT|UTC?|Z)?$/i;

const unreadable = (text: string, why = "is not a time"): never => {
  throw new Error(`${JSON.stringify(text.slice(0, 60))} ${why}; write it as 2026-03-02, 2026-03-02T15:00 or 2026-03-02T15:00:00+01:00`);
};

const wallOf = (text: string, year: number, month: number, day: number, clock: (string | undefined)[]): number => {
  const [hour, minute, second, fraction] = clock;
  const [h, m, s] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  if (year < 1) return unreadable(text, "has no year from 1 to 9999");
  if (month < 1 || month > 12) return unreadable(text, "has no such month");
  if (day < 1 || day > monthLength(year, month)) return unreadable(text, `is no day: ${MONTHS[month - 1]} ${year} has ${monthLength(year, month)}`);
  // A leap second is told as the last one before.
  if (h > 24 || (h === 24 && (m > 0 || s > 0)) || m > 59 || s > 60) return unreadable(text, "has no such time of day");
  const milliseconds = Number((fraction ?? "0").slice(0, 3).padEnd(3, "0"));
  return toNumber({ year, month, day, time: (h * 3600 + m * 60 + Math.min(s, 59)) * 1000 + milliseconds });
};

/** A date and time with its parts, and what it says of its zone. */
const parts = (text: string): { wall: number; offset?: number | undefined; named?: string | undefined } => {
  const iso = ISO.exec(text);
  if (iso) {
    const [, year, month, day, hour, minute, second, fraction, offset, named] = iso;
    const wall = wallOf(text, Number(year), Number(month), Number(day), [hour, minute, second, fraction]);
    return { wall, offset: offset === undefined ? undefined : (offsetOf(offset) ?? unreadable(text, "has no such offset")), named };
  }
  const rfc = RFC.exec(text);
  if (!rfc) return unreadable(text);
  const [, day, name, year, hour, minute, second, offset] = rfc;
  const month = MONTHS.findIndex((month) => month.slice(0, 3).toLowerCase() === name!.toLowerCase()) + 1;
  const wall = wallOf(text, Number(year), month, Number(day), [hour, minute, second]);
  return { wall, offset: offset === undefined ? undefined : (offsetOf(offset) ?? 0) };
};

const bounded = (at: number, text: string): number => (at >= EARLIEST && at <= LATEST ? at : unreadable(text, "is not in the years 1 to 9999"));

/** Reads a time; where it does not say its zone, it is in the one given, else in UTC. */
export const moment = (given: string, zone: Zone | undefined): Moment => {
  const text = given.slice(0, 200).trim();
  if (/^now$/i.test(text) || text === "") return { at: Date.now(), zone: zone ?? fixedZone(0) };
  if (/^-?\d{1,15}(?:\.\d+)?$/.test(text) && !/^\d{4}$/.test(text)) {
    const number = Number(text);
    // Seconds would be beyond the year 5000: milliseconds are meant.
    return { at: bounded(Math.round(Math.abs(number) > 1e11 ? number : number * 1000), text), zone: zone ?? fixedZone(0) };
  }
  const { wall, offset, named } = parts(text);
  const own = named === undefined ? undefined : zoneNamed(named);
  if (offset !== undefined) return { at: bounded(wall - offset, text), zone: zone ?? own ?? fixedZone(offset) };
  const { at, note } = momentOf(own ?? zone ?? fixedZone(0), wall);
  return { at: bounded(at, text), zone: zone ?? own ?? fixedZone(0), note };
};

const clock = (time: number): string => {
  const seconds = Math.floor(time / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const fraction = time % 1000 === 0 ? "" : `.${padded(time % 1000, 3)}`;
  return `${padded(h, 2)}:${padded(m, 2)}:${padded(s, 2)}${fraction}`;
};

const dated = ({ year, month, day }: Wall): string => `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;

const offsetText = (offset: number, colon: string): string => {
  const seconds = Math.abs(offset) / 1000;
  const rest = seconds % 60 === 0 ? "" : `${colon}${padded(seconds % 60, 2)}`;
  return `${offset < 0 ? "-" : "+"}${padded(Math.floor(seconds / 3600), 2)}${colon}${padded(Math.floor(seconds / 60) % 60, 2)}${rest}`;
};

/** What the tool tells of a moment. */
export const described = ({ at, zone, note }: Moment) => {
  if (!(at >= EARLIEST && at <= LATEST)) throw new Error("the result is not in the years 1 to 9999");
  const wall = wallAt(zone, at);
  const { offset, abbreviation } = kindAt(zone, at);
  const utc = fromNumber(at);
  const day = WEEKDAYS[weekday(wall)]!;
  const [date, time] = [dated(wall), clock(wall.time)];
  const rfc = `${day.slice(0, 3)}, ${padded(wall.day, 2)} ${MONTHS[wall.month - 1]!.slice(0, 3)} ${padded(wall.year, 4)} ${time.slice(0, 8)}`;
  return {
    iso: `${date}T${time}${zone.name === "UTC" ? "Z" : offsetText(offset, ":")}`,
    zone: zone.name,
    abbreviation,
    weekday: day,
    date,
    time,
    utc: `${dated(utc)}T${clock(utc.time)}Z`,
    unix: Math.floor(at / 1000),
    rfc: `${rfc} ${offsetText(offset, "").slice(0, 5)}`,
    week: isoWeek(wall),
    day_of_year: dayOfYear(wall),
    ...(note !== undefined && { note }),
  };
};
