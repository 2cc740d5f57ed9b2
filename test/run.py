#!/usr/bin/env python3
"""run: runs every test there is and adds up their last lines (`N passed, N failed`); see script/test.

A program that ends without that line, that hangs, or whose exit code says something else than its
line, has failed and is named. This file proves that about itself first.
"""
import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TEST, CLEAN = os.path.join(ROOT, "build-test"), os.path.join(ROOT, "build")
PROGRAM = os.path.join(TEST, "src/app/grosz")
LINE = re.compile(r"^(\d+) passed, (\d+) failed$")
HANGS = 30 * 60
PYTHON = sys.executable


def path(*parts):
    return os.path.join(ROOT, *parts)


def python(script, *words):
    return [PYTHON, path(script), *words]


def checks():
    names = ["rooms", "sizes", "doors", "words", "comments", "data", "docs"]
    given = {"data": [CLEAN], "docs": [PROGRAM]}
    return [(f"check_{n}", python(f"tools/check_{n}.py", *given.get(n, []))) for n in names]


def rooms():
    """The room programs, as Meson knows them: with their folder and environment."""
    text = subprocess.run(["meson", "introspect", "--tests", TEST], capture_output=True, text=True,
        check=True).stdout
    return [(("" if "crash" in str(t["suite"]) else "room ") + t["name"], t["cmd"],
             t["workdir"] or TEST, t["env"]) for t in json.loads(text)]


KILLS = {"quick": "30", "normal": "300", "long": "3000"}
SIMULATED = {"quick": ("10", "10"), "normal": ("40", "50"), "long": ("1800", "1800")}  # CPU seconds
BESIDE = "sim_"  # so begin the parts that measure no time and touch no file: two at once, at the end


ACCEPTED = {"quick": ["--changes", "60", "--runs", "10"], "normal": [],
            "long": ["--changes", "3000", "--runs", "1000"]}


def slow(mode):
    """The real program: driven, and killed; and the flows in a simulated world."""
    parts = [
        ("bad", python("test/bad/bad.py", "--program", PROGRAM)),
        ("accepted", python("test/bad/accepted.py", "--program", PROGRAM, *ACCEPTED[mode])),
        ("manual", python("test/flow/manual.py", "--program", PROGRAM)),
        ("flows", python("test/flow/flows.py", "--program", PROGRAM)),
        ("browser", [path("test/browser/run"), "--program", PROGRAM]),
        ("kill", python("test/crash/kill.py", "--program", PROGRAM, "--kills", KILLS[mode])),
        ("kill_bugs", python("test/crash/kill.py", "--program", PROGRAM, "--bugs")),
    ]
    sim = [os.path.join(CLEAN, "test/sim/sim"), "--shop", path("test/sim/shop")]
    memory, sqlite = [["--seeds", "1000000", "--seconds", s] for s in SIMULATED[mode]]
    return parts + [
        ("mutants", python("test/sim/mutants.py", "--fit")),
        ("sim_memory", [*sim, *memory]),
        ("sim_sqlite", [*sim, "--store", "sqlite", *sqlite]),
        ("sim_exhaust", [*sim, "--exhaust", "2" if mode == "quick" else "3", "--narrow"]),
        ("sim_exhaust_wide", [*sim, "--exhaust", "1" if mode == "quick" else "2"]),
    ]


# ---- running one ----

def run(command, folder=ROOT, env=None, limit=HANGS, said=None):
    """(passed, failed, words): what a program said of itself, and what we say of it."""
    whole = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1",
             "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1", **(env or {})}
    process = subprocess.Popen(command, cwd=folder, env=whole, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    late = threading.Timer(limit, process.kill)
    late.start()
    last = ""
    for line in process.stdout:
        line = line.rstrip("\n")
        if line.strip():
            last = line
        if LINE.match(line):
            continue
        if said is None:
            print(f"  {line}", flush=True)
        else:
            said.append(f"  {line}")
    process.wait()
    hung = not late.is_alive()
    late.cancel()
    found = LINE.match(last)
    if not found:
        return 0, 1, "it hung and was ended" if hung else f"it died ({process.returncode}): {last}"
    passed, failed = int(found[1]), int(found[2])
    if (process.returncode != 0) != (failed > 0):
        return passed, failed + 1, f"its exit code is {process.returncode}, its line says {last!r}"
    if passed + failed == 0:
        return 0, 1, "it tested nothing"
    return passed, failed, ""


PROOFS = [  # what a program does, and what must be made of it
    ("print('3 passed, 0 failed')", (3, 0)),
    ("print('2 passed, 1 failed'); exit(1)", (2, 1)),
    ("print('3 passed, 0 failed'); exit(1)", (3, 1)),
    ("print('3 passed, 1 failed')", (3, 2)),
    ("print('3 passed, 0 failed'); import os; os.abort()", (3, 1)),
    ("print('row'); import os; os.kill(os.getpid(), 11)", (0, 1)),
    ("print('0 passed, 0 failed')", (0, 1)),
    ("print('3 passed, 0 failed\\nSegmentation fault')", (0, 1)),
    ("import time; time.sleep(60)", (0, 1)),
]


def prove():
    passed, failed = 0, 0
    for code, want in PROOFS:
        got = run([PYTHON, "-u", "-c", code], limit=2 if "sleep" in code else HANGS, said=[])[:2]
        if got != want:
            print(f"  FAILED run: {code}: got {got}, want {want}")
        passed, failed = passed + (got == want), failed + (got != want)
    return passed, failed, ""


def part(name, *call, said=None):
    """(passed, failed, the line that says so)"""
    started = time.monotonic()
    good, bad, words = prove() if call[0] is None else run(*call, said=said)
    took = time.monotonic() - started
    return good, bad, f"{name}: {good} passed, {bad} failed, {took:.1f} s" + (
        f": {words}" if words else "")


def results(parts):
    """One part after the other; those of the simulator, which need a processor and nothing else,
    two at once."""
    for p in parts:
        if not p[0].startswith(BESIDE):
            good, bad, line = part(*p)
            print(line, flush=True)
            yield good, bad
    beside = [(p, []) for p in parts if p[0].startswith(BESIDE)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for (good, bad, line), (_, said) in zip(
                pool.map(lambda b: part(*b[0], said=b[1]), beside), beside):
            print("\n".join([*said, line]), flush=True)
            yield good, bad


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--quick", dest="mode", action="store_const", const="quick", default="normal")
    p.add_argument("--long", dest="mode", action="store_const", const="long")
    p.add_argument("names", nargs="*", help="only parts with these words in their names")
    options = p.parse_args()
    parts = [("run", None)] + checks() + rooms() + slow(options.mode)
    parts = [p for p in parts if not options.names or any(word in p[0] for word in options.names)]
    passed = failed = 0
    for good, bad in results(parts):
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
