"""backup: a copy while the shop runs and sells, put back afterwards: nothing that was acknowledged before is
missing, nothing is silently doubled; whatever is broken, in the way or killed."""
import datetime
import json
import os
import shutil
import sqlite3
import subprocess
import threading
import time

from buying import demo
from driver import Shop, StandIn, step_of, wait_for
from partners import CLASSES, lab, order, pay, unknowns


def orders_in(path):
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA quick_check").fetchone() == ("ok",)
        found = {r[0] for r in db.execute("SELECT part FROM row WHERE kind = 'order'")}
    db.close()
    return found


def backup(shop, path, *words):
    return shop.cli_run("backup", path, *words)


# ---- under load, into another folder ----

def loaded(rows, program, folder):
    shop = demo(program, os.path.join(folder, "loaded")).start()
    stop, acknowledged = threading.Event(), []

    def buyers():
        while not stop.is_set():
            acknowledged.append(order(shop, "master-of-aggregates")["id"])

    crowd = [threading.Thread(target=buyers) for _ in range(3)]
    for t in crowd:
        t.start()
    wait_for(lambda: len(acknowledged) > 60, every=0.02)
    before = set(acknowledged)
    path = os.path.join(folder, "loaded.db")
    done = backup(shop, path, "--json", "--with-secret")
    stop.set()
    for t in crowd:
        t.join()
    rows.same("backup under load", done.returncode, 0)
    said = json.loads(done.stdout)
    found = orders_in(path)
    rows.add("every order acknowledged before is in it", before <= found and said["orders"] == len(found),
             (said, len(before - found)))
    rows.same("only the owner reads it", os.stat(path).st_mode & 0o777, 0o600)
    secret = shop.read("var/secret")
    shop.stop()
    other = Shop(program, os.path.join(folder, "other"))
    shutil.copytree(shop.folder, other.folder, ignore=shutil.ignore_patterns("var"))
    done = other.cli_run("restore", path)
    rows.same("into a folder without var/", done.returncode, 0)
    rows.same("with the secret that was in it", other.read("var/secret").strip(), secret.strip())
    with open(other.path("var", "shop.db"), "rb") as f:
        rows.add("which is not left in the database", secret.strip().encode() not in f.read())
    other.start()
    rows.add("and the orders are there", before <= set(other.orders()))
    other.stop()


# ---- the time machine ----

def later(rows, program, folder):
    """Worked off after the backup, restored, run again: what the partners have is not done twice."""
    partners = StandIn(folder)
    shop = lab(program, os.path.join(folder, "later"), partners).start()
    path = os.path.join(folder, "later.db")
    partners.plan(rate=1.0, faults={"busy": 1})
    started, placed = order(shop, "all", "Started"), order(shop, "all", "Placed")
    pay(shop, started)
    shop.wait_order(started["id"], lambda o: all(step_of(o, c).get("attempts", 0) for c in CLASSES))
    rows.same("backup of what is under way", backup(shop, path).returncode, 0)
    partners.kind()
    pay(shop, placed)
    for made in (started, placed):
        o = shop.wait_state(made["id"])
        rows.same("delivered after the backup", o["state"], "fulfilled")
    lost = order(shop, "opaque", "Lost")
    refused = shop.cli_run("restore", "--yes", path)
    rows.add("a running shop is not restored into", refused.returncode == 75 and "in use" in refused.stderr, refused)
    shop.stop()
    unsure = shop.cli_run("restore", path)
    rows.add("without --yes it says what it would do", unsure.returncode == 2 and "--yes" in unsure.stderr
             and "2 orders" in unsure.stderr, unsure)
    rows.add("and does nothing", lost["id"] in orders_in(shop.path("var", "shop.db")))
    rows.same("restored", shop.cli_run("restore", "--yes", path).returncode, 0)
    rows.add("the old database is kept", lost["id"] in orders_in(shop.path("var", "shop.db.before-1")))
    shop.start()
    pay(shop, placed)  # its note went with the days that are gone; the gateway sends it again
    for made in (started, placed):
        i = made["id"]
        o = shop.wait_order(i, lambda o: all(step_of(o, c).get("state") in ("done", "hold") for c in CLASSES))
        states = {c: step_of(o, c).get("state") for c in CLASSES}
        rows.same("asked or repeated with its key; on hold where neither can be", states,
                  {"askable": "done", "keyed": "done", "natural": "done", "opaque": "hold"})
        effects = partners.effects()
        rows.same("done once", {c: effects.get((c, "make", i)) for c in ("askable", "keyed", "opaque")},
                  {"askable": 1, "keyed": 1, "opaque": 1})
        rows.same("and that nobody knew is recorded", unknowns(shop, f"{i}/1/opaque"), 1)
        keys = [w["keys"] for (p, _, ref), w in partners.wire().items() if p == "keyed" and ref == i]
        rows.add("with the same key", len(keys) == 1 and len(keys[0]) == 1, keys)
    fresh = order(shop, "all", "Fresh")
    pay(shop, fresh)
    rows.same("what is new is not doubted", shop.wait_state(fresh["id"])["state"], "fulfilled")
    job = f"{started['id']}/1/opaque"
    shop.cli("queue", "done", "--evidence", "seen there", job)
    rows.same("a person's word ends it", shop.wait_state(started["id"])["state"], "fulfilled")
    shop.stop()
    partners.stop()


