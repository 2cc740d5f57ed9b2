#!/usr/bin/env python3
"""bench: measures Grosz and its peers in turn and compares the ratios with the budgets; started by
script/bench. A figure is the median of its runs; a peer that cannot be had is `not measured`."""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

import idle
import page
from pages import Pages
from peers import Cluster, Peers
from shops import (HERE, Grosz, NotMeasured, free_port, machine, number, sale_works, starts,
    wrk)

ROOT = os.path.dirname(os.path.dirname(HERE))
CONNECTIONS = (1, 16, 64, 256, 512)
BATCHES = {1: 12000, 8: 50000, 64: 100000, 512: 100000}  # rows: two or three seconds each
LIVE_PRODUCTS = (20, 2000)
BUYERS = (8, 64)  # as many as Vendure is given, and as many connections as elsewhere
ORDERS, NOTES = os.path.join(HERE, "orders.lua"), os.path.join(HERE, "notes.lua")
NOTES_A_SECOND = 90000  # so many lie ready for each second of a run


class Plan:
    def __init__(self, quick):
        self.rounds, self.seconds = (1, 1) if quick else (3, 3)
        self.starts = 5 if quick else 30
        self.edits = 5 if quick else 20
        self.steps_orders = 1500 if quick else 5000
        self.kept = 100000 if quick else 1000000
        self.grown = 20000 if quick else 100000
        self.shrink = 4 if quick else 1  # rows of SQLite's own limit
        self.worlds = 1000 if quick else 5000


class Figures:
    """name -> the runs, or why there are none."""

    def __init__(self):
        self.runs, self.missing = {}, {}

    def add(self, name, value):
        self.runs.setdefault(name, []).append(value)

    def take(self, name, act):
        """Adds what act() gives: a number, or a load's {rate, p50, p99}; says so on stdout."""
        try:
            got = act()
        except NotMeasured as e:
            if name not in self.missing:
                print(f"  {name}: not measured: {e}", flush=True)
            self.missing[name] = str(e)
            return
        if isinstance(got, dict):
            for key, value in got.items():
                self.add(name if key == "rate" else f"{name} {key}", value)
            got = got["rate"]
        else:
            self.add(name, got)
        print(f"  {name}: {page.shown(got)}", flush=True)


