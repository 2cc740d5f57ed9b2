#!/usr/bin/env python3
"""accepted: what `grosz check` accepts works. The files of a good shop are changed by seeded dice; what
check still accepts is run, and a buyer sees every page, buys every product, pays and gets what is owed.
A page that fails, an order that cannot be placed, a step that is refused or a line of error in the log is a
mistake that check should have named.

usage: accepted.py --program build-test/src/app/grosz [--changes N] [--runs N] [--seed N]
"""
import argparse
import http.server
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "flow"))
from buying import press  # noqa: E402
from driver import Forms, Rows, Shop  # noqa: E402

FILES = ["shop.yml", "_data/products.yml", "pages/terms.md", "academy/course/01-one.md",
         "theme/message.html", "theme/mail/sold.en.txt"]
SCRAPS = ["~", "[]", "{}", "0", "-1", "''", '""', "true", "no", "12:30", "é", "Ż" * 300, "a" * 3000, "{{buyer.name}}",
          "{{product.list}}", "{{list.x}}", "{{", "}}", "${NOBODY}", "$${x}", "'", '"', "<b>", "&amp;", "javascript:x",
          "/terms/", "/p/course/", "../..", "\\", "%00", "\t", "- x", "x: y", "# x", "|", ">", "1e9", "EUR", "JPY",
          "99999999.99 PLN", "0.01 PLN", "zw", "100", "[a, b]", "{a: {b: c}}", "http://x", "mailto:a@b.pl"]


