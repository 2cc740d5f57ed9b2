#!/usr/bin/env python3
"""check_doors: each library's header is included by one file, in the room it belongs to (design 9)."""
import re
import sys

from house import Rows, code_of, prove, sources, text_of

DOORS = {
    "sqlite3.h": "store",
    "libpq-fe.h": "store",
    "curl/": "io",
    "microhttpd.h": "io",
    "jansson.h": "base",
    "yaml.h": "base",
    "nettle/": "base",
    "gnutls/abstract.h": "io",  # it brings gnutls.h and x509.h
    "gnutls/crypto.h": "nobody",
    "gnutls/gnutls.h": "nobody",
    "gnutls/x509.h": "nobody",
    "md4c.h": "page",
    "zlib.h": "http",
    "md4c-html.h": "nobody",
    "crypt.h": "base",
}
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"]+)[>\"]", re.M)
SAMPLES = [
    ("a second file", {"src/store/a.c": "sqlite3.h", "src/store/b.c": "sqlite3.h"}, "2 files"),
    ("another room", {"src/app/a.c": "curl/curl.h"}, "room io"),
    ("one door", {"src/io/a.c": "curl/curl.h"}, None),
]


def includes(path):
    return INCLUDE.findall(code_of(text_of(path), keep_strings=True))


def door_problem(door, room, found):
    """found: path -> its includes."""
    files = sorted(p for p, list_ in found.items() if any(i.startswith(door) for i in list_))
    if len(files) > 1:
        return f"{len(files)} files include it: {', '.join(files)}"
    if files and not files[0].startswith(f"src/{room}/"):
        return f"{files[0]} includes it, its door is in room {room}"
    return None


def problems(found):
    return [door_problem(d, r, found) for d, r in DOORS.items()]


def main():
    rows = Rows("doors")
    prove(rows, SAMPLES, lambda sample: problems({p: [i] for p, i in sample.items()}))
    found = {path: includes(path) for path in sources("src")}
    for door, room in DOORS.items():
        rows.add(f"<{door}>", door_problem(door, room, found))
    return rows.end()


sys.exit(main())
