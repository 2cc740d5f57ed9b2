"""partners: steps with four classes of partner, each misbehaving in every way there is; what becomes of
the step, and how many effects there are; crashes at every named point."""
import json
import os

from driver import Shop, StandIn, fresh, step_of, wait_for

# What a class may end as, and with how many effects, when the first request goes wrong so. "Done" is
# always with exactly one effect. Opaque: held as soon as nobody knows, never done twice.
FAULTS = ["ok", "slow", "refuse", "busy", "limit", "fail", "fail_after", "drop", "half", "garbage",
          "cut_json", "hang", "late"]
SURE = {"ok", "slow", "busy", "limit"}                   # never in doubt
UNDONE = {"refuse", "fail", "hang"}                      # in doubt, and nothing happened
CLASSES = ["askable", "keyed", "natural", "opaque"]

STEPS = """
connectors:
  lab: {use: http, base: "%(base)s", allow_private: true, timeout: 2s}
  shut: {use: http, base: "http://127.0.0.1:%(shut)s", allow_private: true, timeout: 2s}
steps:
  - id: askable
    do: lab.http
    with:
      url: /askable/things
      body: {reference: "{{order.id}}", who: "{{buyer.name}}", colour: blue}
      values: {thing: /thing/id}
      receipt: /thing/reference
      class: askable
      settle: 1s
      ask:
        url: /askable/things?per_page=1000
        list: /things
        match: {reference: "{{order.id}}"}
        values: {thing: /id}
        next: {pointer: /last, query: after, more: /more}
  - id: keyed
    do: lab.http
    with:
      url: /keyed/things
      body: {reference: "{{order.id}}", who: "{{buyer.name}}"}
      values: {thing: /thing/id}
      class: keyed
      key: {header: Idempotency-Key}
  - id: natural
    do: lab.http
    with:
      method: PUT
      url: "/natural/things/{{order.id}}"
      body: {who: "{{buyer.name}}"}
      values: {thing: /thing/id}
      class: natural
  - id: opaque
    do: lab.http
    with:
      url: /opaque/things
      body: {reference: "{{order.id}}", who: "{{buyer.name}}"}
      values: {thing: /thing/id}
  - id: closed
    do: shut.http
    with:
      url: /opaque/things
      body: {reference: "{{order.id}}", who: "{{buyer.name}}"}
  - id: follower
    do: lab.http
    with:
      method: PUT
      url: "/natural/things/{{askable.thing}}"
      body: {who: "{{buyer.name}}"}
      class: natural
"""
PRODUCT = """- id: %(id)s
  name: Thing %(id)s
  price: 10.00 PLN
  tax: "23"
  summary: A thing.
  description: A thing.
  steps: [%(steps)s]
"""
PRODUCTS = {**{c: c for c in CLASSES}, "closed": "closed", "both": "askable, natural, follower",
            "all": "askable, keyed, natural, opaque"}


def lab(program, folder, partners, shut=1):
    """A shop whose products each owe some of the steps above."""
    shop = Shop(program, folder)
    shop.make()
    text = shop.read("shop.yml").split("\nsteps:")[0]
    text = text.replace("url: http://127.0.0.1:8080", f"url: http://127.0.0.1:{shop.port}")
    shop.write("shop.yml", text + "\nlimits: {orders_per_address: 0, orders_per_email: 0}\n"
               + STEPS % {"base": partners.base, "shut": shut})
    shop.write("_data/products.yml", "".join(PRODUCT % {"id": i, "steps": s}
                                             for i, s in PRODUCTS.items()))
    return shop


def order(shop, product, name="Anna", email="anna@example.com"):
    answer = shop.browser.post_json("/api/order", {"product": product, "email": email, "name": name,
        "country": "PL", "consent_terms": "on", "consent_start": "on"})
    if answer.status != 201:
        raise AssertionError(answer)
    return answer.json


def pay(shop, made):
    from buying import press
    return press(shop, made["link"], "pay")


def bought(shop, product, name="Anna"):
    made = order(shop, product, name)
    pay(shop, made)
    return made["id"]


def ended(o, name):
    return step_of(o, name).get("state") in ("done", "hold", "poison")


def unknowns(shop, job):
    for j in shop.queue():
        if j["job"] == job:
            return j["unknowns"]
    return 0


# ---- every class, every fault ----

def every_fault(rows, shop, partners):
    cases = {}

    def all_ended():
        orders = shop.orders()
        return all(ended(orders[i], kind) for (kind, _), i in cases.items())

    # `refuse` takes the partner down for everybody: it comes when nobody else is under way.
    for faults in ([f for f in FAULTS if f != "refuse"], ["refuse"]):
        for kind in CLASSES:
            for fault in faults:
                name = f"case-{kind}-{fault}-end"
                partners.script(kind, [fault], name)
                cases[(kind, fault)] = bought(shop, kind, name)
        wait_for(all_ended, every=0.5)
    orders, effects = shop.orders(), partners.effects()
    for (kind, fault), i in cases.items():
        one_case(rows, (kind, fault), step_of(orders[i], kind),
                 effects.get((kind, "put" if kind == "natural" else "make", i), 0))
    return cases


