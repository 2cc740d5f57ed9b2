"""commands: what is typed: exit codes, sentences, JSON; with the shop running and without."""
import json
import os
import re
import shlex
import sqlite3
import socket
import subprocess
import threading

from buying import buy, demo

BROKEN = [  # name, file, what is replaced, by what, file:line is in the sentence
    ("an unknown key", "shop.yml", "currency: PLN", "curency: PLN", "shop.yml", "currency"),
    ("a language that is none", "shop.yml", "lang: en", "lang: polish", "shop.yml", "lang"),
    ("a duplicate key", "shop.yml", "currency: PLN", "currency: PLN\ncurrency: EUR", "shop.yml", "currency"),
    ("an anchor", "shop.yml", "lang: en", "lang: &x en", "shop.yml", ""),
    ("a gateway nobody knows", "shop.yml", "{use: test}", "{use: tset}", "shop.yml", "test"),
    ("a step nobody knows", "shop.yml", "do: academy.invite", "do: academy.invit", "shop.yml",
     "academy.invite"),
    ("broken YAML", "shop.yml", "consents:", "consents: [", "shop.yml", ""),
    ("a price with a comma", "_data/products.yml", "499.00 PLN", "499,00 PLN", "products.yml", ""),
    ("a price in another currency without a gateway", "_data/products.yml", "499.00 PLN", "-499.00 PLN",
     "products.yml", ""),
    ("two products of one id", "_data/products.yml", "- id: aggregates-field-guide",
     "- id: master-of-aggregates", "products.yml", "master-of-aggregates"),
    ("an id with capitals", "_data/products.yml", "- id: aggregates-field-guide", "- id: Aggregates",
     "products.yml", ""),
    ("a step that is not in the shop", "_data/products.yml", "  tax: \"5\"", "  tax: \"5\"\n  steps: [invite]",
     "products.yml", "invit"),
]


def check(rows, program, folder):
    shop = demo(program, folder)
    done = shop.cli_run("check")
    rows.add("a new shop has no mistakes", done.returncode == 0, done.stdout + done.stderr)
    for name, file, old, new, where, word in BROKEN:
        good = shop.read(file)
        shop.change(file, old, new)
        done = shop.cli_run("check")
        line = next((r for r in done.stdout.splitlines() if re.match(rf"[^:]*{where}:\d+:\d+: ", r)
                     and word in r), None)
        rows.add(f"check finds: {name}", done.returncode == 1 and line, done.stdout + done.stderr)
        shop.write(file, good)
    text = shop.read("shop.yml")
    shop.write("shop.yml", text.replace("lang: en", "lang: polish").replace("currency: PLN", "currency: ZLOTY"))
    shop.change("_data/products.yml", "79.00 PLN", "cheap")
    done = shop.cli_run("check", "--json")
    found = [json.loads(r) for r in done.stdout.splitlines()]
    mistakes = [m for m in found if m["level"] == "mistake"]
    rows.add("all mistakes of all files, not the first; as JSON", len(mistakes) >= 3
             and {m["file"] for m in mistakes} >= {"shop.yml", "_data/products.yml"}
             and all(m["line"] and m["column"] for m in mistakes), found)
    run_ = shop.cli_run("run", "--port", str(shop.port))
    rows.same("with mistakes it does not start", run_.returncode, 4)


USES = [  # words, exit code, a word in what is said
    (("help",), 0, "grosz new"),
    (("help", "order", "list"), 0, "order list"),
    (("version",), 0, "grosz "),
    (("oder", "list"), 2, "order list"),
    (("order",), 2, "list, show"),
    (("order", "paid", "x"), 2, "list, show"),
    (("backup", "/nowhere/at/all.db"), 5, "there is no folder /nowhere/at"),
    (("order", "list", "--limt", "3"), 2, "--limit"),
    (("order", "show"), 2, "usage"),
    (("order", "show", "t0000000000000000zz"), 5, "order list"),
    (("order", "list", "extra"), 2, "extra"),
    (("order", "list", "--state", "payed"), 1, "fulfilled or expired"),
    (("order", "list", "--state", "expired"), 0, "No order is expired."),
    (("order", "list", "--before", "yesterday"), 1, "order"),
    (("order", "list", "--limit", "many"), 1, "1 to 1000"),
    (("queue", "show", "no such/0/job?x=1 %00"), 5, "is no job"),
    (("queue", "drop", "--reason", "x", "note/tpay/a b"), 5, "queue list"),
    (("run", "--port", "seventy"), 2, "port"),
]


