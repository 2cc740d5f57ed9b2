"""house: what the checks of the house share: finding files, reading C, counting rows.

A check is a list of rows (name, problem or None). Each check proves itself first: it is run over bad
samples and must find the mistake that stands in each, over a good one and must find none.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Rows:
    """Prints the bad rows by name, counts all, ends with `N passed, N failed`."""

    def __init__(self, name):
        self.name, self.passed, self.failed = name, 0, 0

    def add(self, row, problem):
        if problem:
            self.failed += 1
            print(f"FAILED {self.name}: {row}: {problem}")
        else:
            self.passed += 1

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


def sources(*folders, ends=(".c", ".h")):
    """Paths of our C files, relative to the root, sorted."""
    found = []
    for folder in folders:
        for where, _, names in os.walk(os.path.join(ROOT, folder)):
            found += [os.path.join(where, n) for n in names if n.endswith(ends)]
    return sorted(os.path.relpath(p, ROOT) for p in found)


def text_of(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


TOKEN = re.compile(
    r"""(?P<block>/\*.*?\*/)|(?P<line>//[^\n]*)|(?P<text>"(?:\\.|[^"\\\n])*")"""
    r"""|(?P<char>'(?:\\.|[^'\\\n])*')""",
    re.S,
)


def code_of(text, keep_strings=False):
    """The code without comments (and without what stands in strings); lines stay where they are."""

    def blank(m):
        if m.lastgroup in ("text", "char"):
            return m.group() if keep_strings else m.group()[0] + m.group()[-1]
        return re.sub(r"[^\n]", " ", m.group())

    return TOKEN.sub(blank, text)


def line_comments(text):
    """Line numbers of `//` comments; those in strings and in /* */ are none."""
    return [
        text.count("\n", 0, m.start()) + 1
        for m in TOKEN.finditer(text)
        if m.lastgroup == "line"
    ]


def prove(rows, samples, check):
    """samples: (name, text, word that the problem must hold, or None for a good one)."""
    for name, text, word in samples:
        problems = [p for p in check(text) if p]
        if word is None:
            rows.add(f"itself: {name}", "; ".join(problems) or None)
        else:
            found = any(word in p for p in problems)
            rows.add(f"itself: {name}", None if found else f"does not find it: {problems}")


def need(path):
    if not os.path.exists(path):
        sys.exit(f"{path} is not there: build first (script/test does)")
    return path
