// The dates of feeds: RFC 822 as it is written in the wild, and ISO 8601.

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/** Of RFC 822, hours. */
const ZONES: Readonly<Record<string, number>> = { UT: 0, GMT: 0, UTC: 0, Z: 0, EST: -5, EDT: -4, CST: -6, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7 };

const RFC = /^(?:[a-z]+,?\s+)?(\d{1,2})[\s-]+([a-z]{3})[a-z]*[\s-]+(\d{2}|\d{4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*([+-]\d{2}:?\d{2}|[a-z]{1,4})?$/i;
const ISO = /^(\d{4})-(\d{2})(?:-(\d{2}))?(?:[T\s](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;

const offset = (zone: string | undefined): number => {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? "");
  if (!match) return (ZONES[(zone ?? "Z").toUpperCase()] ?? 0) * 60;
  return (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
};

/** The moment, ISO 8601 in UTC without fractions; absent if it is none. */
export const isoDate = (given: string | undefined): string | undefined => {
  const text = given?.trim().slice(0, 60) ?? "";
  const iso = ISO.exec(text);
  const rfc = iso ? null : RFC.exec(text);
  const [, first, second, third, hour, minute, seconds, zone] = iso ?? rfc ?? [];
  if (first === undefined) return undefined;
  const number = (part: string | undefined) => Number(part ?? 0);
  const year = iso ? number(first) : number(third) + (third!.length === 4 ? 0 : number(third) < 70 ? 2000 : 1900);
  const month = iso ? number(second) - 1 : MONTHS.indexOf(second!.toLowerCase());
  const day = iso ? number(third ?? "1") : number(first);
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (month < 0 || date.getUTCDate() !== day || number(hour) > 23 || number(minute) > 59) return undefined;
  date.setUTCHours(number(hour), number(minute) - offset(zone), Math.min(number(seconds), 59));
  return `${date.toISOString().slice(0, 19)}Z`;
};
