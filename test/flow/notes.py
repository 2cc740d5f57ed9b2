"""notes: what tpay tells us, signed by our own md5: every row of the table, and where the owner sees it."""
import json
import os
import re
import shlex
import urllib.parse

from driver import Shop, step_of, tpay_note, tpay_sum, wait_for

MERCHANT, CODE = "12345", "Kod4Bezpieczny"
GATEWAY = "gateways:\n  tpay: {use: tpay, merchant: \"%s\", code: \"${TPAY_CODE}\"}" % MERCHANT


def live_shop(program, folder):
    """A new shop made live, its gateway tpay; links name a host that is not here."""
    shop = Shop(program, folder, env={"TPAY_CODE": CODE})
    shop.make()
    text = shop.read("shop.yml")
    text = re.sub(r"gateways:\n(?:  .*\n)+", GATEWAY + "\n", text)
    text = re.sub(r"mode: test.*", "mode: live", text)
    text = re.sub(r"url: http://127.0.0.1:8080.*", "url: https://shop.example.com", text)
    shop.write("shop.yml", text + "\nlimits: {orders_per_address: 0, orders_per_email: 0}\n")
    return shop


def place(shop, email="anna@example.com", product="master-of-aggregates", **other):
    """An order by JSON; (id, reference, link's fields)."""
    fields = {"product": product, "email": email, "name": "Anna", "country": "PL",
              "consent_terms": "on", "consent_start": "on", **other}
    answer = shop.browser.post_json("/api/order", fields)
    if answer.status != 201:
        raise AssertionError(answer)
    link = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.json["link"]).query))
    return answer.json["id"], link["crc"], link, answer.json


def send(shop, body, gateway="tpay"):
    return shop.browser.form(f"/api/payment/{gateway}", body)


class Table:
    """One shop, many orders: send what a row says, wait, look."""

    def __init__(self, rows, shop):
        self.rows, self.shop, self.number = rows, shop, 0

    def note(self, reference, amount="499.00", **other):
        self.number += 1
        return tpay_note(MERCHANT, CODE, reference, amount, f"{self.number:06}", **other)

    def heard(self, name, body):
        answer = send(self.shop, body)
        self.rows.add(f"{name}: answered TRUE, to the byte", answer.status == 200
                      and answer.raw == b"TRUE", answer)

    def refused(self, name, body, statuses=(400, 401, 403, 422)):
        answer = send(self.shop, body)
        self.rows.add(f"{name}: refused", answer.status in statuses, answer)
        self.rows.add(f"{name}: never a word that moves money", b"FALSE" not in answer.raw
                      and answer.raw != b"TRUE", answer)

    def stays(self, name, order, state="placed"):
        o = self.shop.order(order)
        self.rows.add(f"{name}: {state}", o["state"] == state, o)


def link(rows, shop):
    order, ref, fields, made = place(shop)
    rows.add("live orders begin with o", order.startswith("o"), order)
    rows.add("the reference: 27 letters and digits, the id in front", re.fullmatch(
        r"[0-9a-z]{27}", ref) and ref.startswith(order), ref)
    rows.same("tpay's link is signed", fields["md5sum"],
              tpay_sum(f"{MERCHANT}&499.00&{ref}&{CODE}"))
    rows.same("its amount", fields["amount"], "499.00")
    rows.add("it leads to tpay", made["link"].startswith("https://secure.tpay.com/?"), made["link"])
    rows.add("pages and notes under the shop's own address, whatever Host said",
             made["page"].startswith("https://shop.example.com/o/")
             and fields["result_url"] == "https://shop.example.com/api/payment/tpay"
             and fields["return_url"] == made["page"], fields)
    lied = shop.browser.ask("POST", "/api/order", urllib.parse.urlencode({
        "product": "master-of-aggregates", "email": "a@example.com", "name": "A", "country": "PL",
        "consent_terms": "on", "consent_start": "on"}).encode(),
        {"Content-Type": "application/x-www-form-urlencoded", "Host": "evil.example"})
    rows.add("a lying Host changes no link", "evil" not in lied.location, lied)


def paid(t):
    order, ref, _, _ = place(t.shop)
    body = t.note(ref)
    t.heard("paid", body)
    o = t.shop.wait_state(order)
    t.rows.add("paid: delivered", o["state"] == "fulfilled" and not o["marks"], o)
    for n in range(3):
        t.heard(f"duplicated, {n + 2}nd time", body)
    renamed = urllib.parse.urlencode(dict(urllib.parse.parse_qsl(body.decode()),
                                          tr_date="2026-09-09 00:00:00")).encode()
    t.heard("duplicated with another date", renamed)
    t.heard("pending after paid", t.note(ref, tr_status="PAID"))
    t.heard("failed after paid", t.note(ref, tr_status="FALSE"))
    o = t.shop.wait_order(order, lambda o: len(o["remarks"]) >= 2)
    t.rows.add("duplicated, late pending, late failed: one payment, still delivered",
               len(o["payments"]) == 1 and o["state"] == "fulfilled" and not o["marks"], o)
    t.rows.same("and each letter once", step_of(o, "access")["attempts"], 1)


