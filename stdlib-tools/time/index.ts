// std/time: dates, time zones and durations.
import { defineTool } from "@paceline/runtime";
import { difference } from "./difference";
import { addDuration, parseDuration } from "./duration";
import { type Moment, described, moment } from "./moment";
import { zoneNamed } from "./zone";

/** How many zones a time is told in. */
const MOST_ZONES = 20;

const inZone = (name: string, { at }: Moment) => {
  const { iso, zone, abbreviation, weekday } = described({ at, zone: zoneNamed(name) });
  return { zone, iso, abbreviation, weekday };
};

export default defineTool({
  name: "time",
  description:
    "Tells the current time, converts between time zones, adds durations, counts the time between two dates, and knows weekdays " +
    'and weeks. You do not know today\'s date without it. Examples: {"zone": "Europe/Berlin"} is now in Berlin; ' +
    '{"time": "2026-03-02 15:00", "zone": "Europe/Berlin", "to": ["America/New_York"]} converts; ' +
    '{"time": "2026-01-31", "add": "1 month"}; {"time": "2026-01-01", "until": "2026-12-24"}.',
  parameters: {
    time: {
      type: "string",
      optional: true,
      description: 'Default now. Such as "2026-03-02", "2026-03-02T15:00", "2026-03-02T15:00:00+01:00", or seconds since 1970',
    },
    zone: {
      type: "string",
      optional: true,
      description: 'IANA zone of the time and the answer, such as "Asia/Tokyo", or an offset such as "+05:30". Default UTC, or the offset in `time`',
    },
    add: { type: "string", optional: true, description: 'What to add: "2 weeks", "-90 minutes", "1 day 4 hours", "P1Y2M3DT4H"' },
    to: { type: "array", items: { type: "string" }, optional: true, description: "Zones to tell the time in as well" },
    until: { type: "string", optional: true, description: "Another time, written as `time`: the answer says how long it is until then" },
  },
  execute: ({ time = "now", zone, add, to = [], until }) => {
    if (to.length > MOST_ZONES) throw new Error(`\`to\` takes at most ${MOST_ZONES} zones`);
    const named = zone === undefined ? undefined : zoneNamed(zone);
    const start = moment(time, named);
    const end = add === undefined ? start : addDuration(start, parseDuration(add));
    return {
      ...described(end),
      ...(to.length > 0 && { to: to.map((name) => inZone(name, end)) }),
      ...(until !== undefined && { until: difference(end, moment(until, end.zone)) }),
    };
  },
});