class Bench:
    def __init__(self, options):
        self.plan, self.figures = Plan(options.quick), Figures()
        self.folder = os.path.join(ROOT, "build-bench", "run")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.grosz = Grosz(os.path.abspath(options.build), self.folder)
        self.peers = Peers(os.path.abspath(options.peers), os.path.join(ROOT, "build-bench/peers"))
        # In memory where there is such a place: the disk would be measured, and both use it alike.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else self.folder
        self.pages_folder = tempfile.mkdtemp(prefix="grosz-bench-", dir=memory)
        self.pages = Pages(self.grosz.program, os.path.abspath(options.peers), self.pages_folder)

    # ---- single loads ----

    def orders_load(self, server, connections):
        return wrk(ORDERS, server.port, connections, self.plan.seconds)

    def notes_load(self, server, notes):
        return wrk(NOTES, server.port, 64, self.plan.seconds, NOTES=notes)

    def notes_ready(self):
        return NOTES_A_SECOND * self.plan.seconds

    # ---- parts ----

    def orders(self):
        f = self.figures
        for n in range(self.plan.rounds):
            with self.grosz.server(self.grosz.fresh("orders")) as s:
                f.add("resident idle", s.resident())
                wrk(ORDERS, s.port, 64, 1)
                for c in CONNECTIONS:
                    got, most = s.watch(lambda c=c: self.orders_load(s, c))
                    f.take(f"orders {c}", lambda got=got: got)
                    f.add(f"resident {c}", most)
            self.node_orders()
            for batch, rows in BATCHES.items():
                f.take(f"sqlite {batch}", lambda b=batch, r=rows: self.peers.limit(
                    self.folder, b, r // self.plan.shrink))

    def node_orders(self):
        f = self.figures
        try:
            with self.peers.order_server(self.folder) as s:
                f.add("node resident idle", s.resident())
                self.peers.order_load(s.port, 64, 1)
                for c in CONNECTIONS:
                    got, most = s.watch(
                        lambda c=c: self.peers.order_load(s.port, c, self.plan.seconds))
                    f.take(f"node {c}", lambda got=got: got)
                    f.add(f"node resident {c}", most)
        except NotMeasured as e:
            f.missing.update({f"node {c}": str(e) for c in CONNECTIONS})
            print(f"  node: not measured: {e}", flush=True)

    def notes(self):
        for n in range(self.plan.rounds):
            shop, notes = self.grosz.fresh("notes"), os.path.join(self.folder, "notes.txt")
            self.grosz.fill(shop, self.notes_ready(), self.notes_ready(), notes)
            with self.grosz.server(shop) as s:
                self.figures.take("notes", lambda: self.notes_load(s, notes))
            self.figures.take("beanstalkd", lambda: self.peers.puts(self.folder))

    def whole(self):
        for n in range(self.plan.rounds):
            for buyers in BUYERS:
                with self.grosz.server(self.grosz.fresh("whole")) as s:
                    self.figures.take(f"whole {buyers}", lambda: number(r": ([\d.]+) orders/s",
                        self.grosz.tool("buyers", s.port, buyers, self.plan.seconds)))
        try:
            rates, resident = self.peers.vendure(self.plan.rounds)
            for rate in rates:
                self.figures.take("vendure", lambda rate=rate: rate)
            self.figures.add("vendure resident", resident)
        except NotMeasured as e:
            self.figures.missing["vendure"] = str(e)
            print(f"  vendure: not measured: {e}", flush=True)

    def steps_of(self, shop):
        return number(r": (\d+) steps/s", self.grosz.tool("steps", shop, self.plan.steps_orders))

    def steps(self):
        f = self.figures
        try:
            cluster = Cluster()
            cluster.__enter__()
        except NotMeasured as e:
            cluster = None
            f.missing.update({"graphile-worker": str(e), "pg-boss": str(e)})
            print(f"  PostgreSQL: not measured: {e}", flush=True)
        try:
            for n in range(self.plan.rounds):
                f.take("steps", lambda: self.steps_of(self.grosz.fresh("steps", "steps.yml")))
                for peer in ("graphile-worker", "pg-boss") if cluster else ():
                    f.take(peer, lambda peer=peer: self.peers.queue(peer + ".mjs", cluster))
        finally:
            if cluster:
                cluster.__exit__()

    def starts_of(self, shop):
        port = free_port()
        return starts(self.grosz.words(shop, port), port, b"/api/order", self.plan.starts)

    def start(self):
        f, port = self.figures, free_port()
        f.runs["start"] = self.starts_of(self.grosz.fresh("start"))
        print(f"  start: {page.shown(page.median(f.runs['start']))}", flush=True)
        try:
            f.runs["node start"] = starts(self.peers.order_words(), port, b"/", self.plan.starts,
                self.peers.order_env(self.folder, port), self.folder)
            print(f"  node start: {page.shown(page.median(f.runs['node start']))}", flush=True)
        except NotMeasured as e:
            f.missing["node start"] = str(e)

    def idle(self):
        f, count = self.figures, idle.room()
        for n in range(self.plan.rounds):
            with self.grosz.server(self.grosz.fresh("idle")) as s:
                try:
                    alone = idle.honest(s.port)
                    each, load = idle.beside(s, count)
                except (NotMeasured, OSError) as e:
                    f.missing["idle KB"] = str(e)
                    print(f"  idle: not measured: {e}", flush=True)
                    continue
                f.take("idle KB", lambda: each)
                f.take("honest 0", lambda: alone)
                f.take(f"honest {count}", lambda: load)
            shop = self.grosz.fresh("idle-tls")
            context = idle.certify(shop)
            with self.grosz.server(shop) as s:
                f.take("idle KB, TLS", lambda: idle.tls_each(s, context))

    # ---- pages ----

    def built(self, name, act):
        took, most = act()
        self.figures.add(f"{name} memory", most)
        return took * 1e3

    def build(self):
        f = self.figures
        try:
            site, shop = self.pages.catalogue(2000)
            for n in range(max(3, self.plan.rounds)):
                f.take("build", lambda: self.built("build", lambda: self.pages.grosz(shop)))
                f.take("hugo", lambda: self.built("hugo", lambda: self.pages.hugo(site)))
        except NotMeasured as e:
            f.missing["hugo"] = str(e)
            print(f"  hugo: not measured: {e}", flush=True)
        sizes = (2000, self.plan.grown)
        for n, shops in enumerate([[self.pages.grown(size) for size in sizes]] * self.plan.rounds):
            for size, shop in zip(sizes, shops):
                name = "few" if size == 2000 else "many"
                f.take(f"build {name}, ms a thousand", lambda size=size, shop=shop, name=name:
                    self.built(f"build {name}", lambda: self.pages.grosz(shop)) * 1e3 / size)

    # ---- an edit beside a browser ----

    def live(self):
        f = self.figures
        for products in LIVE_PRODUCTS:
            try:
                for kind, runs in self.pages.live(products, self.plan.edits).items():
                    name = f"live {kind}, {products:,} products"
                    f.runs.setdefault(name, []).extend(runs)
                    print(f"  {name}: {page.shown(page.median(runs))}", flush=True)
            except NotMeasured as e:
                f.missing[f"live, {products:,} products"] = str(e)
                print(f"  live, {products:,} products: not measured: {e}", flush=True)

    # ---- the simulator ----

    def sim(self):
        """In processor time, so others on the machine are less in the way. As script/soak runs it."""
        simulator = subprocess.run([os.path.join(ROOT, "script/simulator")], check=True, text=True,
            stdout=subprocess.PIPE).stdout.strip()
        for store, seeds in (("memory", self.plan.worlds), ("sqlite", self.plan.worlds // 5)):
            for n in range(self.plan.rounds):
                words = [simulator, "--shop", os.path.join(ROOT, "test/sim/shop"), "--store", store,
                         "--seeds", str(seeds)]
                said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
                for what in ("orders", "faults"):
                    self.figures.take(f"simulated {what}, {store}",
                        lambda what=what: number(rf"(\d+) {what}(?: and .*)? per CPU-minute", said))

    # ---- the same with a million orders kept ----

    def beside(self, name, kept, prefix):
        """All of ours in one shop that keeps so many orders; prefix: `empty` or `kept`."""
        f, notes = self.figures, os.path.join(self.folder, "kept.txt")
        shop = self.grosz.fresh(name)
        self.grosz.fill(shop, max(kept, self.notes_ready()), self.notes_ready(), notes)
        f.runs.setdefault(f"{prefix} start", []).extend(self.starts_of(shop))
        self.grosz.shop(name, "steps.yml")
        f.take(f"{prefix} steps", lambda: self.steps_of(shop))
        self.grosz.shop(name)
        with self.grosz.server(shop) as s:
            f.add(f"{prefix} resident idle", s.resident())
            wrk(ORDERS, s.port, 64, 1)
            got, most = s.watch(lambda: self.orders_load(s, 64))
            f.take(f"{prefix} orders", lambda: got)
            f.add(f"{prefix} resident 64", most)
            f.take(f"{prefix} notes", lambda: self.notes_load(s, notes))
        shutil.rmtree(shop)

    def full(self):
        for n in range(self.plan.rounds):
            self.beside("few", 0, "empty")
            self.beside("many", self.plan.kept, "kept")


PARTS = ("orders", "notes", "whole", "steps", "start", "idle", "full", "build", "live", "sim")


def options():
    p = argparse.ArgumentParser(prog="script/bench")
    p.add_argument("parts", nargs="*", metavar="PART", help=" ".join(PARTS))
    p.add_argument("--quick", action="store_true", help="short runs, one of each; writes nothing")
    p.add_argument("--peers", default=os.path.join(ROOT, "..", "shared", "peers"))
    p.add_argument("--build", default="build", help=argparse.SUPPRESS)
    o = p.parse_args()
    odd = [part for part in o.parts if part not in PARTS]
    if odd:
        p.error(f"there is no part {odd[0]}: {' '.join(PARTS)}")
    return o


def main():
    o = options()
    bench, began = Bench(o), time.monotonic()
    where = machine()
    sale_works(bench.grosz)
    for part in o.parts or PARTS:
        print(f"{part}:", flush=True)
        getattr(bench, part)()
    shutil.rmtree(bench.folder, ignore_errors=True)
    shutil.rmtree(bench.pages_folder, ignore_errors=True)
    text = page.written(bench.figures, bench.plan, where)
    if o.quick or o.parts:
        print(text)
    else:
        with open(os.path.join(ROOT, "doc/bench.md"), "w", encoding="utf-8") as f:
            f.write(text)
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)


main()
