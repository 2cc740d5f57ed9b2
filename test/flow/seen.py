"""seen: what is seen of a running shop from outside: /healthz, /metrics, the log; and that no secret and
nothing personal is seen there."""
import os
import re
import socket
import http.client
import subprocess
import time

from buying import buy, demo, press
from driver import Clock, wait_for

# One canary for each place where something personal or secret comes in.
CANARY = {"email": "canary.mail@birds.example", "name": "Canaria Namebird", "company": "Canary Company Ltd",
          "street": "Canarystreet 9", "city": "Canarytown", "postcode": "99-999", "tax_id": "1234563218"}
SECRET = "canary-secret-hunter7"


class Control(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def metrics(shop):
    c = Control(shop.path("var", "control.sock"))
    try:
        c.request("GET", "/metrics")
        r = c.getresponse()
        return r.status, r.headers["Content-Type"], r.read().decode()
    finally:
        c.close()


SAMPLE = re.compile(r"^([a-z][a-z0-9_]*)(?:\{((?:[a-z]+=\"[^\"\\\n]*\",?)*)\})? (-?[0-9.]+(?:e[+-]?\d+)?)$")


def parse(text):
    """{(name, labels): value}; raises where the text is not what Prometheus wants."""
    kinds, values, family, closed = {}, {}, None, set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            assert family is None or family not in closed, line
            closed.add(family)
            family = line.split(" ")[2]
            assert family not in closed and len(line.split(" ", 3)[3]) > 3, line
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family and kind in ("counter", "gauge", "histogram"), line
            assert kind != "counter" or name.endswith("_total"), line
            kinds[name] = kind
        else:
            found = SAMPLE.match(line)
            assert found, line
            name, labels, value = found.groups()
            bare = re.sub(r"_(bucket|sum|count)$", "", name) if kinds[family] == "histogram" else name
            assert bare == family, line
            key = (name, labels or "")
            assert key not in values, line
            values[key] = float(value)
    assert text.endswith("\n")
    for name in (n for n, k in kinds.items() if k == "histogram"):
        counts = [v for (n, _), v in values.items() if n == name + "_bucket"]
        assert counts == sorted(counts) and counts[-1] == values[(name + "_count", "")], name
        assert (name + "_bucket", 'le="+Inf"') in values
    return values


LINE = re.compile(r"^time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=(info|warn|error|fatal)"
                  r"(?: [a-z]+=(?:\"(?:[^\"\\]|\\.)*\"|[^ \"=]+))+$")


def pairs(line):
    return {k: v.strip('"') for k, v in re.findall(r"([a-z]+)=(\"(?:[^\"\\]|\\.)*\"|[^ \"]+)", line)}


def lines(shop):
    return [line for line in shop.log_text().splitlines() if not line.startswith("http://")]


def refusals(shop):
    """Each refusal once; (what was done, the counter that must have grown)."""
    b = shop.browser
    good = {"product": "master-of-aggregates", "consent_terms": "on", "consent_start": "on",
            "email": CANARY["email"], "name": CANARY["name"]}
    return [
        ("no form", lambda: b.ask("POST", "/api/order", b"x", {"Content-Type": "text/plain"}),
         'what="order",cause="not_a_form"'),
        ("wrong fields", lambda: b.form("/api/order", {**good, "email": CANARY["email"] + "@x"}),
         'what="order",cause="fields"'),
        ("no gateway", lambda: b.form("/api/payment/nobody", {"a": "b"}), 'what="note",cause="no_such_gateway"'),
        ("a forged note", lambda: b.form("/api/payment/test", {"event": CANARY["email"], "mac": SECRET}),
         'what="note",cause='),
        ("no order", lambda: b.get(f"/o/t01k2m3n4p5abcdefgh/{'7' * 26}"), 'what="page",cause="key"'),
        ("no page", lambda: b.get(f"/nowhere?email={CANARY['email']}"), 'what="request",cause="no_such_page"'),
        ("no method", lambda: b.form("/healthz", {}), 'what="request",cause="method"'),
        ("not HTTP", lambda: b.ask("GET", "/", None, {"Host": "a", "X-A": "b", "Transfer-Encoding": "x"}),
         'what="request",cause="not_http"'),
        ("no such product", lambda: b.get("/api/buy/nothing"), 'what="request",cause="no_such_page"'),
        ("no such picture", lambda: b.get("/images/nothing.jpg"), 'what="request",cause="no_such_page"'),
        ("links for no address", lambda: b.form("/api/find", {"email": "a@b"}), 'what="ask",cause="fields"'),
        ("links by no form", lambda: b.form("/api/find", b"%zz=%"), 'what="ask",cause="not_a_form"'),
        ("a letter for no order", lambda: b.form(f"/o/t01k2m3n4p5abcdefgh/{'7' * 26}/resend", {}),
         'what="page",cause="key"'),
        ("links too often", lambda: [b.form("/api/find", {"email": "nobody@example.com"}) for _ in range(9)][-1],
         'what="ask",cause="too_many"'),
        ("too long", lambda: b.ask("POST", "/api/order", b"x" * 70000), 'what="request",cause="too_long"'),
    ]


def raw(shop, data):
    """Bytes of our own; what comes back, or nothing."""
    with socket.create_connection(("127.0.0.1", shop.port), 30) as c:
        c.sendall(data)
        try:
            return c.recv(2000)
        except ConnectionResetError:
            return b""


HEADS = [  # what, the bytes, the label of the counter that must have grown
    ("no HTTP at all", b"nonsense\r\n\r\n", 'what="request",cause="head"'),
    ("a version to come", b"GET / HTTP/3.1\r\nHost: a\r\n\r\n", 'what="request",cause="head"'),
    ("a target too long", b"GET /" + b"y" * 20000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 'what="request",cause="head"'),
    ("a header too long", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 20000 + b"\r\n\r\n",
     'what="request",cause="head"'),
    ("too many headers", b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a:b\r\n" * 120 + b"\r\n",
     'what="request",cause="too_many_headers"'),
    ("no method of HTTP", b"FETCH / HTTP/1.1\r\nHost: a\r\n\r\n", 'what="request",cause="unknown_method"'),
    ("an expectation", b"GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 'what="request",cause="expectation"'),
]


def turned_away(rows, program, folder):
    """Too many connections of one address, and too many at all; who sends slowly."""
    shop = demo(program, folder)
    shop.change("shop.yml", "limits: {", "limits: {connections: 70, connections_per_address: 4, ")
    clock = Clock(shop)
    shop.start()

    def grows(name, label, act):
        label = f'what="connection",cause="{label}"'
        before = parse(metrics(shop)[2])[("grosz_refusals_total", label)]
        act()
        rows.add(name, wait_for(lambda: parse(metrics(shop)[2])[("grosz_refusals_total", label)] > before), label)

    held = []

    def crowd(address, many):
        for i in range(many):
            s = socket.socket()
            s.bind((address(i), 0))
            s.connect(("127.0.0.1", shop.port))
            s.sendall(b"POST /api/order HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
            held.append(s)
            metrics(shop)  # the server has seen it

    grows("too many of one address", "too_many_from_address", lambda: crowd(lambda i: "127.0.0.9", 8))
    grows("too many at all", "no_place", lambda: crowd(lambda i: f"127.0.1.{i + 1}", 80))
    grows("a slow sender", "slow_sender", lambda: clock.pass_by(30))
    for s in held:
        s.close()
    shop.stop()


def counted(rows, shop):
    answers = []
    for name, act, label in refusals(shop):
        def sum_of(values):
            return sum(v for (n, l), v in values.items() if n == "grosz_refusals_total" and l.startswith(label))
        before = sum_of(parse(metrics(shop)[2]))
        answers.append(act())
        after = sum_of(parse(metrics(shop)[2]))
        rows.same(f"counted with its cause: {name}", after - before, 1)
    for name, data, label in HEADS:
        key = ("grosz_refusals_total", label)
        before = parse(metrics(shop)[2])[key]
        raw(shop, data)
        wait_for(lambda: parse(metrics(shop)[2])[key] != before, 20)
        rows.same(f"counted with its cause: {name}", parse(metrics(shop)[2])[key] - before, 1)
    for _ in range(5):
        answers.append(shop.browser.post_json("/api/order", {"product": "master-of-aggregates", "email":
            CANARY["email"], "name": CANARY["name"], "consent_terms": "on", "consent_start": "on"}))
    rows.add("too many for one e-mail is counted", parse(metrics(shop)[2])[
        ("grosz_refusals_total", 'what="order",cause="too_many_for_email"')] >= 1)
    return answers


def ids(rows, shop, order):
    """One id ties the form, the order, the note and the steps."""
    o = shop.order(order)
    ref = o["ref"]
    mine = wait_for(lambda: [found for found in map(pairs, lines(shop)) if found.get("ref") == ref]
                    if "step=access" in shop.log_text() else None) or []
    rows.same("the form's line names the order", [m["order"] for m in mine if m.get("route") == "/api/order"],
              [order])
    notes = [m for m in mine if m["what"] == "note"]
    rows.add("the note's line has both ids", len(notes) == 1 and notes[0]["order"] == order
             and notes[0]["note"], notes)
    steps = {m["step"] for m in mine if m["what"] == "step" and m["state"] == "done"}
    rows.add("so has each step's", {"invitation", "access", "sold"} <= steps, mine)
    wrong = shop.browser.get_json("/nothing")
    rows.add("an error says its id, and the log has it", wait_for(
        lambda: f"ref={wrong.json['ref']} " in shop.log_text(), 10), wrong)
    page = shop.browser.get("/nothing")
    rows.add("a page does too", re.search(r"<code>[0-9a-z]{12}</code>", page.text), page.text[-500:])
    own = shop.browser.ask("GET", "/nothing", headers={"Accept": "application/json", "X-Request-Id": "mine-12345"})
    rows.add("a trusted proxy's id is taken", own.json["ref"] == "mine-12345", own)
    bad = shop.browser.ask("GET", "/nothing", headers={"Accept": "application/json", "X-Request-Id": "a b=c"})
    rows.add("not what is none", bad.json["ref"] != "a b=c", bad)


def untrusted(rows, program, folder):
    shop = demo(program, folder)
    text = re.sub(r"(?m)^proxies:.*\n", "", shop.read("shop.yml"))
    shop.write("shop.yml", text + "\nlog: steps\n")
    shop.start()
    a = shop.browser.ask("GET", "/nothing", headers={"Accept": "application/json", "X-Request-Id": "mine-12345"})
    rows.add("a stranger's id is not taken", a.json["ref"] != "mine-12345", a)
    order, _, _ = buy(shop)
    shop.wait_state(order)
    wait_for(lambda: "what=step" in shop.log_text(), 10)
    rows.add("log: steps has steps and no requests", "what=step" in shop.log_text()
             and "what=request" not in shop.log_text(), shop.log_end())
    shop.change("shop.yml", "log: steps", "log: requests")
    shop.cli("reload")
    rows.add("it follows a reload", wait_for(lambda: shop.browser.get("/healthz") and "what=request"
                                             in shop.log_text(), 20), shop.log_end())
    shop.stop()


def deaf(rows, program, folder):
    """Nobody reads what it says, or there is no standard error: it sells all the same."""
    shop = demo(program, folder)
    read, write = os.pipe()
    for how in ("full", "closed"):
        kept = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=shop.env)
        if how == "full":
            shop.process = subprocess.Popen([program, "run", "-C", shop.folder, "--port", str(shop.port)],
                                            stderr=write, **kept)
        else:
            shop.process = subprocess.Popen(["sh", "-c", 'exec "$0" "$@" 2>&-', program, "run", "-C",
                                             shop.folder, "--port", str(shop.port)], **kept)
        rows.add(f"{how}: starts", wait_for(shop.is_up, every=0.05))
        for _ in range(1500 if how == "full" else 50):
            if shop.browser.get("/healthz").status != 200:
                rows.add(f"{how}: answers", False)
                break
        order, _, _ = buy(shop)
        rows.same(f"{how}: sells", shop.wait_state(order)["state"], "fulfilled")
        if how == "full":
            dropped = wait_for(lambda: parse(metrics(shop)[2])[("grosz_log_dropped_total", "")] or
                               (shop.browser.get("/healthz") and None), every=0.001)
            rows.add("full: what was dropped is counted", dropped)
        rows.same(f"{how}: ends", shop.stop(), 0)
    os.close(read)
    os.close(write)


def run(rows, program, folder):
    shop = demo(program, os.path.join(folder, "seen"))
    shop.change("shop.yml", "orders_per_email: 0", "orders_per_email: 3")
    if "proxies:" not in shop.read("shop.yml"):
        shop.write("shop.yml", shop.read("shop.yml") + "\nproxies: [127.0.0.1]\n")
    shop.start()
    answer = shop.browser.get("/healthz")
    rows.same("healthz is green", (answer.status, answer.text), (200, "green\n"))
    rows.same("metrics are not public", shop.browser.get("/metrics").status, 404)
    made = shop.browser.post_json("/api/order", {"product": "master-of-aggregates", **CANARY,
        "as_company": "on", "country": "PL", "consent_terms": "on", "consent_start": "on"})
    rows.same("an order with canaries", made.status, 201)
    press(shop, made.json["link"], "pay")
    order = made.json["id"]
    shop.wait_state(order)
    ids(rows, shop, order)
    shop.browser.get(made.json["page"])
    status, kind, text = metrics(shop)
    rows.add("metrics are what Prometheus reads", status == 200 and kind.startswith("text/plain; version=0.0.4"))
    try:
        values = parse(text)
    except AssertionError as e:
        values = {}
        rows.add("metrics parse", False, e)
    rows.same("orders are counted", (values.get(("grosz_orders_placed_total", "")),
                                     values.get(("grosz_orders_paid_total", ""))), (1, 1))
    rows.add("steps are counted", values.get(("grosz_steps_total", 'state="done"'), 0) >= 3, text[:3000])
    answers = counted(rows, shop)
    time.sleep(0.1)
    text = metrics(shop)[2]
    shop.stop()
    bad = [line for line in lines(shop) if not LINE.match(line)]
    rows.add("every line of the log is one line of pairs", not bad, bad[:5])
    key = re.search(r"/o/[^/]+/([^/]+)", made.json["page"]).group(1)
    seen = {"log": shop.log_text(), "metrics": text,
            "error answers": "".join(a.text for a in answers if a.status >= 400 and a.status != 422)}
    for where, said in seen.items():
        for name, value in {**CANARY, "secret": SECRET, "link key": key, "address": "127.0.0.1",
                            "shop secret": shop.secret().hex()}.items():
            said_ = re.sub(r"http://127\.0\.0\.1:\d+", "", said)
            rows.add(f"no {name} in the {where}", value not in said_,
                     [line for line in said_.splitlines() if value in line][:3])
    turned_away(rows, program, os.path.join(folder, "turned"))
    untrusted(rows, program, os.path.join(folder, "untrusted"))
    deaf(rows, program, os.path.join(folder, "deaf"))
