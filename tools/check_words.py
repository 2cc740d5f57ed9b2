#!/usr/bin/env python3
"""check_words: words that do not stand in our C: goto, malloc outside the arena, #if in a .c file."""
import re
import sys

from house import Rows, code_of, prove, sources, text_of

QUIET = re.compile(r"src/(base|http|shop|page|partner)/")
RULES = [
    (r"\bgoto\b", lambda path: True, "goto: memory belongs to arenas, leaving early is safe"),
    (r"\b(malloc|calloc|realloc|free|strdup|strndup|asprintf)\s*\(",
        lambda path: QUIET.match(path) and path != "src/base/arena.c",
        "allocation outside base/arena.c"),
    (r"^[ \t]*#[ \t]*(if|ifdef|ifndef)\b", lambda path: path.endswith(".c"),
        "#if in a .c file: optional parts are files that Meson links or leaves out"),
]
SAMPLES = [
    ("goto", ("src/app/a.c", "goto out;"), "goto"),
    ("malloc", ("src/shop/a.c", "p = malloc(3);"), "allocation"),
    ("free in base", ("src/base/str.c", "free(p);"), "allocation"),
    ("#ifdef", ("src/io/a.c", "int a;\n#ifdef X\n#endif\n"), "#if"),
    ("the arena itself", ("src/base/arena.c", "p = malloc(3);"), None),
    ("a guard of a header", ("src/base/str.h", "#ifndef A\n#endif\n"), None),
    ("words in comments", ("src/shop/a.c", "/* free( goto */"), None),
    ("names that end so", ("src/shop/a.c", "arena_free(m);"), None),
]


def check(sample):
    path, text = sample
    code = code_of(text)
    found = []
    for pattern, where, words in RULES:
        if where(path):
            found += [
                f"line {code.count(chr(10), 0, m.start()) + 1}: {words}"
                for m in re.finditer(pattern, code, re.M)
            ]
    return found


def main():
    rows = Rows("words")
    prove(rows, SAMPLES, check)
    for path in sources("src"):
        rows.add(path, "; ".join(check((path, text_of(path)))) or None)
    return rows.end()


sys.exit(main())