def uses(rows, shop, how):
    for words, code, said in USES:
        if words[0] == "run" and how != "stopped":
            continue
        done = shop.cli_run(*words)
        rows.add(f"{how}: grosz {' '.join(words)}", done.returncode == code
                 and said in done.stdout + done.stderr, done)
        if code:
            rows.same(f"{how}: grosz {' '.join(words)}: nothing on stdout", done.stdout, "")


def unwritten(rows, shop):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([shop.program, "help"], stdout=full, stderr=subprocess.PIPE, text=True,
                              env=shop.env, check=False)
    rows.add("what cannot be printed is said", done.returncode == 1 and "printed" in done.stderr, done)


def same_both_ways(rows, shop):
    """What a command says does not depend on whether the shop runs."""
    order, _, _ = buy(shop)
    shop.wait_state(order)
    words = [("order", "list"), ("order", "list", "--json"), ("order", "show", order),
             ("order", "show", order, "--json"), ("order", "list", "--state", "paid"),
             ("queue", "list"), ("queue", "list", "--json")]
    running = [shop.cli_run(*w) for w in words]
    shop.stop()
    stopped = [shop.cli_run(*w) for w in words]
    for w, a, b in zip(words, running, stopped):
        rows.same(f"the same, running and stopped: {' '.join(w)}", (a.returncode, a.stdout),
                  (b.returncode, b.stdout))
    shop.start()


def a_long_list(rows, shop):
    """As many orders as a shop has after some years; the first one copied, in the store itself."""
    digits = "0123456789abcdefghjkmnpqrstvwxyz"
    order, _, _ = buy(shop)
    shop.wait_state(order)
    shop.stop()
    with sqlite3.connect(shop.path("var", "shop.db")) as db:
        (bytes_,) = db.execute("SELECT bytes FROM row WHERE kind = 'order' AND part = ?", (order,)).fetchone()
        ids = ["t00000" + "".join(digits[n >> shift & 31] for shift in (15, 10, 5, 0)) + "0" * 9
               for n in range(6000)]
        db.executemany("INSERT INTO row (kind, part, key, version, due, leased, bytes)"
                       " VALUES ('order', ?, '', 1, 0, 0, ?)",
                       [(i, bytes_.replace(order.encode(), i.encode())) for i in ids])
    db.close()
    shop.start()
    done = shop.cli_run("order", "list", "--state", "expired")
    rows.add("none of thousands is in that state", done.returncode == 0 and not done.stdout
             and done.stderr.startswith("No order is expired."), done)
    seen, before = [], ()
    for _ in range(20):
        done = shop.cli_run("order", "list", "--limit", "1000", "--state", "fulfilled", *before)
        seen += [line.split()[0] for line in done.stdout.splitlines()]
        more = re.search(r"`--before (\w+)`", done.stderr)
        if not more:
            break
        before = ("--before", more[1])
    rows.add("all of thousands, a thousand at a time, none twice", len(seen) == len(set(seen))
             and set(ids) <= set(seen), (len(seen), done))
    rows.add("and the shop has gone on", shop.process.poll() is None
             and shop.browser.get("/healthz").status == 200, shop.log_end())


def one_owner(rows, shop):
    second = shop.cli_run("run", "--port", "1")
    rows.add("a second program on the same folder is refused, in words", second.returncode in (1, 4, 75)
             and second.stderr.strip(), second)
    rows.same("and the first goes on", shop.browser.get("/healthz").status, 200)
    mode = os.stat(shop.path("var", "control.sock")).st_mode & 0o777
    rows.same("the control socket is the owner's", mode, 0o600)
    rows.same("the secret too", os.stat(shop.path("var", "secret")).st_mode & 0o777, 0o600)


