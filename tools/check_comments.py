#!/usr/bin/env python3
"""check_comments: `//` is for notes that must not be committed (style 26)."""
import sys

from house import Rows, line_comments, prove, sources, text_of

SAMPLES = [
    ("a note", "int a; // later\n", "line 1"),
    ("a note behind a string", 'char *a = "x"; // later\n', "line 1"),
    ("an address in a string", 'char *a = "https://x";\n', None),
    ("an address in a comment", "/* https://x\n * https://y */\nint a;\n", None),
    ("a quote in a character", "char a = '\"'; // later\n", "line 1"),
]


def check(text):
    return [f"a // comment in line {n}" for n in line_comments(text)]


def main():
    rows = Rows("comments")
    prove(rows, SAMPLES, check)
    for path in sources("src", "test"):
        rows.add(path, "; ".join(check(text_of(path))) or None)
    return rows.end()


sys.exit(main())
