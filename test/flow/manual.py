#!/usr/bin/env python3
"""manual: the man page and the completions hold the whole command table, and the programs that read
them have nothing to complain of.

usage: manual.py --program build-test/src/app/grosz
"""
import argparse
import os
import subprocess
import sys
import tempfile

from buying import buy, demo
from driver import Rows

COMPLETED = [  # what is typed, what must be offered, what must not
    (["grosz", "or"], {"order"}, {"queue"}),
    (["grosz", ""], {"order", "queue", "run", "check", "help"}, {"list"}),
    (["grosz", "queue", ""], {"list", "retry", "drop"}, {"order"}),
    (["grosz", "order", "list", "--"], {"--state", "--limit", "--json"}, {"--evidence"}),
    (["grosz", "queue", "done", "--e"], {"--evidence"}, {"--reason"}),
    (["grosz", "-C", "DIR", "queue", "dr"], {"drop"}, {"done"}),
    (["grosz", "-C", "DIR", "order", "show", ""], {"ORDER"}, {"show"}),
]


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=60, **more)


def form(program, name):
    done = run(program, "help", "--as", name)
    assert done.returncode == 0, done
    return done.stdout


def names_of(program):
    """Every command with its flags, from `grosz help COMMAND`."""
    listed = run(program, "help").stdout.split("Commands:\n")[1].split("\n\n")[0]
    for line in listed.splitlines():
        words = line.split("  ")
        name = next(w for w in words if w).strip()
        usage = run(program, "help", *name.split()).stdout
        usage = usage.split("Usage:")[1].replace("|", " ").replace("]", " ").replace("[", " ")
        yield name, {w for w in usage.split() if w.startswith("--")}


def complete(script, words, path):
    """What bash would offer."""
    ask = (f'source "{script}"; COMP_WORDS=({" ".join(repr(w) for w in words)}); '
           'COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _grosz; printf "%s\\n" "${COMPREPLY[@]}"')
    done = run("bash", "-c", ask, env={**os.environ, "PATH": path})
    return set(done.stdout.split()), done.stderr


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--program", required=True)
    program = os.path.abspath(p.parse_args().program)
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
    rows = Rows("manual")
    with tempfile.TemporaryDirectory() as top:
        files = {}
        for name in ("man", "bash", "zsh", "fish"):
            files[name] = os.path.join(top, f"grosz.{name}")
            with open(files[name], "w", encoding="utf-8") as f:
                f.write(form(program, name))
        lint = run("groff", "-man", "-ww", "-Tutf8", "-z", files["man"])
        rows.same("groff has no warning", (lint.returncode, lint.stderr), (0, ""))
        page = run("groff", "-man", "-Tascii", "-P-c", "-P-b", "-P-u", "-rLL=400n", files["man"]).stdout
        for shell in ("bash", "zsh", "fish"):
            done = run(shell, "-n", files[shell])
            rows.same(f"{shell} reads it", (done.returncode, done.stderr), (0, ""))
        texts = {n: form(program, n) for n in ("bash", "fish")}
        for name, flags in names_of(program):
            rows.add(f"man: {name}", name in page and all(f in page for f in flags), flags)
            for shell, text in texts.items():
                want = [f if shell == "bash" else f"-l {f[2:]}" for f in flags]
                rows.add(f"{shell}: {name}", all(w in text for w in [*name.split(), *want]), want)
        rows.add("the examples keep their quotes", '"purchase 55 stands in Kit"' in page, page[-3000:])
        shop = demo(program, os.path.join(top, "shop")).start()
        order, _, _ = buy(shop)
        shop.wait_state(order)
        path = os.path.dirname(program) + ":" + os.environ["PATH"]
        for words, wanted, unwanted in COMPLETED:
            typed = [shop.folder if w == "DIR" else w for w in words]
            offered, said = complete(files["bash"], typed, path)
            wanted = {order if w == "ORDER" else w for w in wanted}
            rows.add(f"bash offers for {words}", wanted <= offered and not unwanted & offered and not said,
                     f"{offered} {said}")
        shop.stop()
        wrong = run(program, "help", "--as", "mna")
        rows.add("a form that is none", wrong.returncode == 2 and "did you mean `man`" in wrong.stderr, wrong)
    return rows.end()


if __name__ == "__main__":
    sys.exit(main())
