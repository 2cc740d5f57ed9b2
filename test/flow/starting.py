"""starting: what stands in the way of a start. Each case breaks one thing of a good shop; the program
must end with the right exit code and one sentence that says what it is and what to type, and whatever
was kept must still be there: with the thing put back, the shop sells and shows its old order."""
import os
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys

from buying import demo, order_json
from driver import HERE, ROOT, fresh

BAD = os.path.join(os.path.dirname(HERE), "bad")
sys.path.insert(0, BAD)
import bad  # noqa: E402

PERSON, SETUP, AGAIN = 3, 4, 75
STORE = "var/shop.db"


class Case:
    """A shop that has sold once, is stopped, and is about to be broken."""

    def __init__(self, shop):
        self.shop, self.env, self.user, self.limit, self.held, self.undo = shop, {}, None, None, [], []

    def path(self, name):
        return self.shop.path(*name.split("/"))

    def aside(self, name):
        """Takes it away until the end of the case."""
        whole = self.path(name)
        os.rename(whole, whole + ".aside")
        self.undo.append(lambda: (remove(whole), os.rename(whole + ".aside", whole)))
        return whole

    def start(self):
        def before():
            if self.limit is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (self.limit, self.limit))
        words = [self.shop.program, "run", "-C", self.shop.folder, "--port", str(self.shop.port)]
        if self.user is not None:
            words = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", *words]
        return subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
                              env={**self.shop.env, **self.env}, preexec_fn=before)

    def end(self):
        for s in self.held:
            s.close()
        for step in reversed(self.undo):
            step()


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


# ---- what is broken ----

def port_taken(c):
    s = socket.socket()
    s.bind(("127.0.0.1", c.shop.port))
    s.listen()
    c.held.append(s)


def second_process(c):
    c.shop.start()
    c.undo.append(c.shop.stop)


def folder_for(name):
    def change(c):
        os.mkdir(c.aside(name))
    return change


def link_for(name):
    def change(c):
        os.symlink("nowhere", c.aside(name))
    return change


def bytes_for(name, data):
    def change(c):
        write(c.aside(name), data)
    return change


def damaged(c):
    """The first page stays, so that it is still a database; the pages behind it are noise."""
    whole = c.aside(STORE)
    with open(whole + ".aside", "rb") as f:
        data = f.read()
    for side in ("-wal", "-shm"):
        if os.path.exists(whole + side):
            c.aside(STORE + side)
    write(whole, data[:4096] + bytes(i * 7919 % 251 for i in range(len(data) - 4096)))


def newer(c):
    whole = c.aside(STORE)
    shutil.copy(whole + ".aside", whole)
    with sqlite3.connect(whole) as db:
        db.execute("pragma user_version = 900")
    db.close()


def foreign(c):
    with sqlite3.connect(c.aside(STORE)) as db:
        db.execute("create table films (name text)")
    db.close()


def nobody(name, mode):
    """As root everything can be read: another user starts it."""
    def change(c):
        whole = c.path(name)
        if os.geteuid() == 0:
            c.user = 65534
        old = os.stat(whole).st_mode
        os.chmod(whole, mode if c.user else 0)
        c.undo.append(lambda: os.chmod(whole, old))
    return change


def owned(c):
    """Only root can be another user's guest without being told; who is not, has no permission."""
    whole = c.path("var")
    if os.geteuid() == 0:
        os.chown(whole, 65534, -1)
        c.undo.append(lambda: os.chown(whole, 0, -1))
    else:
        nobody("var", 0)(c)


def too_early(c):
    c.env["GROSZ_TEST_CLOCK"] = "10"


def disk_full(c):
    """A limit on the size of files stands for it: nothing can be written."""
    c.limit = 0


def disk_full_at_first(c):
    c.aside("var")
    c.limit = 0


