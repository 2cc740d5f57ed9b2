"""canary: a secret of its own in every place where a secret is configured, a whole life of a shop, and none of
them anywhere but where it is used; and the buyer's address nowhere but with the buyer and the owner."""
import base64
import http.server
import json
import os
import re
import threading
import urllib.parse

from buying import demo
from driver import Clock, fresh, step_of, tpay_note, wait_for
from mailing import Mailbox
from notes import place, send
from seen import Control, metrics

MERCHANT = "12345"
SECRETS = {  # name in shop.yml -> value; all but one from the environment
    "TPAY_CODE": "canary-tpay-Zq7", "HTTP_KEY": "canary-http-Xw8/+%", "SMTP_PASSWORD": "canary-smtp p@ss:w/1",
    "CREDENTIAL": "canary-credential-Rt4", "GROSZ_SECRET": "ca" * 32,
}
NOT_OURS = {"NOBODYS_TOKEN": "canary-environment-Jk2"}
BUYER = {"email": "canary.buyer@birds.example", "name": "Canaria Namebird", "as_company": "on",
         "company": "Canary Company", "street": "Canarystreet 9", "city": "Canarytown", "postcode": "99-999",
         "tax_id": "1234563218"}
PERSONAL = [BUYER[k] for k in ("email", "name", "street", "city")] + ["Canaria", "birds.example"]

SHOP = """
mode: live
gateways:
  tpay: {use: tpay, merchant: "12345", code: "${TPAY_CODE}"}
connectors:
  echo: {header: {X-Key: "${HTTP_KEY}", X-Other: "Bearer ${CREDENTIAL}"}}
steps:
"""
ECHOES = ("refuse", "drop", "broken", "page", "receipt", "value", "busy")


class Echo(http.server.BaseHTTPRequestHandler):
    """Says back whatever it was told, secrets and all, in each of the ways in which partners fail."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        said = " ".join(f"{k}: {v}" for k, v in self.headers.items()) + " " + body
        answers = {"refuse": (422, json.dumps({"errors": [said]})), "broken": (500, said),
                   "page": (400, f"<html>{said}</html>"), "busy": (503, json.dumps({"message": said})),
                   "receipt": (200, json.dumps({"id": said, "link": "https://a.example/"})),
                   "value": (200, json.dumps({"id": "7", "link": said}))}
        how = self.path.strip("/")
        self.server.asked.append((how, said))
        if how == "drop":
            self.wfile.write(f"HTTP/1.1 {said}\r\n\r\n".encode())
        else:
            status, text = answers[how]
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Echo", said.replace("\n", " "))
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())
        self.close_connection = True

    def log_message(self, *words):
        pass


def settle(shop, partner, box, folder):
    """shop.yml with all of it; the credential in a folder, as systemd gives it."""
    steps = ""
    for how in ECHOES:
        more = {"receipt": ", receipt: /id", "value": ", values: {link: /link}"}.get(how, "")
        steps += (f"  - {{id: {how}, do: http, with: {{url: \"http://127.0.0.1:{partner.server_port}/{how}\", "
                  f"allow_private: true, class: opaque, headers: {{X-Key: \"${{HTTP_KEY}}\", X-Other: "
                  f"\"Bearer ${{CREDENTIAL}}\"}}, body: {{to: \"{{{{buyer.email}}}}\", key: \"${{HTTP_KEY}}\"}}{more}}}}}\n")
    text = shop.read("shop.yml")
    for key in ("mode", "gateways", "steps", "mail", "url"):
        text = re.sub(rf"(?m)^{key}:.*\n(?:  .*\n)*", "", text)
    head = SHOP[:SHOP.index("connectors:")] + "steps:\n" + steps
    shop.write("shop.yml", text + head + f"""url: https://shop.example.com
mail: {{from: "Shop <shop@example.com>", reply_to: help@example.com, ca: "{box.cert}", allow_private: true,
  send: "smtps://jan%40example.com:${{SMTP_PASSWORD}}@127.0.0.1:{box.port}"}}
