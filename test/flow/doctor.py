"""doctor: what it looks at, what it says, and the command that mends it; running and stopped."""
import datetime
import json
import os
import sqlite3

from buying import demo, order_json, reference_of, test_note
from driver import wait_for
from tls import openssl, put

BROKEN = [  # name, file, old, new, which row, its state, exit code
    ("a mistake in the files", "shop.yml", "lang: en", "lang: english", "files", "fail", 3),
    ("a secret that is no secret", "var/secret", None, "not hex\n", "secret", "fail", 3),
    ("mail to nowhere that reads", "shop.yml", '"file:var/outbox"', '"smtp://"', "files", "fail", 3),
]


def look(shop, *more):
    done = shop.cli_run("doctor", "--json", *more)
    return done.returncode, {r["check"]: r for r in map(json.loads, done.stdout.splitlines())}, done


def well(rows, shop, how):
    code, seen, done = look(shop)
    rows.same(f"{how}: nothing fails", (code, [r for r in seen.values() if r["state"] == "fail"]), (0, []))
    rows.same(f"{how}: all is looked at", set(seen), {"files", "secret", "mode", "addresses", "clock", "disk",
                                                       "mail", "store", "backup", "queue", "gateway", "proxies"})
    rows.add(f"{how}: what is not ok names what mends it",
             all(r["mend"] for r in seen.values() if r["state"] != "ok"), seen)
    rows.add(f"{how}: no backup is warned of", seen["backup"]["state"] == "warn"
             and "grosz backup" in seen["backup"]["mend"], seen["backup"])


def broken(rows, shop):
    for name, file, old, new, what, state, code in BROKEN:
        good = shop.read(file)
        shop.write(file, good.replace(old, new) if old else new)
        got, seen, done = look(shop)
        rows.add(name, got == code and seen.get(what, {}).get("state") == state, (got, seen, done.stderr))
        shop.write(file, good)


CA = """[ca]
default_ca = own
[own]
database = %(at)s/index
new_certs_dir = %(at)s
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = DNS:shop.example.com
"""


def certificate(at, name, first, last):
    """name.pem and name.key, good from and until so many days from now."""
    os.makedirs(at, exist_ok=True)
    open(f"{at}/index", "w").close()
    with open(f"{at}/ca.conf", "w") as f:
        f.write(CA % {"at": at})
    now = datetime.datetime.now(datetime.timezone.utc)
    start, end = (f"{now + datetime.timedelta(days=d, hours=1):%Y%m%d%H%M%SZ}" for d in (first, last))
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=shop",
            "-keyout", f"{at}/{name}.key", "-out", f"{at}/{name}.csr")
    openssl("ca", "-batch", "-selfsign", "-notext", "-config", f"{at}/ca.conf", "-keyfile", f"{at}/{name}.key",
            "-startdate", start, "-enddate", end, "-in", f"{at}/{name}.csr", "-out", f"{at}/{name}.pem")
    os.chmod(f"{at}/{name}.key", 0o600)


CERTIFICATES = [  # name, from and until in days from now, whose key, the row and its state, its words, exit code
    ("good for long", -1, 90, "own", "tls", "ok", "90 days", 0),
    ("good for a month", -60, 30, "own", "tls", "ok", "30 days", 0),
    ("not renewed", -60, 29, "own", "tls", "warn", "29 days", 0),
    ("still not renewed", -80, 10, "own", "tls", "warn", "10 days", 0),
    ("about to end", -81, 9, "own", "tls", "fail", "9 days", 3),
    ("its last hour", -90, 0, "own", "tls", "fail", "0 days", 3),
    ("expired", -91, -1, "own", "tls", "fail", "expired on", 3),
    ("not yet", 1, 91, "own", "tls", "fail", "not valid before", 3),
    ("expired, among the files", -91, -1, "own", "files", "fail", "1 mistake", 3),
    ("another one's key", -1, 90, "other", "files", "fail", "1 mistake", 3),
    ("no key", -1, 90, "none", "files", "fail", "1 mistake", 3),
]


