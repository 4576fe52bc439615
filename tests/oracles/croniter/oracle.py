"""What croniter makes of a schedule, for the test `ir/tests/schedule_oracle.rs`.

One request a line on stdin, one answer a line on stdout, both JSON:

    {"expression": "30 2 * * *", "zone": "Europe/Berlin", "after": 1743206400, "count": 3}

    {"refused": "<croniter's words>"}
    {"calendar": [...], "instants": [...], "croniter": [...], "whole_day_field": false}

All times are seconds since 1970.

`calendar`: the next local times by croniter, which is asked without a zone and so only walks the calendar; as if UTC.
`instants`: those local times in the zone, by Python's zoneinfo and the rule of the product: a skipped local time is the
    end of the gap, a repeated one its first instant, and no instant counts twice.
`croniter`: what croniter itself answers when it is asked with the zone.
`whole_day_field`: whether a day field lists every day without being `*`. Crons disagree on whether that restricts it.

`calendar` is null where croniter knows the syntax and finds no date.
"""

import json
import os
import sys
from datetime import datetime, timedelta, timezone

os.environ["PYTHONTZPATH"] = ""  # The pinned package tzdata, not the host's files.
from zoneinfo import TZPATH, ZoneInfo  # noqa: E402

from croniter import CroniterBadDateError, CroniterError, croniter  # noqa: E402

UTC = timezone.utc
DAYS, WEEKDAYS = 2, 4
# A clock set back by 24 hours repeats 1,440 minutes.
MOST_REPEATS = 2000


def seconds(moment):
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())


def first_instant(local, zone):
    """The instant at which the zone's clocks first show `local`, or first show a later time if they skip it."""
    instant = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return instant
    # PEP 495: in a gap, fold=1 reads with the later offset, which is an instant before the change, and fold=0 after it.
    before, after = local.replace(tzinfo=zone, fold=1).astimezone(UTC), instant
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def instants(expression, after, zone, count):
    local = after.astimezone(zone).replace(tzinfo=None)
    cron = croniter(expression, local)
    found = []
    for _ in range(MOST_REPEATS):
        instant = first_instant(cron.get_next(datetime), zone)
        if instant > (found[-1] if found else after):
            found.append(instant)
        if len(found) == count:
            return found
    raise RuntimeError(f"{expression!r} repeats without end")


def whole_day_field(cron):
    def whole(field, length):
        expanded, text = cron.expanded[field], cron.expressions[field]
        return text != "*" and (expanded == ["*"] or len(expanded) == length)

    return whole(DAYS, 31) or whole(WEEKDAYS, 7)


def answer(request):
    expression, count = request["expression"], request["count"]
    zone = ZoneInfo(request["zone"])
    after = datetime.fromtimestamp(request["after"], UTC)
    local = after.astimezone(zone).replace(tzinfo=None)
    try:
        cron = croniter(expression, local)
    except CroniterError as error:
        return {"refused": str(error)}
    if count == 0 or len(cron.expanded) != 5:
        return {"calendar": []}
    known = {"whole_day_field": whole_day_field(cron)}
    try:
        calendar = [cron.get_next(datetime) for _ in range(count)]
    except CroniterBadDateError:
        return known | {"calendar": None}
    aware = croniter(expression, after.astimezone(zone))
    return known | {
        "calendar": [seconds(moment) for moment in calendar],
        "instants": [seconds(moment) for moment in instants(expression, after, zone, count)],
        "croniter": [seconds(aware.get_next(datetime)) for _ in range(count)],
    }


def main():
    assert not TZPATH, TZPATH
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
