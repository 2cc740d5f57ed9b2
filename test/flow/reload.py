"""reload: the data files change while the shop runs: SIGHUP and `grosz reload`; what is wrong keeps
the shop as it was."""
import json
import os
import re
import signal
import sqlite3
import threading

from buying import PRODUCT, buy, demo, order_json
from driver import wait_for

BROKEN = [  # name, file, what is replaced, by what, what is said
    ("broken YAML", "shop.yml", "consents:", "consents: [", r"shop\.yml:\d+:\d+: "),
    ("a price that is none", "_data/products.yml", "499.00 PLN", "dear", r"products\.yml:\d+:\d+: "),
    ("two products of one id", "_data/products.yml", "- id: aggregates-field-guide",
     f"- id: {PRODUCT}", r"products\.yml:\d+:\d+: "),
    ("a secret that is not set", "shop.yml", "currency: PLN", "currency: PLN\ntimezone: ${NOWHERE}",
     r"shop\.yml:\d+:\d+: .*NOWHERE"),
    ("a certificate that is not there", "shop.yml", "currency: PLN",
     "currency: PLN\ntls: {cert: a.pem, key: b.pem}", r"shop\.yml:\d+:\d+: cannot read a\.pem"),
    ("a page that is not UTF-8", "pages/terms.md", "---", "---\n\udcff", r"pages/terms\.md"),
    ("a theme with an unknown hole", "theme/message.html", None, "{{no.such.thing", r"message\.html:\d+"),
]


def price(shop):
    found = re.search(r"(\d+\.\d\d)", shop.browser.get(f"/p/{PRODUCT}/").text)
    return found.group(1) if found else ""


def set_price(shop, old, new):
    shop.change("_data/products.yml", f"{old} PLN", f"{new} PLN")


def replaced(rows, shop):
    """A new price, a new product and a new page, without a restart."""
    before, made, _ = buy(shop)
    rows.same("the price at the start", price(shop), "499.00")
    set_price(shop, "499.00", "389.00")
    shop.write("pages/fresh.md", "---\ntitle: Fresh\n---\nHello.\n")
    rows.same("nothing changes by itself", (price(shop), shop.browser.get("/fresh/").status),
              ("499.00", 404))
    shop.process.send_signal(signal.SIGHUP)
    rows.add("SIGHUP: the new price", wait_for(lambda: price(shop) == "389.00"), shop.log_end())
    rows.same("SIGHUP: the new page", shop.browser.get("/fresh/").status, 200)
    rows.add("SIGHUP: the log says so", wait_for(lambda: "The shop is reloaded: 2 products." in shop.log_text()),
             shop.log_end())
    order, _, _ = buy(shop)
    rows.same("an order has the new price", shop.order(order)["total"], "389.00")
    rows.same("the old order its own", shop.order(before)["total"], "499.00")
    rows.same("and its page", shop.browser.get(made["page"]).status, 200)
    set_price(shop, "389.00", "499.00")
    done = shop.cli_run("reload")
    rows.add("grosz reload: says what it did", done.returncode == 0 and done.stdout == ""
             and "reloaded: 2 products" in done.stderr, done)
    rows.same("grosz reload: the price is there when it ends", price(shop), "499.00")


def kept(rows, shop):
    """A file with a mistake: named with its place, and the shop goes on as it was."""
    for name, file, old, new, said in BROKEN:
        there = os.path.exists(shop.path(file))
        good = shop.read(file) if there else None
        text = good.replace(old, new, 1) if old else new
        os.makedirs(os.path.dirname(shop.path(file)), exist_ok=True)
        with open(shop.path(file), "wb") as f:
            f.write(text.encode("utf-8", "surrogateescape"))
        done = shop.cli_run("reload")
        rows.add(f"{name}: exit code 1 and the place", done.returncode == 1
                 and re.search(said, done.stderr) and "goes on as it was" in done.stderr, done)
        rows.add(f"{name}: the log too", wait_for(lambda: re.search(
            r"level=error words=\"\S*" + said, shop.log_text()), 20), shop.log_end())
        rows.same(f"{name}: the shop goes on", order_json(shop).status, 201)
        if there:
            shop.write(file, good)
        else:
            os.unlink(shop.path(file))
    done = shop.cli_run("reload")
    rows.same("mended: exit code 0", done.returncode, 0)