def one_case(rows, case, step, effects):
    kind, fault = case
    row = f"{kind}: {fault}"
    if kind != "opaque" or fault in SURE:
        rows.same(row, (step.get("state"), effects), ("done", 1))
        return
    most = 0 if fault in UNDONE else 1
    least = 1 if fault in ("fail_after", "drop", "half", "late") else 0
    rows.add(row, step.get("state") == "hold" and least <= effects <= most and step.get("error"),
             (step, effects))


def recorded(rows, shop, cases):
    """What is on hold says how often nobody knew."""
    held = {j["job"]: j for j in shop.queue() if j["state"] == "hold"}
    for fault in FAULTS:
        if fault not in SURE:
            job = f"{cases[('opaque', fault)]}/1/opaque"
            rows.add(f"opaque: {fault}: the UNKNOWN is recorded", held.get(job, {}).get("unknowns") == 1,
                     held.get(job))
    letters = [m for m in shop.letters() if cases[("opaque", "drop")] in m["raw"].decode()
               and "jan@example.com" in m["to"]]
    rows.add("a hold is told to the owner, once", len(letters) == 2, [m["subject"] for m in letters])


def same_bytes(rows, partners):
    """Whatever went wrong: the same key, the same bytes."""
    for (partner, act, ref), w in partners.wire().items():
        rows.add(f"same bytes and key: {partner} {ref}", len(w["digests"]) == 1
                 and len(w["keys"]) == 1, w)


# ---- a person's verbs ----

def verbs(rows, shop, partners, cases):
    job = f"{cases[('opaque', 'drop')]}/1/opaque"
    for words, name in [(("queue", "done", job), "without evidence"),
                        (("queue", "drop", job), "without a reason")]:
        rows.add(f"{name}: refused, wrong use", shop.cli_run(*words).returncode == 2,
                 shop.cli_run(*words).stderr)
    rows.add("--anew only after a definite refusal",
             shop.cli_run("queue", "retry", "--anew", job).returncode != 0, "")
    rows.same("done with evidence", shop.cli_run("queue", "done", "--evidence", "seen there",
                                                 job).returncode, 0)
    o = shop.wait_state(cases[("opaque", "drop")])
    rows.add("done with evidence: delivered, evidence kept", o["state"] == "fulfilled"
             and step_of(o, "opaque")["receipt"] == "seen there", o["steps"])
    job = f"{cases[('opaque', 'fail')]}/1/opaque"
    rows.same("retry of a hold", shop.cli_run("queue", "retry", job).returncode, 0)
    o = shop.wait_state(cases[("opaque", "fail")])
    rows.same("retry of a hold: done", (o["state"], partners.effects().get(
        ("opaque", "make", o["id"]))), ("fulfilled", 1))
    job = f"{cases[('opaque', 'hang')]}/1/opaque"
    rows.same("dropped with a reason", shop.cli_run("queue", "drop", "--reason", "refunded",
                                                    job).returncode, 0)
    o = shop.order(cases[("opaque", "hang")])
    rows.same("dropped: no longer owed", step_of(o, "opaque")["state"], "dropped")
    rows.same("a job that is none: 5", shop.cli_run("queue", "show", "t000/1/x").returncode, 5)
    rows.same("what waits for a person: 3", shop.cli_run("queue", "list").returncode, 3)


def refused(rows, shop, partners):
    """Poison holds back only what needs its value; mended in shop.yml, it goes on."""
    partners.knob(askable__only={"colour": "red"})
    i = bought(shop, "both", "Poisoned")
    o = shop.wait_order(i, lambda o: step_of(o, "askable").get("state") == "poison"
                        and step_of(o, "natural").get("state") == "done")
    rows.same("a definite refusal is poison", step_of(o, "askable")["state"], "poison")
    rows.add("with the partner's words", "colour is not red" in step_of(o, "askable")["error"],
             step_of(o, "askable"))
    rows.same("what does not need it goes on", step_of(o, "natural")["state"], "done")
    rows.same("what needs its value waits", step_of(o, "follower")["state"], "waiting")
    rows.add("the owner is told, once", wait_for(lambda: 1 == len([
        m for m in shop.letters() if f"{i}/1/askable" in m["text"]])), [
        (m["subject"], m["text"]) for m in shop.letters()][-2:])
    job = f"{i}/1/askable"
    shop.cli("queue", "retry", job)
    o = shop.wait_order(i, lambda o: step_of(o, "askable")["attempts"] == 2
                        and step_of(o, "askable")["state"] == "poison")
    rows.same("retry sends the same bytes: poison again", step_of(o, "askable")["state"], "poison")
    shop.stop()
    shop.change("shop.yml", "colour: blue", "colour: red")
    shop.start()
    before = json.loads(shop.cli("queue", "show", job, "--json"))
    shop.cli("queue", "retry", "--anew", job)
    o = shop.wait_state(i)
    rows.add("mended in shop.yml and --anew: done, and what waited for it", o["state"] == "fulfilled"
             and step_of(o, "follower")["state"] == "done", o["steps"])
    after = json.loads(shop.cli("queue", "show", job, "--json"))
    rows.add("both digests are kept", after["digest_before"] == before["digest"]
             and after["digest"] != before["digest"], after)
    rows.same("one effect", partners.effects().get(("askable", "make", i)), 1)
    partners.knob(askable__only={})


