#!/usr/bin/env python3
"""embed: files below a folder to a C table {name, text}, with its count.

usage: embed.py OUTPUT HEADER STRUCT TABLE FOLDER FILE...
HEADER declares `const struct STRUCT TABLE[]` and `const size_t TABLE_count`. A file's name in the table
is its path below FOLDER.
"""
import os
import sys


def literal(line):
    """One line as a C string; octal escapes cannot swallow the digit behind them."""
    out = []
    for byte in line:
        c = chr(byte)
        if c == "\n":
            out.append("\\n")
        elif c in '"\\':
            out.append("\\" + c)
        elif 32 <= byte < 127 and c != "?":
            out.append(c)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def main(output, header, struct, table, folder, *paths):
    with open(output, "w", encoding="ascii") as out:
        out.write(f'#include "{header}"\n\nconst struct {struct} {table}[] = {{\n')
        for path in paths:
            with open(path, "rb") as file:
                lines = file.read().splitlines(keepends=True) or [b""]
            text = "\n        ".join(literal(line) for line in lines)
            name = os.path.relpath(path, folder)
            out.write(f'    {{S_INIT("{name}"),\n     S_INIT(\n        {text})}},\n')
        out.write(f"}};\n\nconst size_t {table}_count = COUNT({table});\n")


main(*sys.argv[1:])