def folders(rows, shop, program, folder):
    again = shop.cli_run("new", shop.folder, here=True)
    rows.add("`new` touches no folder that is there", again.returncode != 0 and shop.read("shop.yml"),
             again)
    for name, where in [("a whole path", os.path.join(folder, "whole")), ("two folders deep", "x/y")]:
        made = shop.cli_run("new", where, here=True, cwd=folder)
        rows.add(f"`new` takes {name}", made.returncode == 0
                 and os.path.exists(os.path.join(folder, where, "shop.yml")), made)
    made = shop.cli_run("new", "mój sklep's", here=True, cwd=folder)
    rows.add("a name with a blank and a quote: the next command can be typed as it is said", shlex.split(
        made.stdout.splitlines()[1].split(": ")[1])[-1] == "mój sklep's", made)
    lost = shop.cli_run("check", "-C", os.path.join(folder, "nowhere"), here=True)
    rows.add("no shop there: what to type", lost.returncode == 4 and "grosz new" in lost.stderr, lost)
    below = shop.cli_run("order", "list", "-C", shop.path("pages"), here=True)
    rows.same("found from below, as git does", below.returncode, 0)


def no_word(rows, shop):
    """The running shop takes what was typed and dies before its answer: not done a second time."""
    order, _, _ = buy(shop)
    shop.wait_state(order)
    shop.stop()
    with socket.socket(socket.AF_UNIX) as line:
        here = os.getcwd()
        os.chdir(shop.path("var"))
        line.bind("control.sock")
        os.chdir(here)
        line.listen()

        def hang_up():
            for _ in range(2):
                c, _ = line.accept()
                c.recv(4096)
                c.close()

        t = threading.Thread(target=hang_up, daemon=True)
        t.start()
        done = shop.cli_run("order", "resend", order)
        rows.add("no answer to what changes something: said, and not done here as well", done.returncode == 75
                 and "whether it was done is not known" in done.stderr, done)
        shown = shop.cli_run("order", "show", order, "--json")
        rows.add("no answer to a question: the store is asked", shown.returncode == 0
                 and [s["id"] for s in json.loads(shown.stdout)["steps"] if s["id"] == "access.2"] == [], shown)
        t.join(10)
    os.remove(shop.path("var", "control.sock"))


def newer(rows, program, folder):
    """A database of a newer program is refused in words."""
    shop = demo(program, folder).start()
    shop.stop()
    with sqlite3.connect(shop.path("var", "shop.db")) as db:
        db.execute("PRAGMA user_version=999")
    db.close()
    done = shop.cli_run("run", "--port", str(shop.port))
    rows.add("a newer schema is refused", done.returncode not in (0, -6) and "newer" in done.stderr, done)


def serve(rows, program, folder):
    shop = demo(program, folder)
    shop.start("serve")
    rows.add("serve prints its address", f"http://127.0.0.1:{shop.port}" in shop.log_text(), shop.log_end())
    order, made, _ = buy(shop)
    rows.add("its links lead to itself", f":{shop.port}/" in made["link"], made)
    rows.same("and sells", shop.wait_state(order)["state"], "fulfilled")
    rows.same("serve ends well", shop.stop(2), 0)


def run(rows, program, folder):
    check(rows, program, os.path.join(folder, "check"))
    shop = demo(program, os.path.join(folder, "commands"))
    uses(rows, shop, "stopped")
    shop.start()
    uses(rows, shop, "running")
    same_both_ways(rows, shop)
    unwritten(rows, shop)
    one_owner(rows, shop)
    a_long_list(rows, shop)
    folders(rows, shop, program, folder)
    no_word(rows, shop)
    newer(rows, program, os.path.join(folder, "newer"))
    serve(rows, program, os.path.join(folder, "serve"))