def unset(c):
    old = c.shop.read("shop.yml")
    c.shop.change("shop.yml", "{use: test}", "{use: test}\n  tpay: {use: tpay, merchant: 1010, code: \"${NOT_SET}\"}")
    c.undo.append(lambda: c.shop.write("shop.yml", old))


def tls(name):
    """With the certificate and key of a wrong file in test/bad."""
    def change(c):
        _, parts = bad.parse(open(os.path.join(BAD, name + ".bad"), encoding="utf-8").read())
        files = {words[0]: "\n".join(lines) for kind, words, lines in parts if kind == "file"}
        for file, text in files.items():
            c.shop.write(file, text)
            c.undo.append(lambda file=file: os.remove(c.path(file)))
        old = c.shop.read("shop.yml")
        c.shop.write("shop.yml", old + "\ntls: {cert: a.pem, key: a.key}\n")
        c.undo.append(lambda: c.shop.write("shop.yml", old))
    return change


def tls_unreadable(c):
    tls("tls-key")(c)
    nobody("a.key", 0o600)(c)


CASES = [  # name, what is changed, exit code, words that are said
    ("the port is taken", port_taken, AGAIN, ["{port}", "--port", "ss -ltnp"]),
    ("a second process", second_process, AGAIN, ["is in use by process {pid}", "grosz reload", "kill"]),
    ("shop.yml is a folder", folder_for("shop.yml"), SETUP, ["shop.yml"]),
    ("shop.yml leads nowhere", link_for("shop.yml"), SETUP, ["shop.yml"]),
    ("products.yml is a folder", folder_for("_data/products.yml"), SETUP, ["_data/products.yml"]),
    ("products.yml leads nowhere", link_for("_data/products.yml"), SETUP, ["_data/products.yml"]),
    ("products.yml is another user's", nobody("_data/products.yml", 0), SETUP, ["_data/products.yml", "no permission"]),
    ("the folder is another user's", nobody("", 0o700), SETUP, ["no permission", "ls -ld"]),
    ("var is a file", bytes_for("var", b"x"), SETUP, ["/var: a file is where a folder should be", "ls -ld"]),
    ("var leads nowhere", link_for("var"), SETUP, ["/var", "ls -ld"]),
    ("var is another user's", nobody("var", 0o700), SETUP, ["var/secret", "no permission"]),
    ("var is another user's, and root starts it", owned, SETUP,
     ["/var belongs to the user nobody", "runuser -u nobody --"] if os.geteuid() == 0 else ["var"]),
    ("the secret is a folder", folder_for("var/secret"), SETUP, ["var/secret", "backup"]),
    ("the secret leads nowhere", link_for("var/secret"), SETUP, ["var/secret", "backup"]),
    ("the secret is empty", bytes_for("var/secret", b""), SETUP, ["var/secret", "backup"]),
    ("the secret is half", bytes_for("var/secret", b"00ff00ff"), SETUP, ["var/secret", "backup"]),
    ("the secret is gone", lambda c: c.aside("var/secret"), SETUP, ["var/secret", "openssl rand"]),
    ("the clock is at 1970", too_early, AGAIN, ["1970", "clock", "timedatectl"]),
    ("the disk is full", disk_full, AGAIN, ["disk", "df -h"]),
    ("the disk is full at the first start", disk_full_at_first, AGAIN, ["var", "df -h"]),
    ("the database is damaged", damaged, PERSON, ["damaged", "backup"]),
    ("the database is of a newer program", newer, SETUP, ["newer", "install"]),
    ("the database is of another program", foreign, SETUP, ["another program", "store:"]),
    ("the database is a text", bytes_for(STORE, b"Dear diary,\n" * 900), PERSON, ["shop.db", "not a database"]),
    ("the database is a folder", folder_for(STORE), SETUP, ["shop.db", "ls -ld"]),
    ("a secret is not set", unset, SETUP, ["shop.yml:", "NOT_SET", "environment"]),
    ("the certificate has expired", tls("tls-expired"), SETUP, ["shop.yml:", "expired", "certbot renew"]),
    ("the certificate is not valid yet", tls("tls-early"), SETUP, ["shop.yml:", "not valid before", "timedatectl"]),
    ("the key is of another certificate", tls("tls-key"), SETUP, ["shop.yml:", "does not fit", "copy"]),
    ("the key has a password", tls("tls-password"), SETUP, ["shop.yml:", "password", "openssl pkey"]),
    ("the key is another user's", tls_unreadable, SETUP, ["a.key", "no permission", "able to read it"]),
    ("no certificate is there", tls("tls-missing"), SETUP, ["a.pem", "a.key", "not there"]),
]


