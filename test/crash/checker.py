"""checker: compares what the driver was told with what the store's file holds, by Python's sqlite3 and not
by our own code. The predicates are those of a proof that an order is never lost and nothing done
twice in silence:

    S1  an acknowledged order is there, with all that was acknowledged
    S2  an acknowledged note is there, byte for byte
    S4  only a genuine note of the full amount makes an order paid
    S5  paid once; each transaction one payment, a second one is kept beside it, as surplus
    S6  effects at partners: at most 1 + the UNKNOWNs recorded before; 1 where a key, the act itself or
        the shop's asking rules out more; for a partner that can neither, 1
    S8  a step that names another's value was sent after that was done
    S9  every attempt the same key and the same bytes, equal to the frozen digest's
    S14 every paid order is delivered, or waits for a person with a recorded reason
    ML  one Message-ID for each letter of an order
"""
import json
import os
import re
import sqlite3

DONE = ("done", "skipped", "dropped")
STUCK = ("hold", "poison")
EFFECTS = {"askable": "make", "keyed": "make", "natural": "put", "opaque": "make"}


class Kept:
    """The rows of a store, read whole."""

    def __init__(self, path):
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.integrity = db.execute("PRAGMA integrity_check").fetchone()[0]
        self.orders, self.notes, self.sent, self.jobs, self.rows = {}, {}, {}, [], 0
        for kind, part, key, due, data in db.execute("SELECT kind, part, key, due, bytes FROM row"):
            self.rows += 1
            if kind == "order":
                self.orders[part] = json.loads(data)
            elif kind in ("note", "stray"):
                self.notes.setdefault(part, []).append((json.loads(data), due))
            elif kind == "sent":
                self.sent[(part, key)] = json.loads(data)
            elif kind == "job":
                self.jobs.append((part, key, due))
        db.close()


def money(m):
    """'499.00 PLN' or {amount, currency} or [minor, currency], as decimal text and currency."""
    if isinstance(m, str):
        amount, _, currency = m.partition(" ")
        return amount, currency
    raise ValueError(f"money kept as {m!r}")


def line_of(step):
    return step.get("line", 0)


