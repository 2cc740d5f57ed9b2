#!/usr/bin/env python3
"""bad: files with mistakes, and what `grosz check` says of each.

A case is test/bad/NAME.bad: its first line says what is wrong, then come changes to a copy of the good
shop in test/bad/shop, then every line that check must print, in order, and nothing else:

    @replace FILE       the lines that follow, which must be there, become those behind @with
    @file FILE          the lines that follow are the file
    @hex FILE           the same, in hex digits
    @remove FILE  @folder PATH  @link PATH TARGET  @fifo PATH  @big FILE MEGABYTES
    @unset NAME         the environment does not have it
    @expect             what is said; `check` ends with 1 when a mistake is among it, with 0 when none
    @setup              in its place: no shop can be read, it says this on stderr and ends with 4

usage: bad.py --program build-test/src/app/grosz [--write] [WORD...]

--write puts what is said now behind @expect; read it before you keep it.
"""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "flow"))
from driver import Rows  # noqa: E402

ENV = {"TPAY_CODE": "a-code", "KIT_KEY": "a-key"}


def parse(text):
    """The title and a list of (directive, words, lines)."""
    title, *lines = text.split("\n")
    parts = []
    for line in lines:
        if line.startswith("@"):
            name, _, rest = line[1:].partition(" ")
            words = rest.rsplit(" ", 1) if name in ("link", "big") else [rest]
            parts.append((name, words, []))
        elif parts:
            parts[-1][2].append(line)
    return title, parts


def body(lines):
    return "\n".join(lines[:-1] if lines and not lines[-1] else lines)


class Shop:
    def __init__(self, folder):
        self.folder, self.env = folder, dict(ENV)
        shutil.copytree(os.path.join(HERE, "shop"), folder)

    def at(self, path):
        whole = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        return whole

    def remove(self, path):
        whole = self.at(path)
        if os.path.isdir(whole) and not os.path.islink(whole):
            shutil.rmtree(whole)
        elif os.path.lexists(whole):
            os.remove(whole)

    def write(self, path, data):
        self.remove(path)
        with open(self.at(path), "wb") as f:
            f.write(data)

    def replace(self, path, old, new):
        with open(self.at(path), encoding="utf-8") as f:
            text = f.read()
        if text.count(old) != 1:
            raise ValueError(f"{old!r} is {text.count(old)} times in {path}")
        self.write(path, text.replace(old, new).encode())

    def change(self, parts):
        for i, (name, words, lines) in enumerate(parts):
            text = body(lines)
            if name == "replace":
                with_ = parts[i + 1]
                assert with_[0] == "with", "@replace without @with"
                self.replace(words[0], text, body(with_[2]))
            elif name == "file":
                self.write(words[0], (text + "\n").encode())
            elif name == "hex":
                self.write(words[0], bytes.fromhex(text))
            elif name == "remove":
                self.remove(words[0])
            elif name == "folder":
                self.remove(words[0])
                os.makedirs(self.at(words[0]))
            elif name == "link":
                self.remove(words[0])
                os.symlink(words[1], self.at(words[0]))
            elif name == "fifo":
                self.remove(words[0])
                os.mkfifo(self.at(words[0]))
            elif name == "big":
                self.write(words[0], b"")
                os.truncate(self.at(words[0]), int(words[1]) << 20)
            elif name == "unset":
                del self.env[words[0]]
            elif name not in ("with", "expect", "setup"):
                raise ValueError(f"no such directive: @{name}")


def said(program, shop):
    env = {k: v for k, v in os.environ.items() if k not in ENV}
    done = subprocess.run([program, "check", "-C", shop.folder], env={**env, **shop.env}, timeout=120,
                          capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr.replace(shop.folder, "FOLDER")


def run(program, path, folder, write):
    """What is wrong with the case, "" when it is as it should be."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    _, parts = parse(text)
    shop = Shop(folder)
    shop.change(parts)
    code, out, err = said(program, shop)
    shutil.rmtree(folder)
    if write:
        with open(path, "w", encoding="utf-8") as f:
            f.write(re.split("@expect|@setup", text)[0] + ("@expect\n" + out if code < 4 else "@setup\n" + err))
        return ""
    setup = next((body(lines) for name, _, lines in parts if name == "setup"), None)
    if setup is not None:
        return "" if (code, err.rstrip("\n")) == (4, setup) else f"exit code {code}, said {err}"
    want = next(body(lines) for name, _, lines in parts if name == "expect")
    wrong = any(not re.match(r"[^ ]*: (advice|note): ", line) for line in want.split("\n") if line)
    if out.rstrip("\n") != want.rstrip("\n"):
        return f"said\n{out}{err}wanted\n{want}"
    if code != (1 if wrong else 0):
        return f"exit code {code}: {err}"
    return "" if want.strip() else "nothing is expected: that is no case"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--program", required=True)
    p.add_argument("--write", action="store_true")
    p.add_argument("names", nargs="*")
    o = p.parse_args()
    os.umask(0o077)  # a key is nobody else's
    rows = Rows("bad")
    with tempfile.TemporaryDirectory() as top:
        good = Shop(os.path.join(top, "good"))
        rows.same("the good shop", said(o.program, good)[:2], (0, ""))
        for path in sorted(glob.glob(os.path.join(HERE, "*.bad"))):
            name = os.path.basename(path)[:-4]
            if o.names and not any(word in name for word in o.names):
                continue
            fault = run(o.program, path, os.path.join(top, name), o.write)
            rows.add(name, not fault, fault)
    return rows.end()


if __name__ == "__main__":
    sys.exit(main())
