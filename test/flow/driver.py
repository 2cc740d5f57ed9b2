"""driver: what the flow tests and the crash test drive the real program with, from the outside.

A shop folder with its process, a browser's view of it (http.client), the stand-in partners, tpay's
notes signed by our own md5, letters read back from the outbox. Nothing here knows the program's
insides; the store's file is read by test/crash/checker.py only.
"""
import email
import email.policy
import hashlib
import html.parser
import http.client
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PATIENCE = 90  # seconds until a wait is given up: a limit, never a measure


class Rows:
    """One check is one row; bad ones are printed by name."""

    def __init__(self, name):
        self.name, self.passed, self.failed = name, 0, 0

    def add(self, row, truth, detail=""):
        if truth:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {self.name}: {row}: {str(detail)[:3000]}", flush=True)
        return bool(truth)

    def same(self, row, got, want):
        return self.add(row, got == want, f"got {got!r}, want {want!r}")

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0


def wait_for(what, most=PATIENCE, every=0.1):
    """The first true value of what(); None when patience ends."""
    end = time.monotonic() + most
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(every)
    return what() or None


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# ---- what a browser sees ----

class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.raw = status, headers, body
        self.text = body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def location(self):
        return self.headers.get("Location", "")

    def __repr__(self):
        return f"{self.status} {self.location} {self.text[:300]!r}"