class Checker:
    """Each predicate gives a list of sentences: what breaks it."""

    def __init__(self, shop, acks, partners):
        self.kept = Kept(os.path.join(shop.folder, "var", "shop.db"))
        self.placed, self.told, self.given = acks.placed, acks.told, acks.sent
        self.effects, self.wire = partners.effects(), partners.wire()
        self.letters = shop.letters()

    def steps(self, order, name=None):
        return [s for s in order.get("steps", []) if name is None or s["id"] == name]

    def s1(self):
        for o in self.placed:
            kept = self.kept.orders.get(o["id"])
            if not kept:
                yield f"order {o['id']} was acknowledged and is not there"
                continue
            facts = {"email": kept["buyer"]["email"], "name": kept["buyer"]["name"],
                     "product": kept["lines"][0]["product"], "link": kept["link"],
                     "total": money(kept["total"])[0]}
            for name, value in facts.items():
                if o[name] != value:
                    yield f"order {o['id']}: {name} is {value!r}, {o[name]!r} was acknowledged"

    def s2(self):
        kept = {}
        for part, notes in self.kept.notes.items():
            kept.setdefault(part, set()).update(n["raw"] for n, _ in notes)
        for n in self.told:
            if n["body"] not in kept.get(n["order"], ()):
                yield f"a note for {n['order']} was acknowledged and is not there: {n['tr_id']}"

    def s4(self):
        genuine = {(n["order"], n["tr_id"]) for n in self.told if n["counts"]}
        sent = {(n["order"], n["tr_id"]) for n in self.given if n["counts"]}
        for i, o in self.kept.orders.items():
            for p in o.get("payments", []):
                if (i, p["transaction"]) not in genuine | sent:
                    yield f"order {i} has a payment that nobody made: {p['transaction']}"
            if o.get("paid_at") and not o.get("payments"):
                yield f"order {i} is paid without a payment"

    def s5(self):
        by_order = {}
        for n in self.told:
            if n["counts"]:
                by_order.setdefault(n["order"], set()).add(n["tr_id"])
        for i, transactions in by_order.items():
            o = self.kept.orders.get(i)
            if not o:
                continue
            got = [p["transaction"] for p in o.get("payments", [])]
            if sorted(got) != sorted(transactions):
                yield f"order {i}: payments {got}, told {sorted(transactions)}"
            if not o.get("paid_at"):
                yield f"order {i} was paid and is not"
            names = [(line_of(s), s["id"]) for s in self.steps(o)]
            if len(names) != len(set(names)):
                yield f"order {i}: steps owed twice: {names}"

    def s6(self):
        for (partner, act, ref), n in self.effects.items():
            o = self.kept.orders.get(ref)
            if ref.startswith("askable-"):  # the follower's: named by what askable gave
                if n > 1:
                    yield f"{n} effects at {partner} for {ref}"
                continue
            if not o:
                yield f"an effect at {partner} for {ref}, an order that is not there"
                continue
            step = (self.steps(o, partner) or [None])[0]
            if step is None:
                yield f"an effect at {partner} for {ref}, which is not owed"
                continue
            if n > 1:
                yield (f"{n} effects at {partner} for {ref}, {step.get('unknowns', 0)} UNKNOWN "
                       f"recorded, state {step['state']}")

    def s6_done(self):
        """The other way round: what is said to be done was done."""
        for i, o in self.kept.orders.items():
            for name, act in EFFECTS.items():
                for s in self.steps(o, name):
                    if s["state"] == "done" and not self.effects.get((name, act, i)):
                        yield f"order {i}: {name} is done, and {name} knows nothing of it"

    def s8(self):
        for i, o in self.kept.orders.items():
            for s in self.steps(o, "follower"):
                before = self.steps(o, "askable")[0]
                if s.get("first_at") and (before["state"] != "done"
                                          or s["first_at"] < before["finished_at"]):
                    yield f"order {i}: follower was sent before askable was done"

    def s9(self):
        for (partner, act, ref), w in self.wire.items():
            if partner in EFFECTS and (len(w["digests"]) != 1 or len(w["keys"]) != 1):
                yield f"{partner} {ref}: {len(w['digests'])} bodies, {len(w['keys'])} keys"
            frozen = self.kept.sent.get((ref, f"1/{partner}/0"))
            if frozen and list(w["digests"].values()) != [frozen["body"]]:
                yield f"{partner} {ref}: sent {w['digests']}, frozen {frozen['body']}"

    def s14(self):
        for i, o in self.kept.orders.items():
            if not o.get("paid_at"):
                for s in self.steps(o):  # but the owner is told of money that does not fit
                    if not s["id"].startswith("money."):
                        yield f"order {i} is not paid and owes {s['id']}"
                    elif s["state"] not in DONE:
                        yield f"order {i}: {s['id']} is left {s['state']}"
                continue
            for s in self.steps(o):
                if s["state"] in DONE or s["id"] == "late":
                    continue
                waits = s["state"] == "waiting" and any(
                    t["state"] in STUCK for t in self.steps(o))
                if s["state"] == "hold" and not s.get("unknowns"):
                    yield f"order {i}: {s['id']} is on hold without a recorded UNKNOWN"
                elif s["state"] not in STUCK and not waits:
                    yield f"order {i}: {s['id']} is left {s['state']}"
            open_steps = [s for s in self.steps(o) if s["state"] not in DONE and s["id"] != "late"]
            if not open_steps and not o.get("fulfilled_at"):
                yield f"order {i} owes nothing and is not fulfilled"
            if not self.steps(o):
                yield f"order {i} is paid and owes nothing"
        for part, notes in self.kept.notes.items():
            for n, due in notes:
                if due:
                    yield f"a note for {part} is still waiting: {n.get('transaction')}"

    def letters_(self):
        keys = {}
        for i, o in self.kept.orders.items():
            for s in self.steps(o):
                if s["do"] == "mail":
                    keys[s["key"]] = (i, s["id"], s["state"])
        seen = {}
        for m in self.letters:
            key = re.sub(r"^<|@.*$", "", m["id"])
            if key not in keys:
                yield f"a letter whose Message-ID is no step's key: {m['id']} to {m['to']}"
            seen[key] = seen.get(key, 0) + 1
        for key, (i, name, state) in keys.items():
            if state == "done" and seen.get(key) != 1:
                yield f"order {i}: {seen.get(key, 0)} letters {name}"

    def integrity(self):
        if self.kept.integrity != "ok":
            yield self.kept.integrity

    PREDICATES = [
        ("the file is whole", integrity),
        ("S1 acknowledged orders are there", s1),
        ("S2 acknowledged notes are there", s2),
        ("S4 nothing is paid that nobody paid", s4),
        ("S5 paid once, every transaction once", s5),
        ("S6 no effect twice", s6),
        ("S6 what is done was done", s6_done),
        ("S8 values before those who need them", s8),
        ("S9 one key, one body for every attempt", s9),
        ("S14 every paid order has ended", s14),
        ("one Message-ID for each letter", letters_),
    ]

    def verdicts(self):
        """name -> what breaks it."""
        return {name: list(predicate(self)) for name, predicate in self.PREDICATES}
