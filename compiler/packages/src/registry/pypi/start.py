"""Starts the package in `site-packages` beside this file, wherever that is: with its packages and the standard library, and
nothing else of this machine. Made for `python3 -I -S -B start.py module:function [argument]...`."""

import importlib
import json
import os
import site
import sys

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "paceline.json"), encoding="utf-8") as file:
    marker = json.load(file)
fits = " ".join([sys.implementation.cache_tag, sys.platform, os.uname().machine])
if fits != marker["fits"]:
    sys.exit("`%s` was installed for `%s`, and this is `%s`: install it again here" % (marker["package"], marker["fits"], fits))
# As in any environment of Python: `.pth` files count.
site.addsitedir(os.path.join(here, "site-packages"))
module, _, path = sys.argv.pop(1).partition(":")
sys.argv[0] = marker["package"]
function = importlib.import_module(module)
for name in path.split("."):
    function = getattr(function, name)
sys.exit(function())
