"""watched: what the shop notices by itself as time goes by: /healthz, and the letters to the owner."""
import http.server
import os
import re
import shlex
import sqlite3
import threading

from buying import buy, demo
from doctor import look
from driver import Clock, SmallDisk, step_of, tpay_note, wait_for
from notes import MERCHANT, CODE, live_shop, place, send
from seen import metrics, parse

HOUR = 3600


def owners(shop, words):
    return [m for m in shop.letters() if m["to"] == "jan@example.com" and words in m["subject"]]


def commands_run(rows, shop, letter, name, mends=""):
    """Every command that a letter names is one, and finds what it is about."""
    found = [line.strip() for line in letter["text"].splitlines() if line.strip().startswith("grosz ")]
    rows.add(f"{name}: it names commands", found, letter["text"])
    if mends:
        line = next((w for w in found if mends in w), "grosz help")
        done = shop.cli_run(*shlex.split(line)[1:])
        rows.add(f"{name}: what mends it does: {line}", mends in line and done.returncode == 0, done.stderr)
    for line in (w for w in found if w.split()[-1] == "doctor" or w.split()[2] in ("show", "list")):
        done = shop.cli_run(*shlex.split(line)[1:])
        rows.add(f"{name}: {line}", done.returncode in (0, 3), (done.returncode, done.stderr))


def sweep(shop, clock, seconds=61):
    """Time passes, and the sweep has been after that."""
    clock.pass_by(seconds)
    return wait_for(lambda: parse(metrics(shop)[2])[("grosz_looked_seconds", "")] < 60)


def silence(rows, program, folder):
    shop = live_shop(program, folder)
    clock = Clock(shop)
    shop.start()
    for _ in range(9):
        place(shop)
    clock.pass_by(4 * HOUR)
    _, ref, _, _ = place(shop)
    sweep(shop, clock)
    rows.same("nine orders without a word are chance", owners(shop, "tpay is silent"), [])
    clock.pass_by(4 * HOUR)
    wait_for(lambda: owners(shop, "tpay is silent"))
    told = owners(shop, "tpay is silent")
    rows.same("of ten the owner is told", len(told), 1)
    lines = told[0]["text"].splitlines()
    rows.add("with the address that the gateway must know", "  https://shop.example.com/api/payment/tpay" in lines, lines)
    rows.add("and the command", "  grosz doctor" in lines, lines)
    commands_run(rows, shop, told[0], "silence")
    code, seen, _ = look(shop)
    rows.add("doctor says the same", code == 3 and seen["gateway"]["state"] == "fail"
             and "https://shop.example.com/api/payment/tpay" in seen["gateway"]["mend"], seen)
    place(shop)
    clock.pass_by(4 * HOUR)
    shop.stop()
    shop.start()
    place(shop)
    send(shop, tpay_note(MERCHANT, CODE, ref, "499.00", "000001"))
    rows.add("a note comes: doctor is content", wait_for(lambda: sweep(shop, clock) and look(shop)[1]["gateway"]["state"] == "ok"), look(shop)[1])
    rows.same("told once, over a restart too", len(owners(shop, "tpay is silent")), 1)
    for _ in range(10):
        place(shop)
    clock.pass_by(4 * HOUR)
    wait_for(lambda: len(owners(shop, "tpay is silent")) > 1)
    rows.same("silent again: told again", len(owners(shop, "tpay is silent")), 2)
    shop.stop()


# ---- /healthz ----

def health(shop):
    """What /healthz says, and which causes /metrics names for it."""
    answer = shop.browser.ask("GET", "/healthz", timeout=60)
    values = parse(metrics(shop)[2])
    return answer.status, answer.text, {labels.split('"')[1] for (name, labels), v in values.items()
                                        if name == "grosz_ill" and v}


GREEN = (200, "green\n", set())


