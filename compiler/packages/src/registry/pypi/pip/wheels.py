"""Prints the SHA-256 of every wheel that the indexes pip is configured with list for packages: `name==version` as
arguments after `--`, options of `pip index` before; JSON on standard output.

pip has no command that tells. The parts of it used here are what its own `pip index versions` is made of, and have been
the same since 22.2; where they are not, this fails, and the caller does with less.
"""

import itertools
import json
import re
import sys

from pip._internal.commands import create_command
from pip._internal.index.collector import parse_links
from pip._vendor.packaging.version import InvalidVersion, Version


def same(name, version, wheel):
    """Whether the file name `wheel` is of this version of this package."""
    parts = wheel.removesuffix(".whl").split("-")
    if not wheel.endswith(".whl") or len(parts) not in (5, 6):
        return False
    try:
        return re.sub(r"[-_.]+", "-", parts[0]).lower() == name and Version(parts[1]) == Version(version)
    except InvalidVersion:
        return False


def listed(collector, name):
    """Every link to a file of the package."""
    links = []

    def read(page):
        response = collector.fetch_response(page)
        if response is not None:
            links.extend(parse_links(response))
        return []

    for source in itertools.chain(*collector.collect_sources(name, read)):
        if source is not None:
            list(source.page_candidates())
            links.extend(source.file_links())
    return links


def main():
    split = sys.argv.index("--")
    command = create_command("index")
    options, _ = command.parse_args(sys.argv[1:split])
    found = {}
    with command.main_context(), command._build_session(options) as session:
        collector = command._build_package_finder(options, session)._link_collector
        for key in sys.argv[split + 1 :]:
            name, version = key.split("==")
            wheels = [link for link in listed(collector, name) if same(name, version, link.filename)]
            hashes = {"sha256:" + link.hash for link in wheels if link.hash_name == "sha256"}
            found[key] = sorted(hashes)
    json.dump(found, sys.stdout)


main()
