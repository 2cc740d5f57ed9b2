"""kit: a stand-in of a mailing tool (Kit, API v4), after reference/connectors.md A; only what a shop uses.

What matters here, because it bites: purchases take a bearer token only (an API key is a 401); unknown
custom fields are dropped in silence; a sequence answers 201 when added and 200 when it was there; a
purchase has no idempotency key, its list is newest first, paged by cursors that end in `=`, and lags.
Amounts must be JSON numbers. Errors are {"errors": [text]}; for sequences an entry may be a list.
"""
import base64
import re
import threading
import time

from world import Refusal

MAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")


def errors(status, *texts):
    return Refusal(status, {"errors": list(texts)})


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class Kit:
    TOKEN, API_KEY = "kit-token", "kit-key"

    def __init__(self, world):
        self.world, self.lock = world, threading.RLock()
        self.subscribers, self.members, self.purchases = {}, {}, []

    # ---- who asks ----

    def allow(self, request, bearer_only):
        if request.headers.get("authorization") == f"Bearer {self.TOKEN}":
            return
        if not bearer_only and request.headers.get("x-kit-api-key") == self.API_KEY:
            return
        raise errors(401, "The access token is invalid")

    # ---- subscribers ----

    @staticmethod
    def subscriber_shown(s):
        return {n: s[n] for n in ("id", "first_name", "email_address", "state", "created_at",
                                  "fields")}

    def fields_known(self, given):
        known = self.world.knob("kit.fields", ["moa_link", "invitation_link"])
        return {n: v for n, v in (given or {}).items() if n in known}

    def subscriber_put(self, request):
        body = request.json()
        mail = body.get("email_address")
        if not isinstance(mail, str) or not MAIL.match(mail):
            raise errors(422, "Email address is invalid")
        if not isinstance(body.get("fields", {}), dict):
            raise errors(422, "Fields must be an object")
        mail = mail.lower()
        self.world.seen("kit", "subscriber", mail, request)
        with self.lock:
            s, status = self.subscribers.get(mail), 200
            if not s:
                s, status = {"id": 1000 + len(self.subscribers), "email_address": mail,
                             "state": "active", "created_at": self.stamp(), "fields": {},
                             "first_name": None}, 201
                self.world.effect("kit", "subscriber", mail)
                self.subscribers[mail] = s
            s["first_name"] = body.get("first_name", s["first_name"])
            s["fields"].update(self.fields_known(body.get("fields")))
            return status, {"subscriber": self.subscriber_shown(s)}

    def subscriber_by_id(self, number):
        for s in self.subscribers.values():
            if str(s["id"]) == number:
                return s
        raise errors(404, "Not Found")

    def subscriber_change(self, request):
        with self.lock:
            s, body = self.subscriber_by_id(request.parts[3]), request.json()
            s["first_name"] = body.get("first_name", s["first_name"])
            s["fields"].update(self.fields_known(body.get("fields")))
            return 200, {"subscriber": self.subscriber_shown(s)}

    def subscriber_get(self, request):
        with self.lock:
            return 200, {"subscriber": self.subscriber_shown(self.subscriber_by_id(request.parts[3]))}

    def subscriber_find(self, request):
        mail = request.query.get("email_address", "").lower()
        with self.lock:
            found = [s for s in self.subscribers.values() if not mail or s["email_address"] == mail]
        return 200, {"subscribers": [self.subscriber_shown(s) for s in found],
                     "pagination": self.pagination([], False)}

    # ---- sequences ----

    def member_add(self, request):
        sequence = request.parts[3]
        known = self.world.knob("kit.sequences", ["1234567"])
        if sequence not in known:
            raise errors(404, "Not Found")
        if sequence in self.world.knob("kit.inactive", []):
            raise errors(422, ["Sequence is inactive"])
        with self.lock:
            if len(request.parts) == 6:
                s = self.subscriber_by_id(request.parts[5])
            else:
                s = self.subscribers.get(str(request.json().get("email_address", "")).lower())
            if not s:
                raise errors(404, "Not Found")
            ref = f"{sequence}/{s['email_address']}"
            self.world.seen("kit", "sequence", ref, request)
            status = 200 if ref in self.members else 201
            if status == 201:
                # The first letter leaves at once: with what the fields hold now.
                self.world.effect("kit", "sequence", ref, fields=dict(s["fields"]))
                self.members[ref] = {"fields": dict(s["fields"]), "at": self.stamp()}
            shown = {**self.subscriber_shown(s), "added_at": self.members[ref]["at"]}
            return status, {"subscriber": shown}

    # ---- purchases ----

    def purchase_check(self, p):
        if not isinstance(p.get("email_address"), str) or not MAIL.match(p["email_address"]):
            raise errors(422, "Email address is invalid")
        if not isinstance(p.get("transaction_id"), str) or not p["transaction_id"]:
            raise errors(422, "Transaction cannot be blank")
        if not isinstance(p.get("currency"), str) or not re.match(r"^[A-Z]{3}$", p["currency"]):
            raise errors(422, "Currency is invalid")
        for name in ("subtotal", "tax", "discount", "total", "shipping"):
            if name in p and not is_number(p[name]):
                raise errors(422, f"{name} must be a number")
        products = p.get("products")
        if not isinstance(products, list) or not products:
            raise errors(422, "Products can't be blank")
        for one in products:
            self.product_check(one)

    @staticmethod
    def product_check(one):
        for name in ("name", "pid", "lid", "sku"):
            if not isinstance(one.get(name), str) or not one[name]:
                raise errors(422, f"{name} can't be blank for product")
        quantity = one.get("quantity")
        if not isinstance(quantity, int) or isinstance(quantity, bool):
            raise errors(422, "quantity must be an integer")
        if not is_number(one.get("unit_price")):
            raise errors(422, "unit_price must be a number")

    def purchase_post(self, request):
        p = request.json().get("purchase")
        if not isinstance(p, dict):
            raise errors(422, "Purchase can't be blank")
        self.purchase_check(p)
        ref = p["transaction_id"]
        self.world.seen("kit", "purchase", ref, request)
        with self.lock:
            made = {**p, "id": 5000 + len(self.purchases), "status": p.get("status") or "paid",
                    "made": time.time()}
            self.world.effect("kit", "purchase", ref)
            self.purchases.append(made)
            return 201, {"purchase": self.purchase_shown(made)}

    @staticmethod
    def purchase_shown(p):
        return {n: v for n, v in p.items() if n not in ("made", "shipping")}

    @staticmethod
    def pagination(page, more):
        cursors = [base64.b64encode(f"id:{p['id']}".encode()).decode() for p in page]
        cursors = [c if c.endswith("=") else c + "=" for c in cursors]
        return {"has_previous_page": False, "has_next_page": more,
                "start_cursor": cursors[0] if cursors else None,
                "end_cursor": cursors[-1] if cursors else None, "per_page": len(page)}

    def cursor_read(self, request):
        raw = re.search(r"(?:^|&)after=([^&]*)", request.query_raw)
        if not raw or not raw.group(1):
            return None
        if "=" in raw.group(1):
            raise errors(400, "the cursor is not percent-encoded")
        try:
            return int(base64.b64decode(request.query["after"] + "==").decode().split(":")[1])
        except (ValueError, IndexError):
            raise errors(422, "cursor is invalid")

    def purchase_list(self, request):
        lag = self.world.knob("kit.lag_ms", 0) / 1000
        size = min(int(request.query.get("per_page", 500)), self.world.knob("kit.page", 1000))
        after = self.cursor_read(request)
        with self.lock:
            visible = [p for p in reversed(self.purchases) if p["made"] + lag <= time.time()
                       and (after is None or p["id"] < after)]
        page = visible[:size]
        return 200, {"purchases": [self.purchase_shown(p) for p in page],
                     "pagination": self.pagination(page, len(visible) > size)}

    def purchase_get(self, request):
        for p in self.purchases:
            if str(p["id"]) == request.parts[3]:
                return 200, {"purchase": self.purchase_shown(p)}
        raise errors(404, "Not Found")

    # ---- what can be asked for ----

    ROUTES = [
        ("POST", r"subscribers", subscriber_put, False),
        ("GET", r"subscribers", subscriber_find, False),
        ("GET", r"subscribers/[^/]+", subscriber_get, False),
        ("PUT", r"subscribers/[^/]+", subscriber_change, False),
        ("POST", r"sequences/[^/]+/subscribers(/[^/]+)?", member_add, False),
        ("POST", r"purchases", purchase_post, True),
        ("GET", r"purchases", purchase_list, True),
        ("GET", r"purchases/[^/]+", purchase_get, True),
    ]

    def answer(self, request):
        path = "/".join(request.parts[2:])
        for method, pattern, act, bearer_only in self.ROUTES:
            if request.parts[1:2] == ["v4"] and request.method == method \
                    and re.fullmatch(pattern, path):
                self.allow(request, bearer_only)
                return act(self, request)
        raise errors(404, "Not Found")

    @staticmethod
    def stamp():
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def state(self):
        return {"subscribers": list(self.subscribers.values()), "members": self.members,
                "purchases": self.purchases}
