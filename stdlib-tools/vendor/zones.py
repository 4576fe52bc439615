"""Makes the table of time zones of `std/time` from the IANA database (package `tzdata`): what was since 1970, and the rule for
all that is to come. `cargo xtask std` runs it and compares.

A line is a zone with all its names: `<name>,<name>…|<abbreviation> <offset>,…|<changes>|<rule>`. Numbers are in base 36. An
offset is in seconds east of Greenwich. A change is the time since the one before (the first: since 1970) in units of half a
minute, `.`, and the number of the abbreviation; the first entry of the list is what was before. The rule is a POSIX TZ
string (RFC 9636, 3.3.1).
"""

import importlib.resources
import struct
import sys

import tzdata

UNIT = 30


def base36(number):
    if number < 0:
        return "-" + base36(-number)
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return (base36(number // 36) if number >= 36 else "") + digits[number % 36]


def block(data, size):
    """A block of a TZif file (RFC 9636, 3): its times, what each leads to, its kinds, and where it ends."""
    isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt = struct.unpack(">6L", data[20:44])
    at = 44
    times = struct.unpack(f">{timecnt}{'q' if size == 8 else 'l'}", data[at : at + timecnt * size])
    at += timecnt * size
    kinds = data[at : at + timecnt]
    at += timecnt
    types = [struct.unpack(">lBB", data[at + 6 * n : at + 6 * n + 6]) for n in range(typecnt)]
    at += 6 * typecnt
    names = data[at : at + charcnt]
    at += charcnt + leapcnt * (size + 4) + isstdcnt + isutcnt
    named = [(names[i : names.index(b"\0", i)].decode(), offset) for offset, _, i in types]
    return times, kinds, named, at


def zone(name):
    data = importlib.resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
    *_, end = block(data, 4)
    times, kinds, named, size = block(data[end:], 8)
    rule = data[end + size :].decode().strip("\n")
    before = [n for n, time in enumerate(times) if time <= 0]
    first = named[kinds[before[-1]] if before else 0]
    changes = [(time, named[kind]) for time, kind in zip(times, kinds) if time > 0]
    types = [first]
    listed, last = [], 0
    for time, kind in changes:
        if kind not in types:
            types.append(kind)
        assert (time - last) % UNIT == 0, (name, time)
        listed.append(f"{base36((time - last) // UNIT)}.{base36(types.index(kind))}")
        last = time
    return "|".join((",".join(f"{a} {base36(o)}" for a, o in types), " ".join(listed), rule))


def main():
    names = importlib.resources.files("tzdata").joinpath("zones").read_text().split()
    lines = {}
    for name in sorted(name for name in names if name != "Factory"):
        lines.setdefault(zone(name), []).append(name)
    table = "\n".join(sorted(f"{','.join(names)}|{line}" for line, names in lines.items()))
    sys.stdout.write(
        f"// Made by `cargo xtask std` from the IANA time zone database {tzdata.IANA_VERSION}; zones.py says what the lines are.\n"
        f'export const VERSION = "{tzdata.IANA_VERSION}";\n'
        f"export const ZONES = `{table}`;\n"
    )


main()
