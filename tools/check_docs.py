#!/usr/bin/env python3
"""check_docs: every `grosz …` line in the documents' sh blocks is a command the program knows, with
flags it takes; every file that a document links to is there.

usage: check_docs.py PROGRAM
"""
import glob
import os
import re
import shlex
import subprocess
import sys

from house import ROOT, Rows, text_of

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")


def typed(text):
    """The words behind `grosz` of each line that calls it."""
    for block in BLOCK.findall(text):
        for line in block.split("\n"):
            words = shlex.split(line, comments=True)
            if words and os.path.basename(words[0]) == "grosz":
                yield line, words[1:]


def fault(program, words):
    """What the program says when asked whether it knows these words; "" when it does."""
    help_ = subprocess.run([program, *words, "--help"], capture_output=True, text=True)
    if help_.returncode:
        return help_.stderr
    flags = {w.split("=")[0] for w in words if w.startswith("-") and w not in ("-C", "--json")}
    usage = help_.stdout
    return "".join(f"no flag {f} in: {usage}" for f in flags if f not in usage)


def main(program):
    rows = Rows("docs")
    for path in sorted([os.path.join(ROOT, "README.md"), *glob.glob(os.path.join(ROOT, "doc/*.md"))]):
        name = os.path.relpath(path, ROOT)
        text = text_of(name)
        for line, words in typed(text):
            rows.add(f"{name}: {line}", fault(program, words))
        for link in LINK.findall(text):
            there = os.path.exists(os.path.join(os.path.dirname(path), link))
            rows.add(f"{name}: {link}", None if there else "is not there")
    for words in (["ordr", "list"], ["queue", "retry", "--anw", "x"]):
        rows.add(f"the check itself: {words}", None if fault(program, words) else "was let pass")
    return rows.end()


sys.exit(main(sys.argv[1]))
