#!/usr/bin/env python3
"""check_sizes: files, functions, parameters, nesting, columns (style 1)."""
import re
import sys

from house import Rows, code_of, prove, sources, text_of

LINES, FUNCTION, PARAMETERS, NESTING, COLUMNS = 500, 60, 5, 3, 100
WORD = re.compile(r"[A-Za-z_]\w*|\n|[^\s\w]|\d\w*")
LOOPS = {"for", "while", "switch"}
NO_CALL = {"return", "sizeof", "_Static_assert"}


class Tokens:
    """The code as words with their lines; preprocessor lines are left out."""

    def __init__(self, text):
        code = code_lines_joined(code_of(text))
        self.words, self.lines, line = [], [], 1
        for m in WORD.finditer(code):
            if m.group() == "\n":
                line += 1
                continue
            self.words.append(m.group())
            self.lines.append(line)

    def __len__(self):
        return len(self.words)

    def at(self, i):
        return self.words[i] if i < len(self.words) else ""

    def close(self, i):
        """Behind the bracket that closes the one at i."""
        pairs = {"(": ")", "{": "}", "[": "]"}
        depth, opens, closes = 0, self.words[i], pairs[self.words[i]]
        while i < len(self.words):
            depth += {opens: 1, closes: -1}.get(self.words[i], 0)
            i += 1
            if depth == 0:
                return i
        return i


def code_lines_joined(code):
    """A continued preprocessor line is blanked as one; the number of lines stays."""
    lines, joined, inside = code.split("\n"), [], False
    for line in lines:
        starts = inside or line.lstrip().startswith("#")
        inside = starts and line.endswith("\\")
        joined.append("" if starts else line)
    return "\n".join(joined)


def statement(t, i, level):
    """Reads one statement at i; gives the word behind it and the deepest level inside it."""
    word = t.at(i)
    if word == "{":
        return block(t, i, level)
    if word == "if":
        i, deep = statement(t, t.close(i + 1), level + 1)
        if t.at(i) != "else":
            return i, deep
        if t.at(i + 1) == "if":
            i, other = statement(t, i + 1, level)
        else:
            i, other = statement(t, i + 1, level + 1)
        return i, max(deep, other)
    if word in LOOPS:
        return statement(t, t.close(i + 1), level + 1)
    if word == "do":
        i, deep = statement(t, i + 1, level + 1)
        return simple(t, i), deep
    if word in ("case", "default"):
        while t.at(i) != ":" and i < len(t):
            i += 1
        return i + 1, level
    if re.match(r"[A-Za-z_]", word) and t.at(i + 1) == "(" and word not in NO_CALL:
        behind = t.close(i + 1)
        if t.at(behind) == "{":
            return statement(t, behind, level + 1)
    return simple(t, i), level


def block(t, i, level):
    deepest, i = level, i + 1
    while i < len(t) and t.at(i) != "}":
        inner = level + 1 if t.at(i) == "{" else level
        i, deep = statement(t, i, inner)
        deepest = max(deepest, deep)
    return i + 1, deepest


def simple(t, i):
    while i < len(t) and t.at(i) != ";":
        i = t.close(i) if t.at(i) in "({[" else i + 1
    return i + 1


def parameters(t, i):
    """Of the list that opens at i. The arena in front and `out` behind are how this house calls: they
    are not counted. A function that answers libmicrohttpd or GnuTLS has the list that these prescribe."""
    end, count, k = t.close(i) - 1, 1, i + 1
    count -= t.words[i + 1:i + 6] == ["struct", "arena", "*", "mem", ","]
    count -= t.words[end - 1] == "out"
    if t.words[max(0, i - 2)] == "MHD_Result" or t.words[i + 1:i + 2] == ["gnutls_session_t"]:
        return 0
    while k < end:
        if t.at(k) in "({[":
            k = t.close(k)
            continue
        count += t.at(k) == ","
        k += 1
    return 0 if end == i + 1 or t.words[i + 1:end] == ["void"] else count


def functions(text):
    """Yields (name, first line, last line, parameters, nesting)."""
    t, i, start, params, name = Tokens(text), 0, 0, None, ""
    while i < len(t):
        word = t.at(i)
        if word == "(":
            if params is None:
                name, params = t.at(i - 1), parameters(t, i)
            i = t.close(i)
            if t.at(i) == "{" and "=" not in t.words[start:i]:
                behind, deep = block(t, i, 0)
                yield name, t.lines[start], t.lines[behind - 1], params, deep
                i, start, params = behind, behind, None
            continue
        if word in "{[":
            i = t.close(i)
            continue
        i += 1
        if word == ";":
            start, params = i, None


def check(text):
    lines = text.split("\n")
    found = []
    if len(lines) - 1 > LINES:
        found.append(f"{len(lines) - 1} lines, at most {LINES}")
    for n, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            found.append(f"line {n} has {len(line)} columns, at most {COLUMNS}")
    for name, first, last, params, deep in functions(text):
        for what, value, most in (("lines", last - first + 1, FUNCTION),
                                  ("parameters", params, PARAMETERS), ("levels", deep, NESTING)):
            if value > most:
                found.append(f"{name} (line {first}) has {value} {what}, at most {most}")
    return found


DEEP = "int f(int a)\n{\n  if (a)\n    for (;;)\n      while (a)\n        if (a)\n          a--;\n}\n"
SAMPLES = [
    ("a long file", "int a;\n" * 501, "501 lines"),
    ("a wide line", "int a; /* " + "x" * 100 + " */\n", "columns"),
    ("a wide line of letters beyond ASCII", "/* " + "ż" * 90 + " */\n", None),
    ("a long function", "int f(void)\n{\n" + "a();\n" * 60 + "}\n", "63 lines"),
    ("six parameters", "static int f(int a, int b, int c, int d, int e, int g) { return a; }\n",
        "6 parameters"),
    ("a function as a parameter", "int f(int (*g)(int, int), int a, int b, int c, int d)\n{\n}\n", None),
    ("four levels", DEEP, "4 levels"),
    ("a switch in a loop in an if", "int f(int a)\n{\n  if (a)\n    for (;;)\n      switch (a) {\n"
        "      case 1: return 2;\n      }\n}\n", None),
    ("else if is no level", "int f(int a)\n{\n" + "  if (a) {\n  } else" * 6 + " {\n  }\n}\n", None),
    ("a loop by macro", "int f(int a)\n{\n  each(a) {\n    each(a) {\n      each(a) {\n"
        "        if (a)\n          a--;\n      }\n    }\n  }\n}\n", "4 levels"),
    ("values in braces", "int f(int a)\n{\n  if (a)\n    return (struct x){.a = {1, {2, {3}}}}.b;\n"
        "  g((struct y){1});\n  struct z z = {{{0}}};\n}\n", None),
    ("a table of functions is none", "static const struct x y[] = {\n  {S(\"a\"), {f}},\n" + "  {0},\n" * 90
        + "};\n", None),
    ("a macro is none", "#define A(x) \\\n  do { \\\n" + "    b(); \\\n" * 70 + "  } while (0)\nint a;\n", None),
]


def main():
    rows = Rows("sizes")
    prove(rows, SAMPLES, check)
    for path in sources("src", "test"):
        rows.add(path, "; ".join(check(text_of(path))) or None)
    return rows.end()


if __name__ == "__main__":
    sys.exit(main())