""")
    credentials = fresh(os.path.join(folder, "credentials"))
    with open(os.path.join(credentials, "CREDENTIAL"), "w", encoding="utf-8") as f:
        f.write(SECRETS["CREDENTIAL"])
    shop.env.update({k: v for k, v in SECRETS.items() if k != "CREDENTIAL"}, **NOT_OURS,
                    CREDENTIALS_DIRECTORY=credentials)


WRONG = [  # a mistake in shop.yml near a secret: what check says of it must not hold the secret
    ("${TPAY_CODE}", "${TPAY_CODE"), ("code:", "cod:"), ("smtps://", "smpts://"), ("127.0.0.1:", "127.0.0.1:x"),
    ("X-Key:", "\"X Key\":"), ("from: \"Shop <shop@example.com>\"", "from: \"${SMTP_PASSWORD}\""),
    ("url: https://shop", "url: ${HTTP_KEY}"), ("merchant: \"12345\"", "merchant: \"${HTTP_KEY}\""),
    ("do: http", "do: ${HTTP_KEY}"), ("class: opaque", "class: ${HTTP_KEY}"), ("${CREDENTIAL}", "${NOT_SET}"),
]


class Seen:
    """Everything that was said, by where."""

    def __init__(self, shop):
        self.shop, self.said = shop, {}

    def add(self, where, text):
        self.said[where] = self.said.get(where, "") + "\n" + text

    def command(self, *words):
        done = self.shop.cli_run(*words)
        self.add("grosz " + " ".join(w for w in words[:2] if "/" not in w), done.stdout + done.stderr)
        return done.stdout

    def answer(self, where, answer):
        self.add(where, f"{answer.headers}\n{answer.text}")


def mistakes(seen, shop):
    good = shop.read("shop.yml")
    for old, new in WRONG:
        shop.write("shop.yml", good.replace(old, new))
        seen.command("check")
        seen.command("check", "--json")
        seen.command("doctor")
        seen.command("reload")
    shop.write("shop.yml", good)


def errors(seen, shop, order):
    """What strangers can make it say."""
    b, secret = shop.browser, SECRETS["TPAY_CODE"]
    note = tpay_note(MERCHANT, secret, "x" * 27, "1.00", "9", tr_desc=BUYER["email"])
    for where, answer in [
        ("a stray note", send(shop, note)),
        ("a forged note", send(shop, note.replace(b"md5sum=", b"tr_email=" + secret.encode() + b"&md5sum=0"))),
        ("a broken note", send(shop, secret.encode())),
        ("no page", b.get(f"/{order}/x?email={BUYER['email']}")),
        ("no page, JSON", b.get_json("/api/order")),
        ("no key", b.get(f"/o/{order}/{'7' * 26}")),
        ("not a form", b.ask("POST", "/api/order", b"\xff\xfe", {"Content-Type": "text/plain"})),
        ("find", b.form("/api/find", {"email": BUYER["email"]})),
        ("too long", b.ask("POST", "/api/order", b"x" * 70000)),
        ("healthz", b.get("/healthz")), ("warm", b.get("/api/warm")), ("front", b.get("/")),
    ]:
        seen.answer(where, answer)


def control(seen, shop, paths):
    for path in paths:
        c = Control(shop.path("var", "control.sock"))
        c.request("GET", path)
        seen.add("control socket", c.getresponse().read().decode())
        c.close()


def commands(seen, shop, order, folder):
    jobs = [s["job"] if "job" in s else f"{order}/{s.get('line') or 0}/{s['id']}" for s in shop.order(order)["steps"]]
    for words in [("order", "list"), ("order", "list", "--json"), ("order", "show", order),
                  ("order", "show", order, "--json"), ("queue", "list"), ("queue", "list", "--json"),
                  ("check",), ("doctor",), ("doctor", "--json"), ("doctor", "--mail", "you@example.com"),
                  ("backup", os.path.join(folder, "copy.db")), ("build",), ("version",), ("reload",),
                  *[("queue", "show", job) for job in jobs], *[("queue", "show", job, "--json") for job in jobs],
                  ("queue", "retry", "--anew", f"{order}/1/refuse"), ("queue", "show", "note/x"),
                  ("order", "show", BUYER["email"]), ("nonsense",)]:
        seen.command(*words)


def files(seen, where, folder, skip=()):
    for here, _, names in os.walk(folder):
        for name in names:
            if name not in skip and os.path.isfile(os.path.join(here, name)):
                with open(os.path.join(here, name), "rb") as f:
                    seen.add(where, f.read().decode("latin-1"))


def forms(value):
    """As it is, and as addresses and headers may hold it."""
    return {value, urllib.parse.quote(value, safe=""), base64.b64encode(value.encode()).decode()}


def life(rows, seen, shop, box, partner, clock, folder):
    mistakes(seen, shop)
    shop.start()
    mistakes(seen, shop)
    seen.command("reload")
    order, ref, _, made = place(shop, **BUYER)
    send(shop, tpay_note(MERCHANT, SECRETS["TPAY_CODE"], ref, "499.00", "000001"))
    want = {"refuse": "poison", "drop": "hold", "broken": "hold", "page": "poison"}
    o = shop.wait_order(order, lambda o: all(step_of(o, k).get("state") == v for k, v in want.items())
                        and step_of(o, "busy").get("attempts") and step_of(o, "value").get("state") not in
                        ("ready", "sending") and step_of(o, "receipt").get("state") not in ("ready", "sending"))
    rows.same("the partners failed as they should", {k: step_of(o, k)["state"] for k in want}, want)
    said = " ".join(said for _, said in partner.asked)
    rows.add("and were given their secrets", SECRETS["HTTP_KEY"] in said and SECRETS["CREDENTIAL"] in said, said)
    wait_for(lambda: len([m for m in box.letters() if "Needs you" in str(m["mail"]["Subject"])]) >= 4)
    errors(seen, shop, order)
    clock.pass_by(1000)
    box.tell(faults=["echo"])
    control(seen, shop, ["/orders", "/queue", "/doctor", "/nothing", "/metrics"])
    commands(seen, shop, order, folder)
    seen.answer("the buyer's page", shop.browser.get(made["page"]))
    seen.add("metrics", metrics(shop)[2])
    shop.stop()
    commands(seen, shop, order, folder)
    shop.env["SMTP_PASSWORD"] = SECRETS["SMTP_PASSWORD"] = "canary-other-P5"
    del shop.env["HTTP_KEY"]
    seen.command("doctor")
    seen.command("check")
    shop.launch()
    shop.process.wait(30)
    return made


def run(rows, program, folder):
    partner = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    partner.asked = []
    threading.Thread(target=partner.serve_forever, daemon=True).start()
    box = Mailbox(folder, "tls", password=SECRETS["SMTP_PASSWORD"])
    smtp = SECRETS["SMTP_PASSWORD"]
    shop = demo(program, os.path.join(folder, "shop"))
    settle(shop, partner, box, folder)
    clock = Clock(shop)
    seen = Seen(shop)
    made = life(rows, seen, shop, box, partner, clock, folder)
    seen.add("the log", shop.log_text())
    files(seen, "rows and outbox", shop.path("var"))
    files(seen, "pages", shop.path("public"))
    files(seen, "the backup", folder, skip=("key.pem", "CREDENTIAL", "shop.log", "shop.clock"))
    seen.add("letters", "".join(m["raw"].decode("latin-1") for m in box.letters())
             + "".join(str(m["mail"].get_body(("plain",))) for m in box.letters()))
    partner.shutdown()
    for name, value in {**SECRETS, **NOT_OURS, "SMTP_PASSWORD": smtp}.items():
        for where, said in seen.said.items():
            found = [form for form in forms(value) if form in said]
            at = said.find(found[0]) if found else 0
            rows.add(f"{name}: not in {where}", not found, said[max(0, at - 200):at + 200])
    keys = [re.search(r"/o/[^/]+/([^/?]+)", made["page"]).group(1)]
    public = [w for w in seen.said if w in ("the log", "metrics", "healthz", "warm", "front", "pages", "find", "no page",
              "no page, JSON", "no key", "not a form", "too long", "a stray note", "a forged note", "a broken note")
              or w.startswith(("grosz check", "grosz doctor", "grosz reload", "grosz backup", "grosz build"))]
    rows.add("enough was looked at", len(public) >= 18, public)
    for value in PERSONAL + keys:
        for where in public:
            said = seen.said[where]
            at = said.find(value)
            rows.add(f"{value}: not in {where}", at < 0, said[max(0, at - 200):at + 200])
