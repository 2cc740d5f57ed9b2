"""first_shop: the shop that started it all (examples/first-shop), from the order to the purchase in the
mailing tool, with partners that misbehave; then poison, mended by changing shop.yml."""
import os
import re
import shutil
import urllib.parse

from driver import ROOT, Shop, StandIn, step_of, tpay_note, wait_for
from notes import CODE

SECRETS = {"TPAY_CODE": CODE, "ACADEMY_TOKEN": "academy-token", "KIT_API_KEY": "kit-key",
           "KIT_TOKEN": "kit-token"}
BASES = {"https://academy.example.com": "academy", "https://api.kit.com": "kit"}
STEPS = ["invitation", "subscriber", "sequence", "purchase"]


def example(program, folder, partners):
    """The example as it stands, with other addresses and shorter waits."""
    shutil.copytree(os.path.join(ROOT, "examples/first-shop"), folder)
    shop = Shop(program, folder, env=SECRETS)
    text = shop.read("shop.yml")
    for base, name in BASES.items():
        text, n = re.subn(rf"^(\s+)base: {re.escape(base)}$",
                          rf'\1base: "{partners.base}/{name}"\n\1allow_private: true\n\1timeout: 2s',
                          text, flags=re.M)
        assert n, base
    text, n = re.subn(r"settle: \w+", "settle: 1s", text)
    assert n == 2
    shop.write("shop.yml", text + "\nlimits: {orders_per_address: 0, orders_per_email: 0}\n")
    return shop


def order(shop, email, product="master-of-aggregates"):
    """(id, reference, amount), by the form; the link leads to tpay."""
    answer = shop.browser.form("/api/order", {"product": product, "email": email, "name": "Łucja",
        "country": "PL", "consent_terms": "on", "consent_start": "on"})
    link = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.location).query))
    return link["crc"][:19], link["crc"], link["amount"]


def pay(shop, ref, amount, number):
    answer = shop.browser.form("/api/payment/tpay", tpay_note("12345", CODE, ref, amount, number))
    return answer.raw == b"TRUE"


def example_is_sound(rows, program, folder):
    shutil.copytree(os.path.join(ROOT, "examples/first-shop"), folder)
    shop = Shop(program, folder, env=SECRETS)
    done = shop.cli_run("check")
    rows.add("`grosz check` finds no mistake in the example", done.returncode == 0,
             done.stdout + done.stderr)
    shop.env.pop("KIT_TOKEN")
    done = shop.cli_run("run", "--port", str(shop.port))
    rows.add("without a secret it does not start, and says which", done.returncode == 4
             and "KIT_TOKEN" in done.stderr, done.stderr)


def smooth(rows, shop, partners):
    """Once without any fault: every request as the partner wants it, in the right order."""
    i, ref, amount = order(shop, "prima@example.com")
    rows.add("tpay is told TRUE", pay(shop, ref, amount, "000001"), i)
    o = shop.wait_state(i)
    rows.same("delivered", o["state"], "fulfilled")
    link = step_of(o, "invitation")["values"].get("link", "")
    kit, academy = partners.state("kit"), partners.state("academy")
    rows.same("one invitation, for the buyer", [(a["email"], a["url"]) for a in academy["invitations"]
                                               if a["order"] == i], [("prima@example.com", link)])
    person = [s for s in kit["subscribers"] if s["email_address"] == "prima@example.com"]
    rows.same("the link stands in the field", [s["fields"] for s in person], [{"moa_link": link}])
    member = kit["members"].get("1234567/prima@example.com")
    rows.same("it stood there when the sequence started", member and member["fields"], {"moa_link": link})
    bought = [p for p in kit["purchases"] if p["transaction_id"] == i]
    rows.add("the purchase: amounts as numbers, its product", len(bought) == 1
             and (bought[0]["total"], bought[0]["subtotal"], bought[0]["tax"]) == (499.0, 405.69, 93.31)
             and bought[0]["products"][0]["pid"] == "master-of-aggregates", bought)
    letter = [m for m in shop.letters() if m["to"] == "prima@example.com"]
    rows.add("the buyer's letter has the link", len(letter) == 1 and link in letter[0]["text"],
             [m["text"] for m in letter])
    page = shop.browser.get(letter and re.search(r"https://shop\.example\.com/o/\S+",
                                                 letter[0]["text"])[0] or "/")
    rows.add("the buyer's page has it too", link and link in page.text, page)


FAULTS = {"slow": 2, "refuse": 1, "busy": 2, "limit": 2, "fail": 2, "fail_after": 2, "drop": 3,
          "half": 2, "garbage": 1, "cut_json": 1, "hang": 1, "late": 1}


def rough(rows, shop, partners, count):
    """The same under misbehaviour of every kind; in the end everything stands, nothing twice."""
    partners.plan(seed=count, rate=0.4, faults=FAULTS, hang_ms=2500, late_ms=300)
    partners.knob(kit__lag_ms=400, kit__page=4)
    made = {}
    for n in range(count):
        email = f"buyer{n}@example.com"
        i, ref, amount = order(shop, email)
        if pay(shop, ref, amount, f"R{n:05}"):
            made[i] = email
    rows.same("every order is paid", len(made), count)
    wait_for(lambda: partners.counts()["requests"] > 6 * count, most=40)
    partners.kind()
    wait_for(lambda: all(o["state"] == "fulfilled" for i, o in shop.orders().items() if i in made),
             every=0.5, most=180)
    seen = partners.counts()["faults"]
    rows.add("the partners did misbehave", sum(seen.get(f, 0) for f in FAULTS) >= count, seen)
    orders, effects, kit = shop.orders(), partners.effects(), partners.state("kit")
    letters = shop.letters()
    for i, email in made.items():
        one_buyer(rows, orders[i], email, (effects, kit, letters))