def fixed(rows, shop):
    """What belongs to the start is named, and the rest is taken."""
    good = shop.read("shop.yml")
    shop.write("shop.yml", good.replace("name: ", "name: New ", 1) + "\nlisten: 127.0.0.1:1\n")
    done = shop.cli_run("reload")
    rows.add("listen: takes effect at the next start", done.returncode == 0
             and re.search(r"shop\.yml:\d+:\d+: advice: `listen` .*next start", done.stderr), done)
    shop.write("shop.yml", re.sub(r"(?m)^limits:.*\n", "", good) + "\nlimits: {connections: 9}\n")
    done = shop.cli_run("reload")
    rows.add("limits: takes effect at the next start", done.returncode == 0
             and re.search(r"shop\.yml:\d+:\d+: advice: `limits` .*next start", done.stderr), done)
    shop.write("shop.yml", good + "\nlog: steps\n")
    rows.same("log: no advice", [line for line in shop.cli_run("reload").stderr.splitlines() if "log" in line], [])
    quiet = shop.browser.get_json("/nothing").json["ref"]
    shop.write("shop.yml", good)
    shop.cli("reload")
    loud = shop.browser.get_json("/nothing").json["ref"]
    rows.add("log: followed at once, both ways", wait_for(lambda: f"ref={loud} " in shop.log_text(), 20)
             and f"ref={quiet} " not in shop.log_text(), shop.log_end())
    shop.write("shop.yml", good.replace("name: ", "name: New ", 1))
    shop.cli("reload")
    rows.add("and the name at once", "New " in shop.browser.get("/").text, "")
    shop.write("shop.yml", good)
    _, made, _ = buy(shop)
    secret = shop.read("var/secret")
    os.unlink(shop.path("var/secret"))
    shop.cli("reload")
    rows.same("a lost secret: links of before still open", shop.browser.get(made["page"]).status, 200)
    rows.same("and no other one is made", os.path.exists(shop.path("var/secret")), False)
    shop.write("var/secret", secret)


def under_load(rows, shop):
    """Orders while the shop is exchanged again and again: each is answered, each text is kept."""
    answers, stop = [], threading.Event()

    def buyer():
        while not stop.is_set():
            answer = order_json(shop, price="")
            answers.append((answer.status, answer.text[:200]))

    buyers = [threading.Thread(target=buyer) for _ in range(4)]
    for b in buyers:
        b.start()
    now = "499.00"
    for i in range(20):
        set_price(shop, now, f"{400 + i}.00")
        now = f"{400 + i}.00"
        shop.cli("reload")
        shop.process.send_signal(signal.SIGHUP)
    stop.set()
    for b in buyers:
        b.join()
    wrong = [a for a in answers if a[0] != 201]
    rows.add("under load: every order is answered", answers and not wrong, wrong[:3])
    shop.stop()
    with sqlite3.connect(shop.path("var", "shop.db")) as db:
        texts = {part for part, in db.execute("SELECT part FROM row WHERE kind='text'")}
        orders = [json.loads(b) for b, in db.execute("SELECT bytes FROM row WHERE kind='order'")]
    db.close()
    named = {f"text/{line['hash']}" for o in orders for line in o["lines"]}
    rows.add("under load: orders at several prices", len(named) > 5, len(named))
    rows.same("every text that an order names is kept", named - texts, set())
    set_price(shop, now, "499.00")


def serve(rows, program, folder):
    shop = demo(program, folder).start("serve")
    shop.change("_data/products.yml", f"- id: {PRODUCT}", f"- id: {PRODUCT}\n  draft: true")
    shop.cli("reload")
    made = order_json(shop).json
    rows.add("serve: drafts stay in sight, links lead to itself", f":{shop.port}/" in made.get("link", ""), made)
    shop.stop(2)
    lost = shop.cli_run("reload")
    rows.add("nothing runs: says so", lost.returncode == 5 and "grosz run" in lost.stderr, lost)


def run(rows, program, folder):
    shop = demo(program, os.path.join(folder, "shop")).start()
    replaced(rows, shop)
    kept(rows, shop)
    fixed(rows, shop)
    under_load(rows, shop)
    serve(rows, program, os.path.join(folder, "serve"))
