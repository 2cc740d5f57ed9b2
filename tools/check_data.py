#!/usr/bin/env python3
"""check_data: quiet rooms keep nothing at file scope: no symbol in .data or .bss (style 17).

Looks with nm at the objects of a plain build (an ASan build has its own). Tables of constant
pointers lie in .data.rel.ro and are fine.    usage: check_data.py [BUILD]
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

from house import ROOT, Rows, need

QUIET = ["base", "http", "shop", "page", "partner"]
WRITABLE = re.compile(r"^\.(data(?!\.rel\.ro)|bss|tdata|tbss)|^\*COM\*$")
SAMPLES = [
    ("a counter", "static int n; int f(void); int f(void) { return ++n; }", "n"),
    ("a table that may change", "int t[] = {1, 2};", "t"),
    ("a thread's own", "static __thread int n; int f(void); int f(void) { return ++n; }", "n"),
    ("a static in a function", "int f(void); int f(void) { static int n = 3; return ++n; }", "n"),
    ("constant tables", "const int t[] = {1}; static const char *const w[] = {\"a\"};"
        "extern const char *const *f; const char *const *f = w;"
        " const char *const *g(void); const char *const *g(void) { return w; }", "f"),
    ("only constant tables", "const int t[] = {1}; static const char *const w[] = {\"a\"};"
        " const char *const *g(void); const char *const *g(void) { return w; }", None),
]


def writable(path):
    """Names of symbols in sections that can be written."""
    lines = subprocess.run(["nm", "-f", "sysv", "--defined-only", path], capture_output=True,
        text=True, check=True, env={**os.environ, "LC_ALL": "C"}).stdout.split("\n")
    found = []
    for line in lines:
        cells = [c.strip() for c in line.split("|")]
        if len(cells) == 7 and cells[3] != "SECTION" and WRITABLE.match(cells[6]):
            found.append(f"{cells[0]} in {cells[6]}")
    return found


def prove(rows):
    with tempfile.TemporaryDirectory() as folder:
        for name, text, word in SAMPLES:
            object_ = os.path.join(folder, "a.o")
            subprocess.run([os.environ.get("CC", "cc"), "-fPIE", "-O1", "-x", "c", "-", "-c", "-o",
                object_], input=text, text=True, check=True)
            names = [re.sub(r"\..*", "", w.split(" ")[0]) for w in writable(object_)]
            fine = not names if word is None else names == [word]
            rows.add(f"itself: {name}", None if fine else f"finds {names}")


def main():
    build = need(sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build"))
    rows = Rows("data")
    prove(rows)
    for room in QUIET:
        objects = sorted(glob.glob(f"{build}/src/{room}/**/*.o", recursive=True))
        rows.add(f"{room} is built", None if objects else f"no objects in {build}/src/{room}")
        for path in objects:
            found = writable(path)
            rows.add(f"{room}/{os.path.basename(path)}", ", ".join(found) or None)
    return rows.end()


sys.exit(main())
