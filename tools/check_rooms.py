#!/usr/bin/env python3
"""check_rooms: every include against the room table of the design; order of includes (style 6)."""
import os
import re
import sys

from house import ROOT, Rows, code_of, prove, sources, text_of

ROOMS = {
    "base": set(),
    "http": {"base"},
    "shop": {"base"},
    "page": {"base", "shop"},
    "partner": {"base", "http", "shop"},
    "store": {"base", "http", "shop"},
    "io": {"base", "http"},
    "app": {"base", "http", "shop", "page", "partner", "store", "io"},
}
# Quiet rooms compute: what touches the kernel or the network has no business there.
QUIET = {"base", "http", "shop", "page", "partner"}
LOUD = re.compile(
    r"^(sys/(socket|stat|epoll|eventfd|signalfd|mman|un|file|wait|random|time)\.h|netinet/|arpa/|netdb\.h"
    r"|unistd\.h|fcntl\.h|pthread\.h|threads\.h|dirent\.h|poll\.h|signal\.h|dlfcn\.h)"
)
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"]+)[>\"]", re.M)
SAMPLES = [
    ("a room it may not know", ("src/shop/x.c", '#include "io/files.h"\n'), "may not know io"),
    ("two doors", ("src/io/x.c", '#include "store/store.h"\n'), "may not know store"),
    ("no room in the line", ("src/shop/x.c", '#include "order.h"\n'), "carry the room"),
    ("a file that is not there", ("src/shop/x.c", '#include "shop/nothing.h"\n'), "not there"),
    ("a loud header", ("src/shop/x.c", "#include <sys/socket.h>\n"), "quiet"),
    ("own header late", ("src/shop/order.c", '#include "base/str.h"\n#include "shop/order.h"\n'),
        "own header"),
    ("system before house", ("src/app/x.c", '#include <stdio.h>\n#include "base/str.h"\n'), "behind"),
    ("all in order", ("src/app/web.c", '#include "app/web.h"\n\n#include "base/str.h"\n\n'
        "#include <stdio.h>\n"), None),
]


def one_problem(room, kind, name):
    if kind == "<":
        loud = room in QUIET and LOUD.match(name)
        return f"<{name}> in a quiet room" if loud else None
    to, _, rest = name.partition("/")
    if not rest or to not in ROOMS:
        return f'"{name}": include lines carry the room'
    if to != room and to not in ROOMS[room]:
        return f'"{name}": {room} may not know {to}'
    if not os.path.exists(os.path.join(ROOT, "src", name)):
        return f'"{name}" is not there'
    return None


def order_problem(path, list_):
    own = path[len("src/"):-1] + "h"
    houses = [name for kind, name in list_ if kind == '"']
    if path.endswith(".c") and own in houses and list_[0][1] != own:
        return "the own header comes first"
    kinds = [kind for kind, _ in list_]
    if "<" in kinds and '"' in kinds[kinds.index("<"):]:
        return "a house header stands behind a system header"
    return None


def check(sample):
    path, text = sample
    room = path.split("/")[1]
    if room not in ROOMS:
        return [f"{room} is no room"]
    list_ = INCLUDE.findall(code_of(text, keep_strings=True))
    found = [one_problem(room, kind, name) for kind, name in list_]
    return [p for p in found + [order_problem(path, list_)] if p]


def main():
    rows = Rows("rooms")
    prove(rows, SAMPLES, check)
    for path in sources("src"):
        rows.add(path, "; ".join(check((path, text_of(path)))) or None)
    return rows.end()


sys.exit(main())
