#!/usr/bin/env python3
"""standin: partners that behave like the real ones, and misbehave as the real ones do.

One process, a thread per connection, nothing but Python's own library. Partners, by the first part
of the path:

    /askable/things      takes our reference, can be searched by it (paged, newest first, may lag)
    /opaque/things       does it and forgets how: no key, no search
    /keyed/things        honours Idempotency-Key
    /natural/things/REF  PUT: doing it twice is the same as once
    /academy/…           invitations to a course, askable by order (academy.py)
    /kit/v4/…            a mailing tool (kit.py, after reference/connectors.md A)

An **effect** is what a buyer would notice. It is appended to a log, with fsync, BEFORE the partner
misbehaves, so that no effect is ever forgotten, whatever happens to the answer. What came over the
wire is kept too: the same act must always come with the same bytes and the same key.

A **plan** says how often and how a request goes wrong (FAULTS); it is drawn per request from seeded
dice. It is read and written on a second port, the control port, where nothing ever misbehaves:

    GET /plan   POST /plan {"rate": 0.3, "faults": {"drop": 3, "slow": 1}, "seed": 7, …}
    POST /script {"partner": "academy", "faults": ["drop", "ok"], "match": "anna@"}
        the next requests with that text in their body, one by one
    POST /knob {"kit.lag_ms": 200}
    GET /effects  [{"partner", "act", "ref", "n"}]      GET /wire  [{…, "digests", "keys", "times"}]
    GET /counts   {"requests", "effects", "faults": {…}}

    usage: standin.py --log FILE [--port N]      prints {"port": N, "control": M} and serves
"""
import argparse
import json
import select
import socket
import struct
import threading
import time

from academy import Academy
from kit import Kit
from things import Things
from world import FAULTS, PLAN, Refusal, Request, World

HTML = b"<!doctype html><html><body><h1>Something went wrong</h1></body></html>"

# ---- the line ----

class Gone(Exception):
    """The line is cut."""


WORDS = {200: "OK", 201: "Created", 202: "Accepted", 400: "Bad Request", 401: "Unauthorized",
         403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict",
         422: "Unprocessable Content", 429: "Too Many Requests", 500: "Internal Server Error",
         503: "Service Unavailable"}


def read_request(file):
    line = file.readline(16384).decode("latin-1").split()
    if len(line) != 3:
        return None
    headers = {}
    while True:
        row = file.readline(16384)
        if row in (b"\r\n", b"\n", b""):
            break
        name, _, value = row.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    size = int(headers.get("content-length", 0))
    body = file.read(size) if size else b""
    if len(body) != size:
        return None
    return Request(line[0], line[1], headers, body)


def answer_bytes(status, body, kind="application/json", extra=""):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = (f"HTTP/1.1 {status} {WORDS.get(status, 'OK')}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(raw)}\r\n{extra}\r\n")
    return head.encode(), raw


def wait_gone(connection, most):
    """Until the caller hangs up, at most so many seconds."""
    end = time.time() + most
    while time.time() < end:
        ready, _, _ = select.select([connection], [], [], min(0.05, most))
        if not ready:
            continue
        try:
            if not connection.recv(1, socket.MSG_PEEK):
                return
        except OSError:
            return
        time.sleep(0.01)


