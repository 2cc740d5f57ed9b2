#!/usr/bin/env python3
"""kill: the real program under load, killed with -9 again and again at random, restarted at once.

Four processes: the program; the stand-in partners, which misbehave and count their effects; this
driver, which writes every acknowledgement down with fsync before it goes on; and in the end the
checker, which compares. With --bugs the program is started with a planted bug, and the same checker
must find it: a crash test that cannot fail proves nothing.

    usage: kill.py --program build-test/src/app/grosz [--kills 300] [--seed N] [--keep]
           kill.py --program … --bugs
"""
import argparse
import calendar
import http.client
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "flow"))
sys.path.insert(0, HERE)

import partners as lab
from checker import Checker
from driver import ROOT, Rows, Shop, StandIn, end_all, tpay_note, wait_for

MERCHANT, CODE = "12345", "Kod4Bezpieczny"
BUYERS = 6
PLACES_PER_S = 16  # for each buyer, at most: room for the partners, who are slower than the program
PRODUCTS = {"light": ("[]", 5), "askable": ("[askable]", 2), "keyed": ("[keyed]", 2),
            "natural": ("[natural]", 1), "opaque": ("[opaque]", 1), "both": ("[askable, follower]", 1),
            "all": ("[askable, keyed, natural, opaque]", 1)}
FAULTS = {"slow": 4, "refuse": 1, "busy": 2, "limit": 1, "fail": 2, "fail_after": 2, "drop": 3,
          "half": 2, "garbage": 1, "cut_json": 1, "hang": 1, "late": 1}


class Acks:
    """What was acknowledged, each durable in our own file before the driver goes on."""

    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.lock = threading.Lock()
        self.placed, self.told, self.sent = [], [], []

    def keep(self, rows, row):
        with self.lock:
            os.write(self.file, json.dumps(row).encode() + b"\n")
            os.fsync(self.file)
            rows.append(row)


def make_shop(program, folder, partners, bug):
    shop = Shop(program, folder, env={"TPAY_CODE": CODE}, bug=bug)
    shop.make()
    text = shop.read("shop.yml").split("\nsteps:")[0]
    text = re.sub(r"gateways:\n(?:  .*\n)+",
                  f'gateways:\n  tpay: {{use: tpay, merchant: "{MERCHANT}", code: "${{TPAY_CODE}}"}}\n', text)
    text = text.replace("mode: test ", "mode: live ").replace(
        "url: http://127.0.0.1:8080", f"url: http://127.0.0.1:{shop.port}")
    shop.write("shop.yml", text + "\nlimits: {orders_per_address: 0, orders_per_email: 0}\n"
               + lab.STEPS % {"base": partners.base, "shut": 1})
    shop.write("_data/products.yml", "".join(
        lab.PRODUCT.replace("[%(steps)s]", "%(steps)s") % {"id": i, "steps": s}
        for i, (s, _) in PRODUCTS.items()))
    return shop