def certificates(rows, program, folder):
    """The program's own certificate, by its files of today, whatever the running one still shows."""
    at = os.path.join(folder, "certificates")
    shop = demo(program, os.path.join(folder, "tls"), [("", f"\ntls: {{cert: {at}/cert.pem, key: {at}/key.pem}}\n")])
    shop.change("shop.yml", "url: http:", "url: https:")
    certificate(at, "other", -1, 90)
    for name, first, last, key, what, state, words, want in CERTIFICATES:
        certificate(at, "own", first, last)
        put(at, "own", "other" if key == "other" else "own")
        if key == "none":
            os.remove(f"{at}/key.pem")
        code, seen, done = look(shop)
        row = seen.get(what, {})
        rows.add(f"{name}: {what} {state}", (code, row.get("state")) == (want, state) and words in row["says"]
                 and (state == "ok" or row["mend"]), (code, row, done.stderr))


def proxy(rows, shop):
    """A proxy that shop.yml does not name: without its word all buyers are one address."""
    rows.same("no proxy", look(shop)[1]["proxies"]["state"], "ok")
    shop.browser.get("/", X_Forwarded_For="203.0.113.7")
    seen = look(shop)[1]["proxies"]
    rows.add("a proxy that is not named", seen["state"] == "warn" and "proxies: [127.0.0.1]" in seen["mend"]
             and "203.0.113.7" not in str(seen), seen)
    shop.stop()
    shop.write("shop.yml", shop.read("shop.yml") + "\nproxies: [127.0.0.1]\n")
    shop.start()
    shop.browser.get("/", X_Forwarded_For="203.0.113.7")
    rows.same("named, it is believed", look(shop)[1]["proxies"]["state"], "ok")


def person(rows, shop):
    """A payment for an order that is not here any more waits for a person."""
    made = order_json(shop).json
    shop.stop()
    with sqlite3.connect(shop.path("var", "shop.db")) as db:
        db.execute("DELETE FROM row WHERE part = ?", (made["id"],))
    db.close()
    shop.start()
    body = test_note(shop, reference_of(made["link"]), "paid", "499.00", "T-1")
    rows.same("its note is kept", shop.browser.form("/api/payment/test", body).text, "OK")
    wait_for(lambda: shop.queue())
    code, seen, _ = look(shop)
    rows.add("a stray waits for a person", code == 3 and seen["queue"]["state"] == "fail"
             and "queue list" in seen["queue"]["mend"], seen)


def damaged(rows, program, folder):
    """One order's row does not read, the newest one's: the others are shown, and it is told."""
    shop = demo(program, os.path.join(folder, "damaged")).start()
    kept, lost = order_json(shop).json["id"], order_json(shop).json["id"]
    shop.stop()
    with sqlite3.connect(shop.path("var", "shop.db")) as db:
        db.execute("UPDATE row SET bytes = CAST('{\"id\":' AS BLOB) WHERE part = ? AND kind = 'order'", (lost,))
        db.execute("INSERT INTO row (kind, part, key, version, due, leased, bytes)"
                   " VALUES ('stuck', ?, '1/invitation', 1, 0, 0, CAST('' AS BLOB))", (lost,))
    db.close()
    shop.start()
    shown = {o["id"]: o["state"] for o in map(json.loads, shop.cli("order", "list", "--json").splitlines())}
    rows.same("order list has both", shown, {kept: "placed", lost: "damaged"})
    done = shop.cli_run("queue", "list")
    rows.add("queue list has its job, and what mends it", done.returncode == 3
             and f"{lost}/1/invitation" in done.stdout and "grosz restore" in done.stdout, done)
    code, seen, _ = look(shop)
    rows.same("doctor looks at all", (code, seen["store"]["state"], seen["queue"]["state"]), (3, "ok", "fail"))
    rows.add("the shop sells", order_json(shop).status == 201)
    shop.stop()


