"""things: the plain stand-in partners: one resource, four ways of taking a repeat."""
import threading
import time

from world import Refusal


class Things:
    def __init__(self, world):
        self.world, self.lock = world, threading.RLock()
        self.made = {"askable": [], "opaque": [], "keyed": [], "natural": []}
        self.keys, self.natural = {}, {}

    def make(self, partner, ref, **more):
        with self.lock:
            thing = {"id": f"{partner}-{len(self.made[partner]) + 1}", "reference": ref,
                     "made": time.time()}
            self.world.effect(partner, "make", ref, **more)
            self.made[partner].append(thing)
            return thing

    @staticmethod
    def shown(thing):
        return {"id": thing["id"], "reference": thing["reference"]}

    def refuse_unless(self, partner, body):
        """A knob names a field and the only value that is taken: for poison and its mending."""
        for field, value in self.world.knob(f"{partner}.only", {}).items():
            if body.get(field) != value:
                raise Refusal(422, {"errors": [f"{field} is not {value}"]})

    def create(self, request):
        partner, body = request.partner, request.json()
        ref = body.get("reference")
        if not isinstance(ref, str) or not ref:
            raise Refusal(422, {"errors": ["reference is missing"]})
        self.world.seen(partner, "make", ref, request)
        self.refuse_unless(partner, body)
        if partner == "keyed":
            return self.create_keyed(request, ref)
        return 201, {"thing": self.shown(self.make(partner, ref))}

    def create_keyed(self, request, ref):
        key = request.headers.get("idempotency-key")
        if not key:
            raise Refusal(400, {"errors": ["Idempotency-Key is missing"]})
        with self.lock:
            before = self.keys.get(key)
            if before and before[0] != request.body:
                raise Refusal(409, {"errors": ["the key came with another body before"]})
            if not before:
                before = self.keys[key] = (request.body, self.make("keyed", ref, key=key))
            return 201, {"thing": self.shown(before[1])}

    def search(self, request):
        """Newest first, by cursor; what is younger than the lag is not seen yet."""
        lag = self.world.knob("askable.lag_ms", 0) / 1000
        size = min(int(request.query.get("per_page", 50)), self.world.knob("askable.page", 1000))
        with self.lock:
            visible = [t for t in self.made["askable"] if t["made"] + lag <= time.time()][::-1]
        if "reference" in request.query:
            visible = [t for t in visible if t["reference"] == request.query["reference"]]
        ids = [t["id"] for t in visible]
        start = ids.index(request.query["after"]) + 1 if request.query.get("after") in ids else 0
        page = visible[start:start + size]
        return 200, {"things": [self.shown(t) for t in page],
                     "more": start + size < len(visible), "last": page[-1]["id"] if page else ""}

    def put(self, request):
        ref = request.parts[2]
        self.world.seen("natural", "put", ref, request)
        body = request.json()
        self.refuse_unless("natural", body)
        with self.lock:
            if self.natural.get(ref) != request.body:
                self.world.effect("natural", "put", ref)
            self.natural[ref] = request.body
        return 200, {"thing": {"id": ref, "reference": ref}}

    def answer(self, request):
        where = (request.method, request.partner, len(request.parts))
        if request.parts[1:2] != ["things"]:
            raise Refusal(404, {"errors": ["Not Found"]})
        if where in [("POST", p, 2) for p in ("askable", "opaque", "keyed")]:
            return self.create(request)
        if where == ("GET", "askable", 2):
            return self.search(request)
        if where == ("PUT", "natural", 3):
            return self.put(request)
        raise Refusal(405, {"errors": ["Method Not Allowed"]})