class Forms(html.parser.HTMLParser):
    """Forms of a page: action, method, fields as they stand, and what its buttons send."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.links, self.here = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, pairs):
        a = dict(pairs)
        if tag == "a" and a.get("href"):
            self.links.append(a["href"])
        if tag == "form":
            self.here = {"action": a.get("action", ""), "method": (a.get("method") or "get").lower(),
                         "fields": {}, "boxes": [], "buttons": []}
            self.forms.append(self.here)
        if self.here is None:
            return
        name, kind = a.get("name"), a.get("type", "text")
        if tag == "button" and name:
            self.here["buttons"].append((name, a.get("value", "")))
        elif tag == "input" and name and kind == "checkbox":
            self.here["boxes"].append((name, a.get("value", "on"), "required" in a))
        elif tag in ("input", "textarea", "select") and name and kind != "submit":
            self.here["fields"][name] = a.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "form":
            self.here = None

    def form(self, action):
        for f in self.forms:
            if f["method"] == "post" and action in f["action"]:
                return f
        return None


class Browser:
    """Talks to one port, whatever host an address names."""

    def __init__(self, port):
        self.port = port

    def ask(self, method, target, body=None, headers=None, timeout=30):
        parts = urllib.parse.urlsplit(target)
        if parts.scheme:
            target = parts.path + ("?" + parts.query if parts.query else "")
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            c.request(method, target, body, headers or {})
            r = c.getresponse()
            return Answer(r.status, r.headers, r.read())
        finally:
            c.close()

    def get(self, target, **headers):
        return self.ask("GET", target, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def get_json(self, target):
        return self.get(target, Accept="application/json")

    def form(self, target, fields, **headers):
        """fields: a dict, a list of pairs, or bytes as they are."""
        body = fields if isinstance(fields, bytes) else urllib.parse.urlencode(fields).encode()
        return self.ask("POST", target, body, {"Content-Type": "application/x-www-form-urlencoded",
            **{k.replace("_", "-"): v for k, v in headers.items()}})

    def post_json(self, target, value):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.ask("POST", target, body, {"Content-Type": "application/json",
            "Accept": "application/json"})


# ---- a shop and its process ----

RUNNING = []  # of this run: whatever happens to a part, its processes are ended


def end_all():
    while RUNNING:
        process = RUNNING.pop()
        if process.poll() is None:
            process.kill()
            process.wait()


def text_of(letter):
    """What a reader of plain text sees."""
    return letter.get_body(("plain",)).get_content()


class Shop:
    def __init__(self, program, folder, env=None, bug=None):
        self.program, self.folder = os.path.abspath(program), folder
        self.port, self.process = free_port(), None
        self.browser = Browser(self.port)
        # No proxy, no secret of this machine; a leak of memory is the room programs' business.
        self.env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8",
                    "ASAN_OPTIONS": "detect_leaks=0",
                    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1", **(env or {})}
        if bug:
            self.env["GROSZ_TEST_BUG"] = bug
        self.log = os.path.join(folder + ".log")

    def make(self):
        """By the program itself, as a new owner does."""
        where, name = os.path.split(self.folder)
        done = self.cli_run("new", name, here=True, cwd=where)
        if done.returncode:
            raise RuntimeError(f"grosz new: {done.returncode}\n{done.stderr[-2000:]}")
        return done

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def change(self, name, old, new):
        text = self.read(name)
        if old not in text:
            raise AssertionError(f"{name} has no {old!r}")
        self.write(name, text.replace(old, new))

    def launch(self, verb="run"):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, verb, "-C", self.folder, "--port", str(self.port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env, cwd=ROOT)
        RUNNING.append(self.process)

    def start(self, verb="run", red=False):
        """red: it may say that not all is well, as long as it answers."""
        self.launch(verb)
        if not wait_for(lambda: self.is_up((200, 503) if red else (200,)), every=0.02):
            raise RuntimeError(f"the program did not start:\n{self.log_end()}")
        return self

    def is_up(self, fine=(200,)):
        if self.process.poll() is not None:
            raise RuntimeError(f"the program ended by itself:\n{self.log_end()}")
        try:
            return self.browser.ask("GET", "/healthz", timeout=5).status in fine
        except (OSError, http.client.HTTPException):
            return False

    def stop(self, number=signal.SIGTERM):
        if not self.process:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=PATIENCE)
        self.process = None
        return code

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def log_end(self):
        return self.log_text()[-3000:]

    def cli_run(self, *words, here=False, cwd=ROOT):
        where = [] if here else ["-C", self.folder]
        return subprocess.run([self.program, *words, *where], capture_output=True, text=True,
            stdin=subprocess.DEVNULL, env=self.env, cwd=cwd, timeout=PATIENCE)

    def cli(self, *words, here=False):
        done = self.cli_run(*words, here=here)
        if done.returncode:
            raise RuntimeError(f"grosz {' '.join(words)}: {done.returncode}\n{done.stderr[-2000:]}")
        return done.stdout

    def order(self, order):
        return json.loads(self.cli("order", "show", order, "--json"))

    def orders(self):
        lines = self.cli("order", "list", "--json", "--limit", "1000").splitlines()
        return {o["id"]: o for o in map(json.loads, lines)}

    def queue(self):
        done = self.cli_run("queue", "list", "--json")
        if done.returncode not in (0, 3):
            raise RuntimeError(f"queue list: {done.returncode} {done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def wait_order(self, order, test, most=PATIENCE):
        """The order as JSON as soon as test(order) holds; what it is then, at the end of patience."""
        seen = {}

        def look():
            seen.update(o=self.order(order))
            return test(seen["o"])

        wait_for(look, most, 0.15)
        return seen["o"]

    def wait_state(self, order, state="fulfilled", most=PATIENCE):
        return self.wait_order(order, lambda o: o["state"] == state, most)

    def letters(self):
        folder, found = self.path("var", "outbox"), []
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if name.startswith(".") or name.endswith((".tmp", "~")):
                continue
            with open(os.path.join(folder, name), "rb") as f:
                raw = f.read()
            m = email.message_from_bytes(raw, policy=email.policy.default)
            found.append({"file": name, "raw": raw, "to": str(m["To"]), "id": str(m["Message-ID"]),
                          "subject": str(m["Subject"]), "text": text_of(m)})
        return found

    def secret(self):
        return bytes.fromhex(self.read("var/secret").strip())


def step_of(order, name, line=None):
    for s in order["steps"]:
        if s["id"] == name and (line is None or s.get("line") == line):
            return s
    return {}


class Clock:
    """The clocks of a shop's processes, moved while they run; see clock.c. Before the shop starts."""

    def __init__(self, shop):
        self.file, self.wall, self.steady = shop.folder + ".clock", 0, 0
        self.write()
        library = os.path.join(os.path.dirname(shop.program), "..", "..", "test", "flow", "libclock.so")
        shop.env["LD_PRELOAD"] = os.path.realpath(library)
        shop.env["CLOCK_FILE"] = self.file
        shop.env["ASAN_OPTIONS"] += ":verify_asan_link_order=0"

    def write(self):
        exists = os.path.exists(self.file)
        with open(self.file, "r+b" if exists else "wb") as f:
            f.write(struct.pack("=qq", self.wall, self.steady))

    def pass_by(self, seconds):
        """Both clocks go on by so much, at once: the sweep comes, and everything has waited longer."""
        self.wall += int(seconds * 1000)
        self.steady += int(seconds * 1000)
        self.write()