class Buyer(threading.Thread):
    """Places, pays, and goes on whatever happens; the gateway's side tells again until it is heard."""

    def __init__(self, shop, acks, seed, stop):
        super().__init__(daemon=True)
        self.shop, self.acks, self.stop = shop, acks, stop
        self.dice, self.number, self.seed = random.Random(seed), 0, seed
        self.waiting, self.errors = [], []

    def run(self):
        try:
            while not self.stop.is_set():
                started = time.monotonic()
                self.place()
                self.tell(3)
                time.sleep(max(0, 1 / PLACES_PER_S - (time.monotonic() - started)))
        except Exception as e:
            self.errors.append(repr(e))
            raise

    def ask(self, method, path, body, kind):
        """An answer, or None when the line broke: then nobody knows."""
        try:
            return self.shop.browser.ask(method, path, body, {"Content-Type": kind,
                "Accept": "application/json"}, timeout=20)
        except (OSError, http.client.HTTPException):
            time.sleep(0.01)
            return None

    def place(self):
        self.number += 1
        who = f"buyer-{self.seed}-{self.number}"
        names = list(PRODUCTS)
        product = self.dice.choices(names, [PRODUCTS[n][1] for n in names])[0]
        fields = {"product": product, "email": f"{who}@example.com", "name": who, "country": "PL",
                  "consent_terms": "on", "consent_start": "on"}
        keyed = self.dice.random() < 0.5
        if keyed:
            fields["key"] = f"key-{who}"
        answer = self.ask("POST", "/api/order", json.dumps(fields).encode(), "application/json")
        if answer is None and keyed:
            # With a key the buyer may press again: the same order, or a new one if none was kept.
            answer = self.ask("POST", "/api/order", json.dumps(fields).encode(), "application/json")
        if answer is None or answer.status in (500, 503):
            return
        if answer.status != 201:
            raise AssertionError(answer)
        made = answer.json
        link = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(made["link"]).query))
        self.acks.keep(self.acks.placed, {"id": made["id"], "email": fields["email"], "name": who,
            "product": product, "link": made["link"], "total": link["amount"]})
        self.plan_notes(made["id"], link)

    def plan_notes(self, order, link):
        """What the gateway will tell: mostly one payment; sometimes none, two, pending, or a wrong one."""
        def note(counts=True, **other):
            self.number += 1
            tr = f"TR-{self.seed}-{self.number}"
            body = tpay_note(MERCHANT, CODE, link["crc"], other.pop("amount", link["amount"]), "0",
                             **{"tr_id": tr, **other})
            self.waiting.append({"order": order, "tr_id": tr, "body": body.decode(), "counts": counts,
                                 "again": self.dice.random() < 0.15})
        kind = self.dice.random()
        if kind < 0.08:
            return
        if kind < 0.12:
            note(False, amount="1.00")
            return
        if kind < 0.16:
            note(False, tr_status="PAID")
        note()
        if kind > 0.96:
            note()
        self.dice.shuffle(self.waiting)

    def tell(self, most):
        for n in list(self.waiting[:most]):
            with self.acks.lock:
                self.acks.sent.append(n)
            answer = self.ask("POST", "/api/payment/tpay", n["body"].encode(),
                              "application/x-www-form-urlencoded")
            if answer is None or answer.raw != b"TRUE":
                continue
            self.acks.keep(self.acks.told, {k: n[k] for k in ("order", "tr_id", "body", "counts")})
            if n["again"]:
                n["again"] = False  # a duplicate, a little later
            else:
                self.waiting.remove(n)


# ---- one run ----

class Run:
    def __init__(self, program, folder, seed, bug=None):
        self.dice = random.Random(seed)
        self.partners = StandIn(folder)
        self.shop = make_shop(program, os.path.join(folder, "shop"), self.partners, bug)
        self.acks = Acks(os.path.join(folder, "acks.log"))
        self.stop = threading.Event()
        self.buyers = [Buyer(self.shop, self.acks, f"{seed}-{n}", self.stop) for n in range(BUYERS)]
        self.kills, self.early = 0, 0

    def begin(self):
        self.partners.plan(seed=self.dice.randrange(1 << 30), rate=0.25, ask_rate=0.1, faults=FAULTS,
                           hang_ms=2500, late_ms=200, slow_ms=[5, 200])
        # Its list lags longer than `settle`: asked once, it does not know yet; the second time it does.
        self.partners.knob(askable__lag_ms=1100)
        self.shop.start()
        for b in self.buyers:
            b.start()

    def kill(self):
        """Any time from the first instruction of a start to a second and a half of work."""
        wait = self.dice.choice([self.dice.uniform(0.0, 0.15), self.dice.uniform(0.1, 0.6),
                                 self.dice.uniform(0.3, 1.5)])
        time.sleep(wait)
        p = self.shop.process
        if p.poll() is not None:
            raise RuntimeError(f"the program ended by itself ({p.returncode}):\n{self.shop.log_end()}")
        p.send_signal(signal.SIGKILL)
        p.wait()
        self.kills += 1
        self.shop.launch()

    def is_loaded(self, kills):
        """Enough was under way to be hit; a slow machine comes to that with more kills."""
        counts = self.partners.counts()
        return (len(self.acks.placed) > 5 * kills and counts["effects"] > kills
                and sum(counts["faults"].get(f, 0) for f in FAULTS) > kills)

    def settle(self, most=240):
        """The world turns kind: no new orders, partners answer, the gateway tells until it is heard."""
        self.stop.set()
        for b in self.buyers:
            b.join(60)
        self.partners.kind()
        wait_for(self.shop.is_up, every=0.05)
        wait_for(lambda: not sum(self.tell_rest(b) for b in self.buyers), every=0.05)
        quiet = wait_for(lambda: not self.open_jobs(), most=most, every=0.5)
        if not quiet and most > 60:
            # What failed often is looked at again after up to an hour: wait as long as it says.
            due = max((j["due"] for j in self.open_jobs()), default="")
            end = calendar.timegm(time.strptime(due[:19], "%Y-%m-%dT%H:%M:%S")) if due else 0
            quiet = wait_for(lambda: not self.open_jobs(), most=max(0, end - time.time()) + 60, every=2)
        return quiet

    @staticmethod
    def tell_rest(b):
        b.tell(len(b.waiting))
        return len(b.waiting)

    def open_jobs(self):
        return [j for j in self.shop.queue() if j["state"] in ("ready", "sending", "unknown")
                and not j["job"].endswith("/0/late")]

    def verdicts(self):
        self.shop.stop()
        checker = Checker(self.shop, self.acks, self.partners)
        return checker.verdicts(), checker