# ---- what is refused, and changes nothing ----

def spoil(path, good, how):
    shutil.copy(good, path)
    if how == "newer":
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA user_version=99")
        db.close()
    elif how == "foreign":
        os.remove(path)
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE row (a)")
        db.close()
    elif how == "empty":
        open(path, "w").close()
    elif how == "half":
        os.truncate(path, os.path.getsize(path) // 2)
    elif how == "no database":
        with open(path, "w") as f:
            f.write("hello\n" * 5000)
    elif how == "in use":
        with open(path + "-wal", "w") as f:
            f.write("x")
    elif how == "damaged":
        with open(path, "r+b") as f:
            f.seek(8192)
            f.write(b"\xa5" * 512)


UNSAID = [  # shop.yml has more, flags, exit code, words: where the database lies is not known
    ("shop.yml does not read", "\nnonsense: [\n", ["--yes"], 4, ["shop.yml:", "--store", "Nothing was changed"]),
    ("no such store", "\nstore: mysql:shop\n", ["--yes"], 4, ["shop.yml", "sqlite:<file>", "Nothing was changed"]),
    ("a store outside", "\nstore: sqlite:/tmp/x.db\n", ["--yes"], 4, ["shop's folder", "Nothing was changed"]),
    ("--store outside", None, ["--store", "sqlite:../x.db"], 2, ["--store", "shop's folder"]),
    ("--store of a file that is none", None, ["--yes", "--store", "sqlite:shop.yml"], 2, ["shop.yml is no database"]),
    ("--store of another kind", None, ["--store", "var/shop.db"], 2, ["--store", "sqlite:"]),
]


def refused(rows, program, folder):
    shop = demo(program, os.path.join(folder, "refused")).start()
    kept = order(shop, "master-of-aggregates")["id"]
    good = os.path.join(folder, "good.db")
    rows.same("backup", backup(shop, good).returncode, 0)
    again = backup(shop, good)
    rows.add("not over a file", again.returncode == 1 and f"{good} is there already" in again.stderr
             and "--replace" in again.stderr, again)
    rows.same("unless told", backup(shop, good, "--replace").returncode, 0)
    os.mkfifo(os.path.join(folder, "fifo"))
    os.symlink(shop.path("var", "shop.db"), os.path.join(folder, "link.db"))
    for name, path, said in [("the database itself", shop.path("var", "shop.db"), "own database"),
                             ("a link to it", os.path.join(folder, "link.db"), "own database"),
                             ("its log", shop.path("var", "shop.db-wal"), "no backup"),
                             ("the settings", shop.path("shop.yml"), "no backup"),
                             ("a device", "/dev/zero", "no backup"),
                             ("a pipe", os.path.join(folder, "fifo"), "no backup")]:
        before = os.lstat(path)
        done = backup(shop, path, "--replace")
        rows.add(f"never over {name}", done.returncode == 1 and said in done.stderr
                 and os.lstat(path).st_ino == before.st_ino, done)
    open(os.path.join(folder, "empty.db"), "w").close()
    rows.same("over an empty file", backup(shop, os.path.join(folder, "empty.db"), "--replace").returncode, 0)
    rows.same("and the shop has its orders", shop.order(kept)["id"], kept)
    for name, path in [("a folder that is not there", os.path.join(folder, "no/such/x.db")), ("a folder", folder)]:
        done = backup(shop, path)
        rows.add(f"{name}: refused in words", done.returncode and done.stderr.strip() and not done.stdout, done)
    shop.stop()
    rows.same("backup while it does not run", backup(shop, good, "--replace").returncode, 0)
    rows.same("nothing half left", [n for n in os.listdir(folder) if ".part" in n], [])
    for how in ["newer", "foreign", "empty", "half", "no database", "in use", "damaged"]:
        bad = os.path.join(folder, f"bad-{how.replace(' ', '-')}.db")
        spoil(bad, good, how)
        done = shop.cli_run("restore", "--yes", bad)
        rows.add(f"{how}: refused in words", done.returncode in (1, 3, 4, 5) and done.stderr.strip(), done)
    for name, path in [("not there", os.path.join(folder, "none.db")), ("itself", shop.path("var", "shop.db"))]:
        done = shop.cli_run("restore", "--yes", path)
        rows.add(f"{name}: refused in words", done.returncode in (1, 5) and done.stderr.strip(), done)
    settings = shop.read("shop.yml")
    for name, text, more, code, said in UNSAID:
        if text is not None:
            shop.write("shop.yml", settings + text)
        done = shop.cli_run("restore", *more, good)
        rows.add(f"{name}: refused in words", done.returncode == code and all(w in done.stderr for w in said), done)
        shop.write("shop.yml", settings)
    shop.write("shop.yml", settings + "\nnonsense: [\n")
    done = shop.cli_run("restore", "--store", "sqlite:var/beside.db", good)
    rows.add("named: restored there", done.returncode == 0 and kept in orders_in(shop.path("var", "beside.db")), done)
    os.remove(shop.path("var", "beside.db"))
    shop.write("shop.yml", settings)
    secret = shop.read("var/secret")
    shop.write("var/secret", "ab" * 32 + "\n")
    done = shop.cli_run("restore", "--yes", good)
    rows.add("another shop secret: refused", done.returncode == 1 and "secret" in done.stderr, done)
    os.remove(shop.path("var", "secret"))
    done = shop.cli_run("restore", "--yes", good)
    rows.add("no shop secret: refused, none is made", done.returncode == 4
             and not os.path.exists(shop.path("var", "secret")), done)
    shop.write("var/secret", secret)
    left = sorted(n for n in os.listdir(shop.path("var")) if "restore" in n or "before" in n)
    rows.same("nothing was changed, nothing left", (left, set(shop.orders())), ([], {kept}))


# ---- a folder of dated ones ----

def dated(rows, program, folder):
    """The newest so many days stay, by name; what is named otherwise is nobody's business."""
    shop = demo(program, os.path.join(folder, "dated")).start()
    order(shop, "master-of-aggregates")
    place = os.path.join(folder, "made/by/it")
    today = f"shop-{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}.db"
    done = backup(shop, place + "/", "--keep", "2", "--json")
    rows.same("it is made", done.returncode and done.stderr, 0)
    rows.same("the folder is made, and today's file in it", (done.returncode, os.listdir(place)), (0, [today]))
    rows.same("only the owner looks in", os.stat(place).st_mode & 0o777, 0o700)
    strangers = ["shop-2020-01-01.db.old", "shop-2020-1-1.db", "other-2020-01-01.db", "shop-2020-01-0x.db", "notes"]
    old = ["shop-2019-12-31.db", "shop-2020-01-01.db", "shop-2020-01-02.db"]
    for name in [*strangers, *old, "shop-2020-01-03.db.part"]:
        open(os.path.join(place, name), "w").close()
    os.symlink(shop.path("shop.yml"), os.path.join(place, "shop-2018-01-01.db"))
    os.remove(os.path.join(place, today))
    for turn in ("made", "made again on the same day"):
        done = backup(shop, place, "--keep", "2", "--json")
        rows.same(f"{turn}: the newest two and all strangers stay", sorted(os.listdir(place)),
                  sorted([*strangers, "shop-2020-01-02.db", today]))
    rows.same("what went is said", sorted(json.loads(done.stdout)["removed"]), [])
    rows.add("a link is removed, not what it leads to", os.path.exists(shop.path("shop.yml")))
    rows.same("it is a backup", len(orders_in(os.path.join(place, today))), 1)
    for words in (["--keep", "0", place], ["--keep", "x", place], ["--keep", "2"]):
        rows.add(f"refused: {words[:2]}", backup(shop, *words[2:], *words[:2]).returncode in (1, 2)
                 and len(os.listdir(place)) == len(strangers) + 2, words)
    rows.same("doctor is content", doctor_row(shop, "backup")["state"], "ok")
    block = os.path.join(folder, "a-file")
    open(block, "w").close()
    done = backup(shop, block, "--keep", "2")
    rows.add("a file for the folder", done.returncode and "no backup" in done.stderr, done)
    row = doctor_row(shop, "backup")
    rows.add("doctor says that the last try failed", row["state"] == "fail" and block in row["says"], row)
    backup(shop, place, "--keep", "2")
    rows.same("until one is made", doctor_row(shop, "backup")["state"], "ok")
    shop.stop()
    os.remove(os.path.join(place, today))
    rows.same("also while it does not run", (backup(shop, place, "--keep", "2").returncode, today in os.listdir(place)),
              (0, True))


def doctor_row(shop, name):
    lines = shop.cli_run("doctor", "--json").stdout.splitlines()
    return next(r for r in map(json.loads, lines) if r["check"] == name)


# ---- killed ----

def killed(rows, program, folder):
    shop = demo(program, os.path.join(folder, "killed")).start()
    first = order(shop, "master-of-aggregates")["id"]
    good = os.path.join(folder, "first.db")
    backup(shop, good)
    second = order(shop, "master-of-aggregates")["id"]
    command = [program, "backup", "-C", shop.folder, "--replace"]
    for n, wait in enumerate([0.0, 0.05, 0.1, 0.15, 0.2]):
        path = os.path.join(folder, f"killed-{n}.db")
        p = subprocess.Popen([*command, path], env=shop.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        shop.process.kill()
        shop.process.wait()
        p.wait()
        rows.add(f"killed while a backup is made, {wait} s: whole or not there",
                 not os.path.exists(path) or {first, second} <= orders_in(path))
        shop.start()
    shop.stop()
    both = {first, second}
    for wait in [0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2]:
        p = subprocess.Popen([program, "restore", "-C", shop.folder, "--yes", good], env=shop.env,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        p.kill()
        p.wait()
        found = set(shop.orders())
        rows.add(f"killed while it restores, {wait} s: the old or the new", found in (both, {first}), found)
        if found == {first}:
            aside = [n for n in os.listdir(shop.path("var")) if n.startswith("shop.db.before-")]
            rows.add("the old one is kept", any(second in orders_in(shop.path("var", n)) for n in aside
                                                if not n.endswith(("-wal", "-shm"))), aside)
    rows.same("nothing half left", [n for n in os.listdir(shop.path("var")) if ".restore" in n], [])


def run(rows, program, folder):
    loaded(rows, program, folder)
    refused(rows, program, folder)
    dated(rows, program, folder)
    killed(rows, program, folder)
    later(rows, program, folder)
