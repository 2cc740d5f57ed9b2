"""academy: a course site whose invitations come from an API; can be asked by the order they are for.

    POST /academy/invitations {order, email, course}  -> 201 {"invitation": {id, order, url}}
    GET  /academy/invitations?order=…                 -> {"invitations": [{id, order, url}]}

With a bearer token. A second POST for an order makes a second invitation: it is no key, only a word
that can be searched for.
"""
import threading
import time

from world import Refusal


class Academy:
    TOKEN = "academy-token"

    def __init__(self, world):
        self.world, self.lock, self.made = world, threading.RLock(), []

    @staticmethod
    def shown(i):
        return {"id": i["id"], "order": i["order"], "url": i["url"]}

    def create(self, request):
        body = request.json()
        missing = [n for n in ("order", "email", "course") if not isinstance(body.get(n), str)
                   or not body[n]]
        if missing:
            raise Refusal(422, {"message": "missing: " + ", ".join(missing)})
        self.world.seen("academy", "invite", body["order"], request)
        courses = self.world.knob("academy.courses", None)
        if courses is not None and body["course"] not in courses:
            raise Refusal(404, {"message": f"there is no course {body['course']}"})
        with self.lock:
            number = len(self.made) + 1
            one = {"id": f"inv-{number}", "order": body["order"], "email": body["email"],
                   "url": f"https://academy.example.com/join/{body['order']}-{number}",
                   "made": time.time()}
            self.world.effect("academy", "invite", body["order"], url=one["url"])
            self.made.append(one)
        return 201, {"invitation": self.shown(one)}

    def search(self, request):
        lag = self.world.knob("academy.lag_ms", 0) / 1000
        with self.lock:
            found = [self.shown(i) for i in self.made
                     if i["order"] == request.query.get("order") and i["made"] + lag <= time.time()]
        return 200, {"invitations": found}

    def answer(self, request):
        if request.headers.get("authorization") != f"Bearer {self.TOKEN}":
            raise Refusal(401, {"message": "Unauthorized"})
        if request.parts[1:] != ["invitations"]:
            raise Refusal(404, {"message": "Not Found"})
        if request.method == "POST":
            return self.create(request)
        if request.method == "GET":
            return self.search(request)
        raise Refusal(405, {"message": "Method Not Allowed"})

    def state(self):
        return {"invitations": [{**self.shown(i), "email": i["email"]} for i in self.made]}
