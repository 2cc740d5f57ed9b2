"""full: the disk is really full, at each place where the program writes: it says so and what to type, nothing that
was acknowledged is lost, and with room again everything goes on by itself."""
import json
import os

from buying import demo, order_form, order_json, press
from driver import SmallDisk, wait_for


def said(rows, name, done, *words, code=75):
    rows.same(f"{name}: its exit code", done.returncode, code)
    for word in ("df -h", *words):
        rows.add(f"{name}: says {word!r}", word in done.stderr, done.stderr)


def at_start(rows, shop, disk):
    disk.fill()
    said(rows, "the first start", shop.cli_run("run", "--port", str(shop.port)))
    disk.clear()
    shop.start()
    rows.same("then there is room, and it starts", shop.browser.get("/healthz").text, "green\n")
    shop.stop()
    disk.fill()
    done = shop.cli_run("run", "--port", str(shop.port))
    said(rows, "a later start", done, "room")
    disk.clear()


def selling(rows, shop, disk):
    """Refused are new orders only: what was placed can be paid, and is delivered when there is room."""
    shop.start()
    first = order_json(shop).json
    before = set(shop.orders())
    disk.fill()
    got = [order_json(shop) for _ in range(3)]
    refused = wait_for(lambda: next((a for a in [order_json(shop)] if a.status == 507), None))
    rows.add("a new order is refused", refused and refused.status == 507, refused)
    rows.add("as a program reads it", refused.json["status"] == 507 and "charged" in refused.json["detail"],
             refused)
    page = shop.browser.form("/api/order", order_form(shop)[1])
    rows.add("as a person does: nothing was charged", page.status == 507 and "charged" in page.text
             and "<!doctype" in page.text, page)
    kept = before | {a.json["id"] for a in got if a.status == 201}
    paid = press(shop, first["link"], "pay")
    rows.add("a payment is taken all the same", paid.status == 303, paid)
    o = shop.wait_state(first["id"], "paid", 20)
    rows.add("and is on its order", o["state"] in ("paid", "fulfilled"), o)
    rows.add("a page is shown", shop.browser.get(first["page"]).status == 200)
    rows.same("of what was acknowledged nothing is lost", kept - set(shop.orders()), set())
    backup(rows, shop, disk, "beside the shop", shop.path("var", "copy.db"))
    disk.clear()
    rows.same("room again: delivered by itself", shop.wait_state(first["id"])["state"], "fulfilled")
    rows.add("room again: orders are taken", wait_for(lambda: order_json(shop).status == 201))
    rows.add("and the reserve is back", wait_for(lambda: order_json(shop) and os.path.exists(
        shop.path("var", "shop.db.reserve"))))
    rows.same("the letter came once", len([m for m in shop.letters() if m["to"] == "anna@example.com"]), 1)


def backup(rows, shop, disk, name, path):
    done = shop.cli_run("backup", path)
    said(rows, f"a backup, {name}", done)
    rows.same(f"a backup, {name}: nothing is half written", [f for f in os.listdir(os.path.dirname(path))
                                                             if "copy.db" in f], [])


def elsewhere(rows, shop, folder):
    with SmallDisk(os.path.join(folder, "other"), 8) as other:
        path = os.path.join(other.folder, "copy.db")
        other.fill()
        backup(rows, shop, other, "onto a full disk", path)
        other.clear()
        rows.same("with room it is made", shop.cli_run("backup", path).returncode, 0)
        other.fill()
        out = os.path.join(other.folder, "pages")
        done = shop.cli_run("build", "--to", out)
        said(rows, "a build", done)
        other.clear()
        rows.same("with room it is built", shop.cli_run("build", "--to", out).returncode, 0)
        index = os.path.join(out, "index.html")
        with open(index, "rb") as f:
            before = f.read()
        shop.change("shop.yml", "name: ", "name: New ")
        other.fill()
        said(rows, "a build over an old one", shop.cli_run("build", "--to", out))
        with open(index, "rb") as f:
            rows.same("its front page is the old one, whole", f.read(), before)
        other.clear()
        rows.same("with room it is the new one", shop.cli_run("build", "--to", out).returncode, 0)


def restore(rows, shop, disk, folder):
    orders = set(shop.orders())
    path = os.path.join(folder, "kept.db")
    shop.cli("backup", path)
    later = order_json(shop).json["id"]
    shop.stop()
    disk.fill(64 << 10)
    said(rows, "a restore", shop.cli_run("restore", "--yes", path))
    disk.clear()
    rows.same("nothing was exchanged", later in shop.orders(), True)
    rows.same("with room it is restored", shop.cli_run("restore", "--yes", path).returncode, 0)
    rows.same("the orders of the backup are there", set(shop.orders()), orders)


def run(rows, program, folder):
    shop = demo(program, os.path.join(folder, "shop"))
    with SmallDisk(shop.path("var"), 100) as disk:
        if not disk:
            print("full: skipped, mounting is not permitted here: no disk can be filled")
            rows.add("skipped", True)
            return
        at_start(rows, shop, disk)
        selling(rows, shop, disk)
        elsewhere(rows, shop, folder)
        restore(rows, shop, disk, folder)
