#!/usr/bin/env python3
"""mutants: plants the bugs of mutants.txt one at a time, in a copy, and lets the simulator look for each.

A bug that is not found within a minute of CPU time is a failed row: then a predicate is missing. So
is one that no longer fits the text or does not compile.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SECONDS = 60
FOUND = re.compile(r"^FAILED seed (\d+): (\S+): ")


def pieces_of(block):
    """(file, old, new) for each piece of a bug."""
    pieces = []
    for line in block:
        if line.startswith("-"):
            pieces[-1][1].append(line[2:])
        elif line.startswith("+"):
            pieces[-1][2].append(line[2:])
        elif line.strip():
            pieces.append((line.strip(), [], []))
    return [(f, "\n".join(old), "\n".join(new)) for f, old, new in pieces]


def mutants(path):
    found, name = [], None
    for line in open(path, encoding="utf-8").read().split("\n"):
        if line.startswith("== "):
            name = line[3:]
            found.append((name, []))
        elif name:
            found[-1][1].append(line)
    return [(name, pieces_of(block)) for name, block in found]


def build(folder):
    return subprocess.run(["ninja", "-C", os.path.join(folder, "b"), "test/sim/sim"], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def copy_make(folder):
    for name in os.listdir(ROOT):
        path = os.path.join(ROOT, name)
        if name.startswith((".", "build")):
            continue
        if os.path.isdir(path):
            shutil.copytree(path, os.path.join(folder, name), ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, folder)
    subprocess.run(["meson", "setup", "-Dwerror=false", "--buildtype=release", "b"], cwd=folder,
        check=True, stdout=subprocess.DEVNULL)
    done = build(folder)
    if done.returncode:
        sys.exit(done.stdout)


def plant(folder, pieces):
    """What stood there before, by file; a str says why it could not be planted."""
    before = {}
    for name, old, new in pieces:
        path = os.path.join(folder, name)
        text = open(path, encoding="utf-8").read()
        before.setdefault(path, text)
        if text.count(old) != 1:
            return before, f"{name} has {text.count(old)} of {old.strip()[:50]!r}"
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(old, new))
    return before, ""


def fits(names):
    """Whether each can still be planted, and nothing more: that takes no time."""
    passed = failed = 0
    for name, pieces in names:
        text = {}
        wrong = ""
        for file, old, new in pieces:
            text[file] = text.get(file) or open(os.path.join(ROOT, file), encoding="utf-8").read()
            if text[file].count(old) != 1:
                wrong = f"{file} has {text[file].count(old)} of {old.strip()[:50]!r}"
                break
            text[file] = text[file].replace(old, new)
        passed, failed = passed + (not wrong), failed + bool(wrong)
        if wrong:
            print(f"  FAILED  {name}: {wrong}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def look(folder, store):
    """(caught, words)"""
    done = build(folder)
    if done.returncode:
        return False, "does not compile: " + "".join(re.findall(r"error: .*\n", done.stdout)[:1])
    run = subprocess.run([os.path.join(folder, "b/test/sim/sim"), "--store", store, "--seconds",
        str(SECONDS), "--seeds", "1000000"], cwd=folder, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=SECONDS * 10, check=False)
    found = [FOUND.match(line) for line in run.stdout.split("\n")]
    found = [m for m in found if m]
    if found:
        return True, f"seed {found[0][1]}, {found[0][2]}"
    if run.returncode < 0:
        return True, f"the program ends itself (signal {-run.returncode})"
    return False, "not found"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("names", nargs="*", help="only bugs with these words in their names")
    p.add_argument("--fit", action="store_true", help="only look whether they fit the text")
    options = p.parse_args()
    if options.fit:
        return fits(mutants(os.path.join(HERE, "mutants.txt")))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy_make(folder)
        for name, pieces in mutants(os.path.join(HERE, "mutants.txt")):
            if options.names and not any(word in name for word in options.names):
                continue
            before, wrong = plant(folder, pieces)
            store = "sqlite" if name.startswith("sqlite:") else "memory"
            caught, words = (False, wrong) if wrong else look(folder, store)
            for path, text in before.items():
                with open(path, "w", encoding="utf-8") as f:
                    f.write(text)
            passed, failed = passed + caught, failed + (not caught)
            print(f"  {'caught' if caught else 'FAILED'}  {name}: {words}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