def crash_run(rows, program, folder, kills, seed):
    run = Run(program, folder, seed)
    started = time.monotonic()
    run.begin()
    while run.kills < kills or (not run.is_loaded(kills) and run.kills < 5 * kills):
        run.kill()
    loaded = time.monotonic() - started
    quiet = run.settle()
    rows.add("everything comes to an end", quiet, run.open_jobs()[:5])
    verdicts, checker = run.verdicts()
    for name, broken in verdicts.items():
        rows.add(name, not broken, f"{len(broken)}: {broken[:4]}")
    errors = [e for b in run.buyers for e in b.errors]
    rows.add("every buyer could go on", not errors, errors[:3])
    counts = run.partners.counts()
    said = [line for line in run.shop.log_text().splitlines()
            if "Sanitizer" in line or "runtime error" in line or "Assertion" in line]
    rows.add("nothing broken in the program's own log", not said, said[:3])
    rows.add("the load was a load", run.is_loaded(kills), counts)
    states = {}
    for o in checker.kept.orders.values():
        word = "fulfilled" if o.get("fulfilled_at") else "paid" if o.get("paid_at") else "placed"
        states[word] = states.get(word, 0) + 1
    crashed = sum(bool(s.get("crashed_at")) for o in checker.kept.orders.values()
                  for s in o.get("steps", []))
    rows.add("and crashes hit steps while they were sent", crashed > kills / 10, crashed)
    print(f"seed {seed}: {run.kills} kills in {loaded:.0f} s, quiet after {time.monotonic() - started:.0f} s; "
          f"{len(run.acks.placed)} orders ({len(run.acks.placed) / loaded:.0f}/s) and {len(run.acks.told)} "
          f"notes acknowledged, {counts['requests']} requests and {counts['effects']} effects at partners, "
          f"{crashed} steps crashed while sending; orders: {states}", flush=True)


# ---- the runs that must fail ----

BUGS = [  # the planted bug, and the predicates of which one must be broken
    ("early-ack", ["S1 acknowledged orders are there", "S2 acknowledged notes are there",
                   "S5 paid once, every transaction once"]),
    ("key-per-attempt", ["S6 no effect twice", "S9 one key, one body for every attempt",
                         "one Message-ID for each letter"]),
]


def bug_run(rows, program, folder, bug, seed):
    """In rounds, until the checker finds it; every round begins a shop of its own."""
    name, predicates = bug
    for round_ in range(8):
        where = os.path.join(folder, f"{name}-{round_}")
        os.makedirs(where)
        run = Run(program, where, seed + round_, name)
        run.begin()
        while run.kills < 15:
            run.kill()
        run.settle(15)  # what is lost does not come back by waiting
        verdicts, _ = run.verdicts()
        run.partners.stop()
        broken = {p: b for p, b in verdicts.items() if b}
        if set(broken) & set(predicates):
            first = {p: b[0] for p, b in broken.items()}
            print(f"{name}: found after {15 * (round_ + 1)} kills: {first}")
            rows.add(f"the bug {name} is found", True)
            return
    rows.add(f"the bug {name} is found", False, "8 rounds of 15 kills found nothing")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--program", default=os.path.join(ROOT, "build-test/src/app/grosz"))
    p.add_argument("--kills", type=int, default=300)
    p.add_argument("--seed", type=int, default=int(time.time()))
    p.add_argument("--bugs", action="store_true")
    p.add_argument("--keep", action="store_true", help="keep the folder, and say where")
    options = p.parse_args()
    rows = Rows("kill")
    folder = tempfile.mkdtemp(prefix="grosz-kill-")
    print(f"seed {options.seed}", flush=True)
    try:
        if options.bugs:
            for bug in BUGS:
                bug_run(rows, options.program, folder, bug, options.seed)
        else:
            crash_run(rows, options.program, folder, options.kills, options.seed)
    finally:
        end_all()
        if options.keep or rows.failed:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return rows.end()


if __name__ == "__main__":
    sys.exit(main())