class Anything(http.server.BaseHTTPRequestHandler):
    """A partner that takes whatever comes."""

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.dumps({"id": "1", "link": "https://example.com/x"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST

    def log_message(self, *_):
        pass


def base(folder, port):
    """The good shop, with what it needs to sell here."""
    shutil.copytree(os.path.join(HERE, "shop"), folder)
    path = os.path.join(folder, "shop.yml")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    text = text.replace('{use: tpay, merchant: "12345", code: "${TPAY_CODE}"}', "{use: test}")
    text = text.replace('base: "https://api.kit.example"', f'base: "http://127.0.0.1:{port}", allow_private: true')
    text = text.replace("limits: {orders_per_address: 30, orders_per_email: 10}\n",
                        "limits: {orders_per_address: 0, orders_per_email: 0}\n")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    root = os.path.join(HERE, "..", "..", "theme")
    for name in ("message.html", "mail/sold.en.txt"):
        os.makedirs(os.path.dirname(os.path.join(folder, "theme", name)), exist_ok=True)
        shutil.copy(os.path.join(root, name), os.path.join(folder, "theme", name))


# ---- the changes ----

def change(dice, text):
    """One slip of the pen."""
    lines = text.split("\n")
    n = dice.randrange(len(lines))
    line = lines[n]
    kind = dice.randrange(9)
    if kind == 0:
        del lines[n]
    elif kind == 1:
        lines.insert(n, line)
    elif kind == 2 and ":" in line:
        lines[n] = line[:line.index(":") + 1] + " " + dice.choice(SCRAPS)
    elif kind == 3:
        at = dice.randrange(len(line) + 1)
        lines[n] = line[:at] + dice.choice(SCRAPS) + line[at:]
    elif kind == 4 and line:
        at = dice.randrange(len(line))
        lines[n] = line[:at] + line[at + 1:]
    elif kind == 5 and line:
        at = dice.randrange(len(line))
        lines[n] = line[:at] + chr(dice.randrange(32, 127)) + line[at + 1:]
    elif kind == 6:
        m = dice.randrange(len(lines))
        lines[n], lines[m] = lines[m], lines[n]
    elif kind == 7:
        lines[n] = "  " + line
    else:
        words = line.split(" ")
        words[dice.randrange(len(words))] = dice.choice(SCRAPS)
        lines[n] = " ".join(words)
    return "\n".join(lines)


def changed(dice, shop):
    name = dice.choice(FILES[:2] * 3 + FILES)
    text = shop.read(name)
    new = text
    for _ in range(dice.choice((1, 1, 1, 2))):
        new = change(dice, new)
    shop.write(name, new)
    return name, "" if new == text else new


# ---- a buyer ----

def pages(shop):
    """Every page that links lead to from the first one."""
    seen, ahead = set(), ["/", "/404.html"]
    while ahead:
        path = ahead.pop()
        if path in seen:
            continue
        seen.add(path)
        page = shop.browser.get(path)
        if page.status not in (200, 404 if path == "/404.html" else 200):
            raise AssertionError(f"{path}: {page.status}")
        for piece in page.text.split('href="')[1:]:
            link = piece.split('"')[0].split("#")[0].split("?")[0]
            if link.startswith(f"http://127.0.0.1:{shop.port}/"):
                link = "/" + link.split("/", 3)[3]
            if link.startswith("/") and not link.startswith("//"):
                ahead.append(link)
    return seen


def buy(shop, path):
    """From the form to what is owed; the names of the fields are the page's own."""
    page = shop.browser.get(path)
    form = Forms(page.text).form("/api/order")
    fields = {**form["fields"], "email": "anna@example.com", "name": "Anna Żółw", "country": "PL"}
    fields.update({name: value for name, value, _ in form["boxes"] if name.startswith("consent_")})
    made = shop.browser.post_json("/api/order", fields)
    if made.status != 201:
        raise AssertionError(f"{path}: {made.status} {made.text[:500]}")
    press(shop, made.json["link"], "pay")
    end = time.monotonic() + 60
    while True:
        o = shop.order(made.json["id"])
        bad = [(s["id"], s["state"], s["error"]) for s in o["steps"] if s["state"] in ("poison", "hold")]
        if bad or o["state"] == "fulfilled" or time.monotonic() > end:
            break
        time.sleep(0.1)
    if bad or o["state"] != "fulfilled":
        raise AssertionError(f"{path}: {o['state']} {bad or [(s['id'], s['state'], s['error']) for s in o['steps']]}")
    seen = shop.browser.get(made.json["page"].split(f":{shop.port}", 1)[1])
    if seen.status != 200:
        raise AssertionError(f"the buyer's page: {seen.status}")


def runs(shop):
    """What goes wrong, in words; "" when nothing does."""
    try:
        shop.start("serve")
        seen = pages(shop)
        for path in sorted(p for p in seen if p.startswith("/buy/")):
            buy(shop, path)
        errors = [line for line in shop.log_text().split("\n") if "error" in line.split(" ")[:3]]
        return f"the log says: {errors[:3]}" if errors else ""
    except (AssertionError, RuntimeError, OSError, ValueError, KeyError, IndexError) as e:
        return f"{type(e).__name__}: {e}\n{shop.log_end()[-800:]}"
    finally:
        if shop.process and shop.stop() != 0:
            return f"it did not end well:\n{shop.log_end()[-800:]}"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--program", required=True)
    p.add_argument("--changes", type=int, default=250)
    p.add_argument("--runs", type=int, default=25)
    p.add_argument("--seed", type=int, default=20261127)
    o = p.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Anything)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rows, dice, ran, refused = Rows("accepted"), random.Random(o.seed), 0, 0
    with tempfile.TemporaryDirectory() as top:
        for n in range(-1, o.changes):
            folder = os.path.join(top, f"shop{n}")
            base(folder, server.server_port)
            shop = Shop(o.program, folder, env={"KIT_KEY": "a-key"})
            name, new = changed(dice, shop) if n >= 0 else ("as it is", "-")
            done = shop.cli_run("check")
            rows.add(f"{n}: check ends in order", done.returncode in (0, 1, 4) and "runtime error" not in done.stderr,
                     f"{done.returncode} {done.stderr[-2000:]}\n{new}")
            accepted = new and done.returncode == 0
            refused += not accepted
            if accepted and ran < o.runs:
                ran += 1
                fault = runs(shop)
                rows.add(f"{n}: {name}: accepted, and it works", not fault, f"{fault}\n{new}")
            shutil.rmtree(folder)
    rows.add("both happened, often", ran >= o.runs // 2 and refused >= o.changes // 10, (ran, refused))
    print(f"  {o.changes} changes, {refused} refused, {ran} run")
    return rows.end()


if __name__ == "__main__":
    sys.exit(main())