def one_buyer(rows, o, email, seen):
    effects, kit, letters = seen
    i, link = o["id"], step_of(o, "invitation")["values"].get("link", "")
    rows.add(f"{email}: everything done", o["state"] == "fulfilled",
             [(s["id"], s["state"], s["error"]) for s in o["steps"]])
    rows.same(f"{email}: one invitation", effects.get(("academy", "invite", i)), 1)
    rows.same(f"{email}: one purchase", effects.get(("kit", "purchase", i)), 1)
    rows.same(f"{email}: one start of the sequence",
              effects.get(("kit", "sequence", f"1234567/{email}")), 1)
    rows.same(f"{email}: the link was in the field when it started",
              kit["members"].get(f"1234567/{email}", {}).get("fields"), {"moa_link": link})
    mine = [m for m in letters if m["to"] == email and link in m["text"]]
    rows.same(f"{email}: the link in the letter, one Message-ID", len({m["id"] for m in mine}), 1)


def poison(rows, shop, partners):
    """A sequence that is inactive, a field that Kit does not know: refused, told, mended."""
    i, ref, amount = order(shop, "notes@example.com", "event-storming-notes")
    pay(shop, ref, amount, "P00001")
    o = shop.wait_order(i, lambda o: step_of(o, "subscriber").get("state") == "poison"
                        and step_of(o, "purchase").get("state") == "done"
                        and step_of(o, "access").get("state") == "done")
    rows.add("a field that Kit drops in silence is seen: poison", step_of(o, "subscriber")["state"]
             == "poison" and "unexpected reply" in step_of(o, "subscriber")["error"],
             step_of(o, "subscriber"))
    rows.same("the sequence is not started with an empty link", step_of(o, "sequence")["state"],
              "waiting")
    link = step_of(o, "invitation")["values"].get("link", "-")
    rows.add("the buyer has the link all the same", any(
        m["to"] == "notes@example.com" and link in m["text"] for m in shop.letters()), o["steps"])
    rows.same("the purchase stands", partners.effects().get(("kit", "purchase", i)), 1)
    rows.add("the owner is told", wait_for(lambda: any(
        m["to"] == "jan@example.com" and f"{i}/1/subscriber" in m["text"] for m in shop.letters())),
        [m["subject"] for m in shop.letters()][-3:])
    shop.stop()
    shop.change("_data/products.yml", "kit_field: notes_link", "kit_field: invitation_link")
    shop.start()
    shop.cli("queue", "retry", "--anew", f"{i}/1/subscriber")
    o = shop.wait_order(i, lambda o: step_of(o, "sequence")["state"] == "poison")
    rows.add("mended: the field is right, now the sequence is refused", step_of(o, "subscriber")["state"]
             == "done" and "Not Found" in step_of(o, "sequence")["error"], o["steps"])
    shop.stop()
    shop.change("_data/products.yml", "kit_sequence: 1234568", "kit_sequence: 1234567")
    shop.start()
    shop.cli("queue", "retry", "--anew", f"{i}/1/sequence")
    o = shop.wait_state(i)
    rows.same("mended: fulfilled", o["state"], "fulfilled")
    kit = partners.state("kit")
    rows.same("the link stood in the field when the sequence started",
              kit["members"]["1234567/notes@example.com"]["fields"], {"invitation_link": link})
    rows.same("nothing waits any more", shop.cli_run("queue", "list").returncode, 0)


def wrong_credential(rows, shop, partners):
    """An API key cannot register purchases: 401 is refused, not tried for ever; then the right one."""
    shop.stop()
    shop.env["KIT_TOKEN"] = "kit-key"
    shop.start()
    i, ref, amount = order(shop, "cred@example.com")
    pay(shop, ref, amount, "C00001")
    o = shop.wait_order(i, lambda o: step_of(o, "purchase").get("state") == "poison")
    rows.add("401: poison at once", step_of(o, "purchase")["state"] == "poison"
             and step_of(o, "purchase")["attempts"] == 1, step_of(o, "purchase"))
    rows.add("the secret is nowhere in what the owner is shown", "kit-key" not in str(o)
             and "kit-key" not in shop.cli("queue", "show", f"{i}/1/purchase", "--json"), o)
    shop.stop()
    shop.env["KIT_TOKEN"] = SECRETS["KIT_TOKEN"]
    shop.start()
    shop.cli("queue", "retry", f"{i}/1/purchase")
    rows.same("the right token, same bytes: done", shop.wait_state(i)["state"], "fulfilled")


def no_secrets(rows, shop):
    data = b""
    for name in ("shop.db", "shop.db-wal"):
        if os.path.exists(shop.path("var", name)):
            with open(shop.path("var", name), "rb") as f:
                data += f.read()
    data += shop.log_text().encode()
    for name, value in SECRETS.items():
        rows.add(f"the value of {name} is neither in the store nor in the log",
                 value.encode() not in data)


def run(rows, program, folder, count=12):
    example_is_sound(rows, program, os.path.join(folder, "example"))
    partners = StandIn(folder)
    shop = example(program, os.path.join(folder, "first"), partners).start()
    try:
        smooth(rows, shop, partners)
        rough(rows, shop, partners, count)
        poison(rows, shop, partners)
        wrong_credential(rows, shop, partners)
        no_secrets(rows, shop)
        rows.same("it ends well when asked to", shop.stop(), 0)
    finally:
        shop.stop(9)
        partners.stop()
