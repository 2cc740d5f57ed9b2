#!/usr/bin/env python3
"""flows: the real program, driven from the outside. Each check is a row.

    usage: flows.py --program build-test/src/app/grosz [--keep] [PART…]
"""
import argparse
import os
import shutil
import sys
import tempfile
import traceback

import asking
import backup
import building
import buying
import canary
import commands
import doctor
import first_shop
import full
import live
import mailing
import notes
import partners
import proxies
import reload
import seen
import serving
import stand
import tls
import starting
import watched
import wire
from driver import ROOT, Rows, end_all

PARTS = {module.__name__: module for module in (
    asking, backup, building, buying, canary, commands, doctor, first_shop, full, live, mailing, notes,
    partners, proxies, reload, seen, serving, stand, starting, tls, watched, wire)}


def sanitizers(rows, folder):
    """What ASan or UBSan said in the log of any process."""
    for where, _, names in os.walk(folder):
        for name in (n for n in names if n.endswith(".log")):
            with open(os.path.join(where, name), encoding="utf-8", errors="replace") as f:
                said = [line for line in f if "Sanitizer" in line or "runtime error" in line
                        or "Assertion" in line]
            rows.add(f"nothing broken in {name}", not said, said[:3])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--program", default=os.path.join(ROOT, "build-test/src/app/grosz"))
    p.add_argument("--keep", action="store_true", help="keep the folders, and say where")
    p.add_argument("parts", nargs="*", choices=[*PARTS, []])
    options = p.parse_args()
    rows = Rows("flows")
    folder = tempfile.mkdtemp(prefix="grosz-flows-")
    for name in options.parts or PARTS:
        rows.name = name
        os.makedirs(os.path.join(folder, name))
        before = rows.passed, rows.failed
        try:
            PARTS[name].run(rows, options.program, os.path.join(folder, name))
        except Exception:  # a part that cannot go on is one failed row; the others are still run
            rows.add("goes on to its end", False, traceback.format_exc()[-3000:])
        finally:
            end_all()
        sanitizers(rows, os.path.join(folder, name))
        print(f"{name}: {rows.passed - before[0]} passed, {rows.failed - before[1]} failed", flush=True)
    if options.keep:
        print(f"kept: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return rows.end()


if __name__ == "__main__":
    sys.exit(main())
