"""world: what all stand-in partners share: effects, the wire, the plan, a request read."""
import hashlib
import json
import os
import random
import threading
import time
import urllib.parse

# name -> is the effect done? (None: nothing was asked for that has one, or chosen by the dice)
FAULTS = {
    "ok": True,
    "slow": True,          # done, but the answer takes its time
    "refuse": False,       # nobody listens for a while
    "busy": False,         # 503 with Retry-After
    "limit": False,        # 429
    "fail": False,         # 500, nothing was done
    "fail_after": True,    # done, and then 500
    "drop": True,          # done, and then the line is cut without an answer
    "half": True,          # done, and half of the answer is sent
    "garbage": None,       # 200 with a page for people instead of JSON
    "cut_json": None,      # 200, a whole answer, whose JSON stops in the middle
    "hang": False,         # no answer until the caller has gone; nothing is done
    "late": True,          # no answer, and it is done only after the caller has gone
}
# ask_rate: of GET requests, null: the same rate.
PLAN = {
    "seed": 1, "rate": 0.0, "faults": {}, "ask_rate": None,
    "slow_ms": [5, 120], "hang_ms": 3000, "late_ms": 300, "down_ms": [30, 200], "retry_after": 1,
}


class Refusal(Exception):
    """A partner's definite no, or any answer without an effect."""

    def __init__(self, status, body, kind="application/json"):
        super().__init__(status)
        self.status, self.body, self.kind = status, body, kind


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.headers, self.body = method, headers, body
        self.path, _, self.query_raw = target.partition("?")
        self.parts = [urllib.parse.unquote(p) for p in self.path.split("/") if p]
        self.query = dict(urllib.parse.parse_qsl(self.query_raw, keep_blank_values=True))
        self.partner = self.parts[0] if self.parts else ""

    def json(self):
        try:
            value = json.loads(self.body)
        except ValueError:
            raise Refusal(400, {"errors": ["the body is not JSON"]})
        if not isinstance(value, dict):
            raise Refusal(400, {"errors": ["the body is no object"]})
        return value


class World:
    """What all partners share: effects, the wire, the plan."""

    def __init__(self, log):
        self.lock = threading.RLock()
        self.log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.effects, self.wire, self.faults = {}, {}, {}
        self.requests = 0
        self.plan = dict(PLAN)
        self.dice = random.Random(self.plan["seed"])
        self.scripts, self.knobs = [], {}
        self.down_until = 0.0

    def effect(self, partner, act, ref, **more):
        """Durable before anything else happens."""
        row = {"partner": partner, "act": act, "ref": ref, "at": time.time(), **more}
        with self.lock:
            os.write(self.log, json.dumps(row).encode() + b"\n")
            os.fsync(self.log)
            self.effects[(partner, act, ref)] = self.effects.get((partner, act, ref), 0) + 1

    def seen(self, partner, act, ref, request):
        """What came over the wire, whatever becomes of it."""
        key = request.headers.get("idempotency-key", "")
        digest = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body)
        with self.lock:
            row = self.wire.setdefault((partner, act, ref), {"digests": {}, "keys": {}, "times": 0})
            row["digests"][digest.hexdigest()[:16]] = request.body.decode("utf-8", "replace")
            row["keys"][key] = row["keys"].get(key, 0) + 1
            row["times"] += 1

    def knob(self, name, default):
        with self.lock:
            return self.knobs.get(name, default)

    def choose(self, request):
        """How this request goes."""
        with self.lock:
            self.requests += 1
            script = self.script_of(request)
            if script:
                fault = script.pop(0)
            elif not self.plan["faults"] or self.dice.random() >= self.rate_of(request):
                fault = "ok"
            else:
                names = sorted(self.plan["faults"])
                fault = self.dice.choices(names, [self.plan["faults"][n] for n in names])[0]
            self.faults[fault] = self.faults.get(fault, 0) + 1
            return fault

    def rate_of(self, request):
        asked = request.method == "GET" and self.plan["ask_rate"] is not None
        return self.plan["ask_rate"] if asked else self.plan["rate"]

    def script_of(self, request):
        """The first script with something left that is meant for this request."""
        if request.method == "GET":
            return None
        for partner, match, faults in self.scripts:
            if faults and partner == request.partner and match.encode() in request.body:
                return faults
        return None

    def between(self, name):
        low, high = self.plan[name]
        with self.lock:
            return self.dice.uniform(low, high) / 1000

    def coin(self):
        with self.lock:
            return self.dice.random() < 0.5
