"""mailing: letters over a real mail server (test/standin/mailbox.py), with TLS and a password."""
import base64
import email
import email.policy
import json
import os
import re
import subprocess

from buying import buy, demo
from doctor import look
from driver import Clock, ROOT, RUNNING, step_of, text_of, wait_for

PASSWORD = "p@ss:w/ord%1"


class Mailbox:
    def __init__(self, folder, how, user="jan@example.com", password=PASSWORD):
        self.cert = os.path.join(folder, "cert.pem")
        key = os.path.join(folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out",
            self.cert], check=True, capture_output=True)
        self.process = subprocess.Popen(
            ["/usr/bin/python3", os.path.join(ROOT, "test/standin/mailbox.py"), how, self.cert, key, user,
             password], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        RUNNING.append(self.process)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def tell(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def letters(self, to=""):
        found = self.tell(letters=True)["letters"]
        for one in found:
            one["raw"] = base64.b64decode(one["bytes"])
            one["mail"] = email.message_from_bytes(one["raw"], policy=email.policy.default)
        return [one for one in found if not to or to in one["to"]]


def shop_with(program, folder, how, send, more=""):
    os.makedirs(folder)
    box = Mailbox(folder, how)
    shop = demo(program, os.path.join(folder, "shop"))
    text = re.sub(r"^mail:\n(  .*\n)*", "", shop.read("shop.yml"), flags=re.M)
    shop.write("shop.yml", text + "\nmail:\n  from: \"Sklep Żółw <shop@example.com>\"\n  reply_to: help@example.com\n"
               f"  send: \"{send.replace('PORT', str(box.port))}\"\n  ca: {box.cert}\n  allow_private: true\n{more}")
    shop.env["SMTP_PASSWORD"] = PASSWORD
    return shop, box


def whole_letter(rows, shop, box):
    order, _, _ = buy(shop, email="anna@example.org")
    done = shop.wait_state(order)
    rows.same("sold over a mail server", done["state"], "fulfilled")
    letters = wait_for(lambda: box.letters("anna@example.org"))
    rows.same("one letter to the buyer", len(letters or []), 1)
    one = letters[0]
    m = one["mail"]
    rows.same("the envelope's sender", one["from"], "shop@example.com")
    rows.same("encrypted, and with the password", (one["tls"], one["user"]), (True, "jan@example.com"))
    rows.same("its sender in letters beyond ASCII", str(m["From"]), "Sklep Żółw <shop@example.com>")
    rows.same("a real Reply-To", str(m["Reply-To"]), "help@example.com")
    rows.add("headers", m["Date"] and "@" in m["Message-ID"] and m["Auto-Submitted"] == "auto-generated", m.items())
    rows.add("ASCII lines of at most 998", all(len(r) <= 998 for r in one["raw"].split(b"\r\n"))
             and max(one["raw"]) < 128, one["raw"])
    text, page = text_of(m), m.get_body(("html",)).get_content()
    links = [w for w in text.split() if w.startswith("http")]
    rows.add("text and HTML, with the same links", links and all(f'href="{w}"' in page for w in links), page)
    rows.add("its receipt is the server's word", "taken as" in step_of(done, "access")["receipt"], done["steps"])
    rows.add("no secret in the log", PASSWORD not in shop.log_text() and "p%40ss" not in shop.log_text(), "")


FAULTS = [  # what goes wrong with the buyer's letter, copies that were taken, how it ends
    ("greylist", 1, "done"),
    ("full", 1, "done"),
    ("drop_middle", 1, "done"),
    ("drop_before", 1, "done"),
    ("drop_after", 2, "done"),
    ("delay", 1, "done"),
    ("refuse", 0, "poison"),
    ("refuse_letter", 0, "poison"),
]


def faults(rows, shop, box):
    for fault, copies, end in FAULTS:
        to = f"{fault}@example.org"
        # `sold` to the owner goes first or second: the fault is for whichever letter comes next.
        shop.stop()
        box.tell(faults=[fault])
        shop.start()
        order, _, _ = buy(shop, email=to)

        def ended(o):
            states = [step_of(o, n).get("state") for n in ("access", "sold")]
            return o["state"] == "fulfilled" or "poison" in states

        done = shop.wait_order(order, ended)
        hit = [s for s in done["steps"] if s["id"] in ("access", "sold")
               and (s["attempts"] > 1 or s["state"] == "poison")]
        if fault != "delay":
            rows.add(f"{fault}: one letter was hit", len(hit) == 1, done["steps"])
        if fault == "delay":
            rows.same("delay: waited for, not repeated", done["state"], "fulfilled")
            continue
        rows.same(f"{fault}: how it ends", hit[0]["state"], end)
        about = [one for one in box.letters() if order in text_of(one["mail"])
                 and (to in one["to"]) == (hit[0]["id"] == "access")
                 and "Needs you" not in str(one["mail"]["Subject"])]
        rows.same(f"{fault}: copies", len(about), copies)
        rows.same(f"{fault}: the same bytes each time", len({one["raw"] for one in about}), min(copies, 1))
        if end == "poison":
            rows.same(f"{fault}: retry", shop.cli_run("queue", "retry", hit[0]["job"] if "job" in hit[0] else
                f"{order}/0/{hit[0]['id']}").returncode, 0)
            rows.same(f"{fault}: then done", shop.wait_state(order)["state"], "fulfilled")


def unsafe(rows, program, folder):
    """What must not go out: without TLS, to a certificate nobody vouches for, with a wrong password."""
    send = "smtp://jan%40example.com:${SMTP_PASSWORD}@127.0.0.1:PORT"
    for name, how, change, word, state in [
        ("no TLS there", "plain", None, "TLS", "ready"),
        ("a certificate of a stranger", "starttls", ("ca:", "# ca:"), "certificate", "ready"),
        ("a wrong password", "starttls", "wrong", "let us in", "ready"),
    ]:
        shop, box = shop_with(program, os.path.join(folder, name.replace(" ", "-")), how, send)
        if isinstance(change, tuple):
            shop.change("shop.yml", *change)
        if change == "wrong":
            shop.env["SMTP_PASSWORD"] = "wrong"
        shop.start()
        order, _, _ = buy(shop, email="anna@example.org")
        done = shop.wait_order(order, lambda o: step_of(o, "access").get("error"))
        step = step_of(done, "access")
        rows.add(f"{name}: says so", word in step.get("error", ""), step)
        rows.add(f"{name}: state", step["state"] in (state, "sending"), step)
        rows.same(f"{name}: nothing was taken", box.letters(), [])
        code, seen, _ = look(shop)
        rows.add(f"{name}: doctor says that letters wait", code == 3 and seen["mail"]["state"] == "fail"
                 and "letters wait" in seen["mail"]["says"] and word in seen["mail"]["says"], seen["mail"])
        code, seen, _ = look(shop, "--mail", "you@example.com")
        rows.add(f"{name}: and tries one", code == 3 and seen["mail"]["state"] == "fail"
                 and word in seen["mail"]["says"], seen["mail"])
        shop.stop()
        if how != "plain":
            mended(rows, name, shop, box, order)


def mended(rows, name, shop, box, order):
    """Put right, every letter goes out by itself, to the server that shop.yml names now."""
    shop.write("shop.yml", shop.read("shop.yml").replace("# ca:", "ca:"))
    shop.env["SMTP_PASSWORD"] = PASSWORD
    clock = Clock(shop)
    clock.pass_by(601)
    shop.start(red=True)
    rows.same(f"{name}, mended: delivered by itself", shop.wait_state(order)["state"], "fulfilled")
    rows.same(f"{name}, mended: the buyer's letter, once", len(wait_for(lambda: box.letters("anna@example.org"))), 1)
    code, seen, _ = look(shop, "--mail", "you@example.com")
    rows.add(f"{name}, mended: doctor tries one", seen["mail"]["state"] == "ok"
             and len(box.letters("you@example.com")) == 1, (seen["mail"], code))
    shop.stop()


def run(rows, program, folder):
    shop, box = shop_with(program, os.path.join(folder, "tls"), "tls",
        "smtps://jan@example.com:${SMTP_PASSWORD}@127.0.0.1:PORT")
    rows.same("check finds nothing", shop.cli_run("check").returncode, 0)
    whole_letter(rows, shop.start(), box)
    shop.stop()
    shop, box = shop_with(program, os.path.join(folder, "starttls"), "starttls",
        "smtp://jan@example.com:${SMTP_PASSWORD}@127.0.0.1:PORT")
    whole_letter(rows, shop.start(), box)
    faults(rows, shop, box)
    shop.stop()
    unsafe(rows, program, folder)