def reordered(t):
    order, ref, _, _ = place(t.shop)
    t.heard("reordered: pending first", t.note(ref, tr_status="PAID"))
    t.heard("reordered: failed", t.note(ref, tr_status="FALSE"))
    t.heard("reordered: paid at last", t.note(ref))
    t.rows.same("reordered: delivered", t.shop.wait_state(order)["state"], "fulfilled")
    order, ref, _, _ = place(t.shop)
    back = t.note(ref, tr_status="CHARGEBACK")
    t.heard("the refund before its payment", back)
    same = dict(urllib.parse.parse_qsl(back.decode()))["tr_id"]
    t.heard("then the payment", t.note(ref, tr_id=same))
    o = t.shop.wait_order(order, lambda o: o["payments"] and o["refunds"])
    t.rows.add("refund before payment: both kept, nothing delivered", o["state"] == "placed"
               or "refunded" in o["marks"], o)


def refused(t):
    order, ref, _, _ = place(t.shop)
    t.refused("forged: another code", tpay_note(MERCHANT, "guess", ref, "499.00", "F1"))
    t.refused("forged: published demo code", tpay_note("1010", "demo", ref, "499.00", "F2"))
    t.refused("forged: another merchant", tpay_note("54321", CODE, ref, "499.00", "F3"))
    t.refused("forged: no sum", t.note(ref, md5sum=""))
    body = t.note(ref)
    t.refused("forged: amount changed", body.replace(b"tr_amount=499.00", b"tr_amount=999.00"))
    other = place(t.shop)[1]
    t.refused("forged: another order's reference", body.replace(ref.encode(), other.encode()))
    t.refused("cut: half of it", body[:len(body) // 2])
    t.refused("cut: all but the last byte", body[:-1])
    t.refused("empty", b"")
    t.refused("a field twice", body + b"&tr_amount=1.00")
    t.refused("not percent-encoded text", body + b"&x=\xff\xfe&tr_crc=%zz")
    linked = place(t.shop)[2]
    t.refused("forged: the sum of the link that the buyer was given", urllib.parse.urlencode({
        "id": MERCHANT, "tr_id": "&", "tr_amount": "499.00", "tr_crc": f"&{linked['crc']}&",
        "tr_status": "TRUE", "md5sum": linked["md5sum"]}).encode())
    t.refused("oversized", body + b"&x=" + b"y" * 70000, (413,))
    answer = send(t.shop, body, "nothing")
    t.rows.same("a gateway that is none: 404", answer.status, 404)
    for method in ("GET", "PUT"):
        t.rows.add(f"{method} is no way to tell", t.shop.browser.ask(
            method, "/api/payment/tpay").status in (404, 405))
    t.rows.add("after all of them: still unpaid, no payment", t.shop.order(order)["state"] == "placed"
               and not t.shop.order(order)["payments"], t.shop.order(order))
    t.heard("and the true one still counts, with more in it than a row holds",
            body + b"&x=" + b"%22y" * 15000)
    t.rows.same("true one: delivered", t.shop.wait_state(order)["state"], "fulfilled")


DOUBTFUL = [  # name, what the note says, marks, payments
    ("wrong amount, signed", {"amount": "1.00"}, {"wrong"}, 0),
    ("wrong currency", {"tr_currency": "EUR"}, {"wrong"}, 0),
    ("a test payment in a live shop", {"test_mode": "1"}, {"wrong"}, 0),
    ("a test transaction in a live shop", {"tr_id": "TR-AB1-TST77X"}, {"wrong"}, 0),
    ("paid too little", {"tr_paid": "100.00"}, {"short"}, 1),
    ("surcharge, says tpay", {"tr_paid": "100.00", "tr_error": "surcharge"}, {"short"}, 1),
    ("a status nobody knows", {"tr_status": "MAYBE"}, set(), 0),
    ("a payment of nothing", {"tr_paid": "0.00"}, {"wrong"}, 0),
]


def doubtful(t):
    for name, says, marks, payments in DOUBTFUL:
        order, ref, _, _ = place(t.shop)
        given = dict(says)
        t.heard(name, t.note(ref, given.pop("amount", "499.00"), **given))
        o = t.shop.wait_order(order, lambda o: o["remarks"] or o["payments"])
        t.rows.add(f"{name}: not paid, the owner sees it", o["state"] == "placed"
                   and set(o["marks"]) == marks and len(o["payments"]) == payments
                   and (o["remarks"] or o["payments"]), o)


def more(t):
    order, ref, _, _ = place(t.shop)
    t.heard("paid too much", t.note(ref, tr_paid="509.00", tr_error="overpay"))
    o = t.shop.wait_state(order)
    t.rows.add("paid too much: delivered, marked", o["state"] == "fulfilled"
               and o["marks"] == ["surplus"], o)
    order, ref, _, _ = place(t.shop)
    t.heard("paid once", t.note(ref))
    t.heard("paid twice", t.note(ref))
    o = t.shop.wait_order(order, lambda o: o["state"] == "fulfilled" and len(o["payments"]) == 2)
    t.rows.add("paid twice: both kept, marked, delivered once", o["marks"] == ["surplus"]
               and step_of(o, "access")["attempts"] == 1, o)
    order, ref, _, _ = place(t.shop)
    t.heard("paid in two parts: the first", t.note(ref, tr_paid="200.00", tr_error="surcharge"))
    t.heard("paid in two parts: the second", t.note(ref, tr_paid="299.00", tr_error="surcharge"))
    o = t.shop.wait_state(order)
    t.rows.add("paid in two parts: delivered", o["state"] == "fulfilled"
               and "short" not in o["marks"], o)
    order, ref, _, _ = place(t.shop)
    body = t.note(ref)
    t.heard("paid, to be charged back", body)
    t.shop.wait_state(order)
    same = dict(urllib.parse.parse_qsl(body.decode()))["tr_id"]
    t.heard("charged back", t.note(ref, tr_id=same, tr_status="CHARGEBACK"))
    o = t.shop.wait_order(order, lambda o: "refunded" in o["marks"])
    t.rows.add("charged back: marked, facts stay", o["marks"] == ["refunded"]
               and len(o["payments"]) == 1 and len(o["refunds"]) == 1, o)


def stray(t):
    """Verified, but for no order that is here: kept and shown, never dropped."""
    gone = place(t.shop)[1]
    unknown = gone[:10] + "zzzzzzzz" + gone[18:]
    for name, reference in [("an order that is not here", unknown), ("no reference", ""),
                            ("another shop's reference", "order_200")]:
        t.heard(name, t.note(reference))
    queue = t.shop.queue()
    strays = [j for j in queue if j["state"] == "stray"]
    t.rows.same("each is in the queue for a person", len(strays), 3)
    t.rows.same("`queue list` says so by its code", t.shop.cli_run("queue", "list").returncode, 3)
    seen = t.shop.cli("queue", "show", strays[0]["job"], "--json")
    t.rows.add("`queue show` has the raw note", "tr_amount=499.00" in seen, seen)
    def commands(verb):
        lines = [line for m in t.shop.letters() if m["to"] == "jan@example.com" for line in m["text"].splitlines()]
        return sorted(shlex.split(line)[1:] for line in lines if f"grosz queue {verb} 'note/" in line)

    wait_for(lambda: len(commands("show")) >= len(strays))
    t.rows.same("the owner is told of each, once, with the command that shows it", commands("show"),
                sorted(["queue", "show", j["job"]] for j in strays))
    for j in strays:
        done = t.shop.cli_run("queue", "drop", "--reason", "given back", j["job"])
        t.rows.add("looked at, it is put away", done.returncode == 0, done.stderr)
    t.rows.same("and the queue is empty of them",
                [j for j in t.shop.queue() if j["state"] == "stray"], [])


MONEY = {"surplus": "Paid too much", "short": "Paid too little", "wrong": "A payment that does not fit"}


def told(t):
    """Every order with such a mark has brought a letter to the owner, and no other order has."""
    orders = [json.loads(line) for line in t.shop.cli("order", "list", "--json").splitlines()]
    for mark, words in MONEY.items():
        marked = {o["id"] for o in orders if mark in o["marks"]}

        def named():
            subjects = [m["subject"] for m in t.shop.letters() if m["to"] == "jan@example.com"]
            return [s.split()[-1] for s in subjects if s.startswith(words)]

        wait_for(lambda: marked <= set(named()))
        t.rows.add(f"{mark}: there are such orders", marked, orders)
        t.rows.same(f"{mark}: the owner is told of each", marked - set(named()), set())
        for m in (m for m in t.shop.letters() if m["subject"].startswith(words)):
            t.rows.add(f"{mark}: with the command that shows it",
                       f"  grosz order show {m['subject'].split()[-1]}" in m["text"].splitlines(), m["text"])
        if mark in ("short", "wrong"):
            t.rows.same(f"{mark}: once", sorted(named()), sorted(set(named())))


def no_longer_offered(rows, shop, t):
    """A gateway that stands in shop.yml behind another one still reads its notes."""
    order, ref, _, _ = place(shop)
    shop.stop()
    shop.change("shop.yml", "gateways:\n", "gateways:\n  new: {use: tpay, merchant: \"777\", "
                "code: \"${TPAY_CODE}\"}\n")
    shop.start()
    _, _, fields, _ = place(shop)
    rows.same("the first gateway is offered", fields["id"], "777")
    t.heard("the one no longer offered is still told", t.note(ref))
    rows.same("and its order delivered", shop.wait_state(order)["state"], "fulfilled")


def run(rows, program, folder):
    shop = live_shop(program, os.path.join(folder, "live")).start()
    t = Table(rows, shop)
    link(rows, shop)
    for part in (paid, reordered, refused, doubtful, more, stray, told):
        part(t)
    no_longer_offered(rows, shop, t)
    rows.add("no secret in the log", CODE not in shop.log_text(), shop.log_end())
    shop.stop()