def kept(shop, opened):
    """Every file under the shop's folder with its bytes, but what a start may touch; once it has opened the store,
    this is that file too."""
    found = {}
    for where, _, names in os.walk(shop.folder):
        for name in names:
            whole = os.path.join(where, name)
            if not name.endswith((".lock", ".reserve", "-wal", "-shm")) and os.path.isfile(whole):
                path = os.path.relpath(whole, shop.folder)
                with open(whole, "rb") as f:
                    found[path] = b"" if opened and path == STORE else f.read()
    return found


class Table:
    """What doc/operate.md says of starts that fail: part of the sentence, and the exit code."""

    def __init__(self):
        with open(os.path.join(ROOT, "doc/operate.md"), encoding="utf-8") as f:
            part = f.read().split("\n## It does not start\n")[1].split("\n## ")[0]
        self.lines = [(m[1], int(m[2])) for m in re.finditer(r"^\| `([^`]+)` \| (\d+) \|", part, re.M)]
        self.met = {line for line in self.lines if "belongs to the user" in line[0] and os.geteuid()}

    def knows(self, said, code):
        found = {line for line in self.lines if line[0] in said}
        self.met |= found
        return found and {line[1] for line in found} == {code}


def try_case(rows, table, shop, name, change, code, words):
    c = Case(shop)
    try:
        change(c)
        before = kept(shop, change is port_taken)
        done = c.start()
        running = shop.process is not None
        said = done.stderr
        pid = shop.process.pid if running else 0
        rows.same(f"{name}: exit code", (done.returncode, said[-600:] if done.returncode != code else ""), (code, ""))
        rows.add(f"{name}: stands in doc/operate.md", table.knows(said, code), said)
        for word in words:
            word = word.format(port=shop.port, pid=pid)
            rows.add(f"{name}: says {word}", word in said, said)
        rows.add(f"{name}: one last sentence", said.splitlines()[-1:] and said.splitlines()[-1].startswith("grosz: ")
                 and "Sanitizer" not in said and "runtime error" not in said, said)
        rows.same(f"{name}: says nothing as data", done.stdout, "")
        if not running:  # the other one writes as it likes
            after = kept(shop, change is port_taken)
            rows.same(f"{name}: no file changed, made or lost",
                      sorted(n for n in {*before, *after} if before.get(n) != after.get(n)), [])
    except subprocess.TimeoutExpired:
        rows.add(f"{name}: does not start", False, "it runs")
    finally:
        c.end()


def run(rows, program, folder):
    top = os.path.dirname(folder)
    os.chmod(top, 0o755)  # for the other user
    program = shutil.copy(program, os.path.join(fresh(folder), "grosz"))
    shop = demo(program, os.path.join(folder, "shop"))
    shop.start()
    order_json(shop)
    order, = shop.orders()
    shop.stop()
    table = Table()
    for case in CASES:
        try_case(rows, table, shop, *case)
    rows.same("every line of the table in doc/operate.md is met", sorted(set(table.lines) - table.met), [])
    shop.start()
    rows.same("after all of it: the order is there", shop.order(order)["id"], order)
    rows.same("after all of it: it sells", order_json(shop).status, 201)
    rows.same("after all of it: it ends well", shop.stop(), 0)