def paging(rows, shop, partners):
    """The list is long and lags: the newest pages are read until it is found."""
    partners.knob(askable__page=3, askable__lag_ms=500)
    ids = []
    for n in range(8):
        partners.script("askable", ["drop"], f"paged-{n}-end")
        ids.append(bought(shop, "askable", f"paged-{n}-end"))
    wait_for(lambda: all(ended(o, "askable") for i, o in shop.orders().items() if i in ids), every=0.5)
    orders, effects = shop.orders(), partners.effects()
    for n, i in enumerate(ids):
        rows.same(f"lost answer {n}, found on some page",
                  (step_of(orders[i], "askable")["state"], effects.get(("askable", "make", i))),
                  ("done", 1))
    partners.knob(askable__page=1000, askable__lag_ms=0)


def not_there(rows, shop, folder, port):
    """Nobody listens: nothing was sent, so even an opaque act is tried again, later."""
    i = bought(shop, "closed")
    o = shop.wait_order(i, lambda o: step_of(o, "closed").get("attempts", 0) >= 2)
    rows.same("nobody listens: ready, later", step_of(o, "closed")["state"], "ready")
    late = StandIn(fresh(os.path.join(folder, "late-partner")), port)
    o = shop.wait_state(i)
    rows.same("it comes up: done", (o["state"], late.effects()), ("fulfilled",
                                                                  {("opaque", "make", i): 1}))
    late.stop()


# ---- a crash at every named point ----

POINTS = ["order-kept", "note-kept", "leased", "note-applied", "sending-kept", "answered",
          "outcome-kept"]


def crash_at(rows, shop, partners, point, nth):
    shop.env["GROSZ_CRASH"] = f"{point}:{nth}"
    shop.start()
    row = f"crash at {point}, {nth}"
    made = None
    try:
        made = order(shop, "all", row)
        pay(shop, made)
    except OSError:
        pass
    died = wait_for(lambda: shop.process.poll() is not None, most=30)
    rows.add(f"{row}: it died there", died and shop.process.returncode == -9, shop.log_end())
    shop.process.kill()
    shop.process.wait()
    del shop.env["GROSZ_CRASH"]
    shop.start()
    if made is None:
        # Never acknowledged: the buyer's second press is another order.
        made = order(shop, "all", row)
    if shop.order(made["id"])["state"] == "placed":
        pay(shop, made)
    # A crashed lease ends with its process: well within a lease of 90 s everything has been taken up.
    o = shop.wait_order(made["id"], lambda o: all(ended(o, c) for c in CLASSES), 60)
    effects = partners.effects()
    for kind in CLASSES:
        n = effects.get((kind, "put" if kind == "natural" else "make", o["id"]), 0)
        state = step_of(o, kind).get("state")
        fine = (state, n) == ("done", 1)
        if kind == "opaque" and state == "hold":
            fine = n <= 1 and unknowns(shop, f"{o['id']}/1/opaque") == 1
        rows.add(f"{row}: {kind}", fine, (state, n))
    shop.stop()


def run(rows, program, folder):
    from driver import free_port
    partners = StandIn(folder)
    shut = free_port()
    shop = lab(program, os.path.join(folder, "lab"), partners, shut).start()
    try:
        cases = every_fault(rows, shop, partners)
        recorded(rows, shop, cases)
        same_bytes(rows, partners)
        verbs(rows, shop, partners, cases)
        refused(rows, shop, partners)
        paging(rows, shop, partners)
        not_there(rows, shop, folder, shut)
        shop.stop()
        for point in POINTS:
            for nth in (1, 3) if point in ("sending-kept", "answered", "outcome-kept") else (1,):
                crash_at(rows, shop, partners, point, nth)
    finally:
        shop.stop(9)
        partners.stop()
