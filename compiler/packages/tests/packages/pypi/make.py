import hashlib, io, json, sys, tarfile, zipfile

what = json.loads(sys.argv[1])
metadata = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".format(**what)
if what["file"].endswith(".whl"):
    if what["python"]:
        metadata += "Requires-Python: {python}\n".format(**what)
    metadata += "Provides-Extra: more\n" + "".join("Requires-Dist: %s\n" % one for one in what["requires"])
    information = "{module}-{version}.dist-info/".format(**what)
    files = {
        what["module"] + ".py": what["text"],
        information + "METADATA": metadata + "\n",
        information + "WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: %s\n" % what["tag"],
        information + "entry_points.txt": "[console_scripts]\n" + "\n".join(what["scripts"]) + "\n",
    }
    files[information + "RECORD"] = "".join("%s,,\n" % name for name in [*files, information + "RECORD"])
    with zipfile.ZipFile(what["file"], "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
else:
    with tarfile.open(what["file"], "w:gz") as archive:
        for name, text in {"PKG-INFO": metadata, "setup.py": "raise SystemExit('built')"}.items():
            member = tarfile.TarInfo("{name}-{version}/".format(**what) + name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
print(hashlib.sha256(open(what["file"], "rb").read()).hexdigest())