def told(rows, program, folder):
    """The owner is written to: about news, not every day about the same, and again when it comes back."""
    shop = demo(program, os.path.join(folder, "told"))

    def letters():
        return [m for m in shop.letters() if "doctor" in m["text"]]

    def look_and_tell():
        done = shop.cli_run("doctor", "--tell")
        return done.returncode, "A letter about it" in done.stderr, done

    # The store itself is asked: a running program would send at once.
    rows.same("well: nothing is told", look_and_tell()[:2], (0, False))
    block = os.path.join(folder, "a-file")
    open(block, "w").close()
    rows.add("the nightly backup fails", shop.cli_run("backup", "--keep", "2", block).returncode)
    rows.same("which is told", look_and_tell()[:2], (3, True))
    rows.same("once", look_and_tell()[:2], (3, False))
    shop.start()
    rows.add("and goes out when the shop runs", wait_for(lambda: len(letters()) == 1), shop.letters())
    m = letters()[0]
    rows.add("to the owner, with what it is and what mends it", m["to"] == "jan@example.com"
             and "backup: the last try failed" in m["text"] and block in m["text"] and "grosz backup" in m["text"], m)
    shop.cli("backup", "--keep", "2", os.path.join(folder, "kept"))
    rows.same("mended", look_and_tell()[:2], (0, False))
    shop.cli_run("backup", "--keep", "2", block)
    rows.same("it comes back: told again", look_and_tell()[:2], (3, True))
    rows.add("by another letter", wait_for(lambda: len(letters()) == 2), shop.letters())
    rows.same("after a week", (age(shop), look_and_tell()[:2]), (1, (3, True)))
    shop.stop()


def age(shop):
    """What was told is a week older."""
    shop.stop()
    with sqlite3.connect(shop.path("var", "shop.db")) as db:
        bytes_, = db.execute("SELECT bytes FROM row WHERE part = 'doctor' AND kind = 'found'").fetchone()
        row = json.loads(bytes_)
        row["told"] = "2026-01-01T00:00:00.000Z"
        n = db.execute("UPDATE row SET bytes = ? WHERE part = 'doctor' AND kind = 'found'",
                       (json.dumps(row).encode(),)).rowcount
    db.close()
    shop.start()
    return n


def secrets(rows, program, folder):
    """They are given to the program, not to who types: what runs has them."""
    shop = demo(program, os.path.join(folder, "secrets"))
    shop.change("shop.yml", "{use: test}", "{use: test}\n  blik: {use: tpay, merchant: 1010, code: \"${TPAY_CODE}\"}")
    typed, shop.env = shop.env, {**shop.env, "TPAY_CODE": "x"}
    shop.start()
    shop.env = typed
    code, seen, done = look(shop)
    rows.same("runs with its secrets: nothing is missing", (code, seen["files"]["state"]), (0, "ok"))
    shop.stop()
    code, seen, done = look(shop)
    rows.same("nothing runs: the secret is missing", (code, seen["files"]["state"]), (3, "fail"))


def run(rows, program, folder):
    told(rows, program, folder)
    secrets(rows, program, folder)
    damaged(rows, program, folder)
    certificates(rows, program, folder)
    shop = demo(program, os.path.join(folder, "doctor"))
    shop.start()
    well(rows, shop, "running")
    proxy(rows, shop)
    person(rows, shop)
    backup = shop.path("var", "copy.db")
    shop.cli("backup", backup)
    rows.same("after a backup", look(shop)[1]["backup"]["state"], "ok")
    code, seen, done = look(shop, "--mail", "you@example.com")
    rows.add("a letter is tried", [m for m in shop.letters() if m["to"] == "you@example.com"], seen)
    rows.same("an address that is none", shop.cli_run("doctor", "--mail", "a\nb").returncode, 1)
    shop.stop()
    code, seen, done = look(shop)
    rows.add("stopped: the store is looked at all the same", seen["store"]["state"] == "ok", seen)
    broken(rows, shop)
    with open(shop.path("var", "shop.db"), "r+b") as f:
        f.seek(4096)
        f.write(os.urandom(40960))
    code, seen, done = look(shop)
    rows.add("a damaged database", code == 3 and seen["store"]["state"] == "fail", (code, seen, done.stderr))