class Line:
    """One connection of a caller, from its first request to its end."""

    def __init__(self, house, connection):
        self.house, self.world, self.connection = house, house.world, connection

    def run(self):
        try:
            self.connection.settimeout(60)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            file = self.connection.makefile("rb")
            while True:
                request = read_request(file)
                if request is None:
                    return
                self.one(request)
        except (OSError, ValueError, Gone):
            pass
        finally:
            self.connection.close()

    def do(self, request):
        """The partner's own answer, effect done."""
        try:
            status, body = self.house.partner(request)
            return answer_bytes(status, body)
        except Refusal as no:
            return answer_bytes(no.status, no.body, no.kind)

    def one(self, request):
        fault = self.world.choose(request)
        getattr(self, f"go_{fault}")(request)

    def send(self, head, raw):
        self.connection.sendall(head + raw)

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def go_ok(self, request):
        self.send(*self.do(request))

    def go_slow(self, request):
        answer = self.do(request)
        time.sleep(self.world.between("slow_ms"))
        self.send(*answer)

    def go_refuse(self, request):
        self.world.down_until = time.time() + self.world.between("down_ms")
        self.reset()

    def go_busy(self, request):
        extra = f"Retry-After: {self.world.plan['retry_after']}\r\n"
        self.send(*answer_bytes(503, HTML, "text/html", extra))

    def go_limit(self, request):
        self.send(*answer_bytes(429, b"Retry later", "text/plain"))

    def go_fail(self, request):
        self.send(*answer_bytes(500, HTML, "text/html"))

    def go_fail_after(self, request):
        self.do(request)
        self.send(*answer_bytes(500, HTML, "text/html"))

    def go_drop(self, request):
        self.do(request)
        self.reset()

    def go_half(self, request):
        head, raw = self.do(request)
        self.connection.sendall(head + raw[:len(raw) // 2])
        raise Gone

    def go_garbage(self, request):
        if self.world.coin():
            self.do(request)
        self.send(*answer_bytes(200, HTML, "text/html"))

    def go_cut_json(self, request):
        whole = self.do(request)[1] if self.world.coin() else b'{"data": {"id": 1, "name"'
        self.send(*answer_bytes(200, whole[:max(1, len(whole) // 2)]))

    def go_hang(self, request):
        wait_gone(self.connection, self.world.plan["hang_ms"] / 1000)
        raise Gone

    def go_late(self, request):
        wait_gone(self.connection, self.world.plan["hang_ms"] / 1000)
        time.sleep(self.world.plan["late_ms"] / 1000)
        self.do(request)
        raise Gone


class House:
    """All partners behind one port, and the control port."""

    def __init__(self, log, port=0):
        self.world = World(log)
        things = Things(self.world)
        self.partners = {"askable": things, "opaque": things, "keyed": things, "natural": things,
                         "academy": Academy(self.world), "kit": Kit(self.world)}
        self.listener = self.listen(port)
        self.port = self.listener.getsockname()[1]
        self.control = self.listen(0)

    @staticmethod
    def listen(port):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", port))
        s.listen(512)
        return s

    def partner(self, request):
        partner = self.partners.get(request.partner)
        if not partner:
            raise Refusal(404, {"errors": ["Not Found"]})
        return partner.answer(request)

    def serve(self):
        threading.Thread(target=self.serve_control, daemon=True).start()
        while True:
            wait = self.world.down_until - time.time()
            if wait > 0:
                self.listener.close()
                time.sleep(wait)
                self.listener = self.listen(self.port)
            if not select.select([self.listener], [], [], 0.02)[0]:
                continue
            connection, _ = self.listener.accept()
            threading.Thread(target=Line(self, connection).run, daemon=True).start()

    def serve_control(self):
        while True:
            connection, _ = self.control.accept()
            threading.Thread(target=self.control_line, args=(connection,), daemon=True).start()

    def control_line(self, connection):
        with connection, connection.makefile("rb") as file:
            request = read_request(file)
            if request:
                try:
                    status, body = 200, self.control_answer(request)
                except (KeyError, ValueError) as e:
                    status, body = 400, {"error": repr(e)}
                connection.sendall(b"".join(answer_bytes(status, body, extra="Connection: close\r\n")))

    def control_answer(self, request):
        world, act = self.world, f"{request.method} {request.path}"
        given = json.loads(request.body) if request.body else {}
        with world.lock:
            if act == "POST /plan":
                unknown = [n for n in [*given, *given.get("faults", {})]
                           if n not in PLAN and n not in FAULTS]
                if unknown:
                    raise KeyError(unknown)
                world.plan.update(given)
                if "seed" in given:
                    world.dice.seed(given["seed"])
            elif act == "POST /script":
                if any(f not in FAULTS for f in given["faults"]):
                    raise KeyError(given)
                world.scripts.append(
                    (given["partner"], given.get("match", ""), list(given["faults"])))
            elif act == "POST /knob":
                world.knobs.update(given)
            elif act == "GET /effects":
                return [{"partner": p, "act": a, "ref": r, "n": n}
                        for (p, a, r), n in world.effects.items()]
            elif act == "GET /wire":
                return [{"partner": p, "act": a, "ref": r, **row}
                        for (p, a, r), row in world.wire.items()]
            elif act == "GET /counts":
                return {"requests": world.requests, "effects": sum(world.effects.values()),
                        "faults": dict(world.faults)}
            elif act.startswith("GET /state/"):
                return self.partners[request.parts[1]].state()
            elif act != "GET /plan":
                raise KeyError(act)
            return world.plan


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--log", required=True)
    p.add_argument("--port", type=int, default=0)
    options = p.parse_args()
    house = House(options.log, options.port)
    print(json.dumps({"port": house.port, "control": house.control.getsockname()[1]}), flush=True)
    house.serve()


if __name__ == "__main__":
    main()