class SmallDisk:
    """A folder that is a disk of its own, of so many MiB: `with SmallDisk(folder, 4) as disk:`; disk is None
    where mounting is not permitted."""

    def __init__(self, folder, size):
        self.folder, self.size, self.filler = folder, size, os.path.join(folder, "filler")

    def __enter__(self):
        os.makedirs(self.folder, exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.size}m", "tmpfs", self.folder],
                              capture_output=True)
        return None if done.returncode else self

    def __exit__(self, *why):
        subprocess.run(["umount", "-l", self.folder], capture_output=True)

    def fill(self, leave=0):
        """Until nothing more fits but `leave` bytes."""
        with open(self.filler, "ab", buffering=0) as f:
            try:
                while True:
                    f.write(b"x" * 4096)
            except OSError:
                pass
            f.truncate(max(0, f.tell() - leave))

    def clear(self):
        if os.path.exists(self.filler):
            os.remove(self.filler)


# ---- the gateway's side ----

def tpay_sum(*parts):
    return hashlib.md5("".join(parts).encode()).hexdigest()


def tpay_note(merchant, code, reference, amount, number, **other):
    """A notification of tpay's classic panel, signed by our own md5, in the order tpay sends."""
    n = {"id": merchant, "tr_id": f"TR-TST-{number}X" if other.get("test_mode") == "1"
         else f"TR-ABC-{number}", "tr_date": "2026-01-02 03:04:05", "tr_crc": reference,
         "tr_amount": amount, "tr_paid": amount, "tr_desc": "Kurs", "tr_status": "TRUE",
         "tr_error": "none", "tr_email": "anna@example.com", "test_mode": "0", "tr_channel": "150"}
    n.update(other)
    n.setdefault("md5sum", tpay_sum(n["id"], n["tr_id"], n["tr_amount"], n["tr_crc"], code))
    return urllib.parse.urlencode(n).encode()


# ---- the partners ----

class StandIn:
    """The stand-in partners in a process of their own; see test/standin/standin.py."""

    def __init__(self, folder, port=0):
        self.log = os.path.join(folder, "effects.log")
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(ROOT, "test/standin/standin.py"), "--log", self.log,
             "--port", str(port)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        RUNNING.append(self.process)
        where = json.loads(self.process.stdout.readline())
        self.port, self.control = where["port"], Browser(where["control"])
        self.base = f"http://127.0.0.1:{self.port}"

    def tell(self, path, value):
        answer = self.control.post_json(path, value)
        if answer.status != 200:
            raise RuntimeError(f"stand-in: {answer!r}")
        return answer.json

    def plan(self, **given):
        return self.tell("/plan", given)

    def kind(self):
        """From now on nothing goes wrong."""
        return self.plan(rate=0.0, faults={})

    def knob(self, **given):
        return self.tell("/knob", {k.replace("__", "."): v for k, v in given.items()})

    def script(self, partner, faults, match=""):
        return self.tell("/script", {"partner": partner, "faults": faults, "match": match})

    def effects(self):
        return {(e["partner"], e["act"], e["ref"]): e["n"] for e in self.control.get("/effects").json}

    def wire(self):
        return {(e["partner"], e["act"], e["ref"]): e for e in self.control.get("/wire").json}

    def counts(self):
        return self.control.get("/counts").json

    def state(self, partner):
        return self.control.get(f"/state/{partner}").json

    def stop(self):
        self.process.kill()
        self.process.wait()


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


def find_link(text, pattern=r"https?://[^\s<>\"]+"):
    found = re.search(pattern, text)
    return found.group() if found else ""