def worker(rows, program, folder):
    """Somebody else holds the database: no lease is answered."""
    shop = demo(program, folder)
    clock = Clock(shop)
    shop.start()
    rows.same("all is well", health(shop), GREEN)
    with sqlite3.connect(shop.path("var", "shop.db"), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        clock.pass_by(100)
        rows.same("a worker without a word for less than two minutes", health(shop), GREEN)
        clock.pass_by(30)
        wait_for(lambda: health(shop)[0] == 503, 10)
        rows.same("for more than two minutes", health(shop), (503, "red\n", {"worker"}))
        other.execute("ROLLBACK")
    other.close()
    wait_for(lambda: health(shop) == GREEN)
    rows.same("it works again", health(shop), GREEN)
    shop.stop()


def overdue(rows, program, folder):
    partner = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Partner)
    threading.Thread(target=partner.serve_forever, daemon=True).start()
    shop = demo(program, folder)
    shop.write("shop.yml", re.sub(r"steps:.*\n(  .*\n)*", "steps:\n  - {id: later, do: http, with: {url: "
        f"\"http://127.0.0.1:{partner.server_port}/later\", allow_private: true, class: opaque, body: {{a: b}}}}}}\n",
        shop.read("shop.yml")))
    clock = Clock(shop)
    shop.start()
    order, _, _ = buy(shop)
    shop.wait_order(order, lambda o: step_of(o, "later").get("attempts"))
    sweep(shop, clock)
    rows.same("paid a minute ago, not delivered", health(shop), GREEN)
    sweep(shop, clock, 245)
    rows.same("paid five minutes ago, not delivered", health(shop), (503, "red\n", {"not_delivered"}))
    Partner.later = 200
    wait_for(lambda: (clock.pass_by(600), shop.order(order)["state"] == "fulfilled")[1])
    sweep(shop, clock)
    rows.same("delivered at last", health(shop), GREEN)
    shop.stop()
    partner.shutdown()
    Partner.later = 503


def disk(rows, program, folder):
    shop = demo(program, folder)
    with SmallDisk(shop.path("var"), 100) as small:
        if not small:
            print("watched: skipped, mounting is not permitted here: a disk that is nearly full")
            return
        clock = Clock(shop)
        shop.start()
        sweep(shop, clock)
        rows.same("a disk with room", health(shop), GREEN)
        small.fill(50 << 20)
        sweep(shop, clock)
        rows.same("nearly full", health(shop), (503, "red\n", {"disk"}))
        small.clear()
        sweep(shop, clock)
        rows.same("room again", health(shop), GREEN)
        shop.stop()


# ---- the letters to the owner ----

class Partner(http.server.BaseHTTPRequestHandler):
    """/refused says no, /drop hangs up without an answer, /later is busy."""

    later = 503

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/drop":
            self.send_response({"/refused": 422, "/later": self.later}[self.path])
            self.send_header("Content-Length", "0")
            self.end_headers()
        self.close_connection = True

    def log_message(self, *words):
        pass


def steps(rows, program, folder):
    """Poison, hold, and what hangs: each letter's command mends it."""
    partner = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Partner)
    threading.Thread(target=partner.serve_forever, daemon=True).start()
    shop = demo(program, folder)
    owed = "".join(f"  - {{id: {name}, do: http, with: {{url: \"http://127.0.0.1:{partner.server_port}/{name}\", "
                   f"allow_private: true, class: opaque, body: {{a: b}}}}}}\n" for name in ("refused", "drop", "later"))
    shop.write("shop.yml", re.sub(r"steps:.*\n(  .*\n)*", lambda _: "steps:\n" + owed, shop.read("shop.yml")))
    clock = Clock(shop)
    shop.start()
    order, _, _ = buy(shop)
    for name, words, mends in [("poison", "Needs you: refused of", "queue retry --anew"),
                               ("hold", "Needs you: drop of", "queue done"),
                               ("undelivered", "Paid, not delivered", "queue done")]:
        if name == "undelivered":
            sweep(shop, clock, 901)
        told = wait_for(lambda: owners(shop, words)) or []
        rows.same(f"{name}: the owner is told once", len(told), 1)
        commands_run(rows, shop, told[0], name, mends)
    o = shop.wait_order(order, lambda o: step_of(o, "drop")["state"] == "done")
    rows.add("what was done by hand is done, what was made anew was refused anew",
             step_of(o, "drop")["state"] == "done" and step_of(o, "later")["state"] == "done", o)
    shop.stop()
    partner.shutdown()


def run(rows, program, folder):
    for part in (worker, overdue, disk):
        part(rows, program, os.path.join(folder, part.__name__))
    steps(rows, program, os.path.join(folder, "steps"))
    silence(rows, program, os.path.join(folder, "silence"))
