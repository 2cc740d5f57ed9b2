"""buying: a new shop, as `grosz new` makes it, seen through a browser: from the list of products to
the first lesson; and every answer the order form has for what is wrong."""
import datetime
import hashlib
import hmac
import http.client
import os
import re
import sqlite3
import urllib.parse
import zoneinfo

from driver import Forms, Shop, step_of, wait_for

BUYER = {"email": "anna@example.com", "name": "Anna Żółw", "country": "PL"}
PRODUCT = "master-of-aggregates"


def demo(program, folder, changes=()):
    """A new shop whose addresses are where it listens, without limits unless a change sets them."""
    shop = Shop(program, folder)
    shop.make()
    shop.change("shop.yml", "url: http://127.0.0.1:8080", f"url: http://127.0.0.1:{shop.port}")
    text = shop.read("shop.yml")
    if "limits:" not in "".join(new for _, new in changes):
        text += "\nlimits: {orders_per_address: 0, orders_per_email: 0}\n"
    shop.write("shop.yml", text)
    for old, new in changes:
        if old:
            shop.change("shop.yml", old, new)
        else:
            shop.write("shop.yml", shop.read("shop.yml") + new)
    return shop


def order_form(shop, product=PRODUCT):
    """The fields a browser would send for a filled form, and where to."""
    page = shop.browser.get(f"/buy/{product}/")
    form = Forms(page.text).form("/api/order")
    fields = dict(form["fields"])
    fields.update(BUYER)
    fields.update({name: value for name, value, _ in form["boxes"] if name.startswith("consent_")})
    return form, fields


def place(shop, **other):
    _, fields = order_form(shop)
    fields.update(other)
    return shop.browser.form("/api/order", fields)


def order_json(shop, **other):
    _, fields = order_form(shop)
    fields.update(other)
    return shop.browser.post_json("/api/order", fields)


def press(shop, link, button):
    """A button on the test gateway's page."""
    page = shop.browser.get(link)
    form = [f for f in Forms(page.text).forms if ("do", button) in f["buttons"]
            or f["fields"].get("do") == button]
    if not form:
        raise AssertionError(f"no button {button} on {page!r}")
    return shop.browser.form(form[0]["action"] or link, {**form[0]["fields"], "do": button})


def buy(shop, button="pay", **other):
    """A whole purchase; the order's id, the link, and where the buyer ends."""
    made = order_json(shop, **other).json
    return made["id"], made, press(shop, made["link"], button)


# ---- the way of a buyer ----

def pages(rows, shop):
    front = shop.browser.get("/")
    rows.same("front page", front.status, 200)
    links = [a for a in Forms(front.text).links if "/p/" in a]
    rows.same("two products on the front page", len(set(links)), 2)
    page = shop.browser.get(f"/p/{PRODUCT}/")
    rows.add("a product's page has its price and a way to buy", page.status == 200
             and "499" in page.text and f"/buy/{PRODUCT}/" in page.text, page)
    for name in ("terms", "privacy"):
        rows.same(f"page {name}", shop.browser.get(f"/{name}/").status, 200)
    sheet = re.search(r'<link[^>]+rel="stylesheet"[^>]+href="([^"]+)"', front.text)
    rows.add("the style sheet is there", sheet and shop.browser.get(sheet[1]).status == 200, sheet)
    rows.same("no such page", shop.browser.get("/nothing-here/").status, 404)
    policy = front.headers.get("Content-Security-Policy", "")
    rows.add("pages have a policy without scripts", "default-src 'none'" in policy
             and "form-action 'self' https:" in policy, policy)


def machines(rows, shop):
    rows.same("/healthz says one word", shop.browser.get("/healthz").text.strip(), "green")
    warm = shop.browser.get("/api/warm")
    rows.add("/api/warm is not kept", warm.status == 200
             and "no-store" in warm.headers.get("Cache-Control", ""), warm.headers)
    wrong = shop.browser.ask("PUT", "/api/order", b"x=1")
    rows.add("a wrong method names the right one", wrong.status == 405
             and "POST" in wrong.headers.get("Allow", ""), wrong)


def form_of_a_product(rows, shop):
    form, fields = order_form(shop)
    rows.add("the form has the documented fields",
             {"product", "email", "name", "price"} <= set(fields), sorted(fields))
    required = {name for name, _, must in form["boxes"] if must}
    rows.same("required consents are marked", required, {"consent_terms", "consent_start"})
    again = shop.browser.get(f"/api/buy/{PRODUCT}?email=ola%40example.com&utm_source=letter")
    coded = shop.browser.get(f"/api/buy/{PRODUCT}?code=HALF%3Cb%3E")
    rows.add("/api/buy says at once that a code is unknown", coded.status == 200
             and 'id="code-wrong"' in coded.text and "HALF&lt;b&gt;" in coded.text, coded)
    rows.add("and says nothing without one", 'id="code-wrong"' not in again.text, again)
    rows.add("/api/buy fills in what the address gives", "ola@example.com" in again.text
             and "letter" in again.text, again)


def whole(rows, shop):
    """From the form to the lesson."""
    placed = place(shop)
    rows.add("order and pay leads to the payment", placed.status == 303
             and "/pay/test/" in placed.location, placed)
    pay_page = shop.browser.get(placed.location)
    buttons = {v for f in Forms(pay_page.text).forms for n, v in
               [*f["buttons"], *f["fields"].items()] if n == "do"}
    rows.same("the test gateway's buttons", buttons, {"pay", "refuse", "nothing", "twice"})
    refused = press(shop, placed.location, "refuse")
    rows.add("refused: back to the buyer's page", refused.status == 303 and "/o/" in refused.location,
             refused)
    page = refused.location
    order = page.split("/o/")[1].split("/")[0]
    told = shop.wait_order(order, lambda o: o["remarks"])
    rows.add("refused: not paid, and the owner sees why", told["state"] == "placed"
             and told["remarks"], told)
    seen = shop.browser.get(page)
    rows.add("an unpaid order's page offers the payment", seen.status == 200
             and placed.location.split("?")[0] in seen.text, seen)
    paid = press(shop, placed.location, "pay")
    rows.same("paid: back to the same page", paid.location, page)
    o = shop.wait_state(order)
    rows.same("delivered", o["state"], "fulfilled")
    rows.add("every step is done or was not owed",
             {s["state"] for s in o["steps"]} <= {"done", "skipped"}, o["steps"])
    return order, page


def long_course(rows, shop, lessons):
    """More lessons than a request may hold."""
    names = [f"academy/{PRODUCT}/9{n}-long.md" for n in range(9)]
    for n, name in enumerate(names):
        shop.write(name, f"# Long {n}\n\n" + "word " * 830000)
    page = shop.browser.get(lessons)
    rows.add("a course of many long lessons opens, all in its list", page.status == 200
             and all(f"Long {n}" in page.text for n in range(9)), (page.status, page.text[-500:]))
    for name in names:
        os.remove(shop.path(name))


def access(rows, shop, order, page):
    o = shop.order(order)
    link = step_of(o, "invitation")["values"].get("link", "")
    html = shop.browser.get(page)
    rows.add("the buyer's page shows the access", link and link in html.text, link)
    placed = datetime.datetime.fromisoformat(o["placed_at"].replace("Z", "+00:00"))
    local = placed.astimezone(zoneinfo.ZoneInfo("Europe/Warsaw")).strftime("%Y-%m-%d %H:%M %Z")
    rows.add("its times are the shop's, and say so", f">{local}</time>" in html.text
             and f'datetime="{o["placed_at"]}"' in html.text, (local, html.text))
    shown = shop.browser.get_json(page).json
    rows.add("the buyer's page as JSON says the same", shown["state"] == "fulfilled"
             and any(s.get("values", {}).get("link") == link for s in shown["steps"]), shown)
    rows.add("and nothing of the buyer's data", BUYER["email"] not in str(shown), shown)
    letters = [m for m in shop.letters() if link and link in m["text"]]
    rows.same("one letter to the buyer has the link", [m["to"] for m in letters], [BUYER["email"]])
    sold = [m for m in shop.letters() if "jan@example.com" in m["to"] and order in m["raw"].decode()]
    rows.same("the owner is told of the sale", len(sold), 1)
    ids = [m["id"] for m in shop.letters()]
    rows.same("every letter has its own Message-ID", len(set(ids)), len(ids))
    lesson = shop.browser.get(link)
    if lesson.status in (301, 302, 303):
        lesson = shop.browser.get(lesson.location)
    rows.add("the link opens the first lesson", lesson.status == 200
             and "<h1" in lesson.text and "What has to be true" in lesson.text, lesson)
    others = [a for a in Forms(lesson.text).links if "/a/" in a and not a.endswith(".txt")]
    last = shop.browser.get(others[-1]) if others else None
    rows.add("the other lessons open", len(others) >= 2 and last.status == 200, others)
    files = [a for a in Forms(lesson.text).links if "/files/" in a]
    file = shop.browser.get(files[0]) if files else None
    with open(shop.path("academy", PRODUCT, "checklist.txt"), "rb") as f:
        rows.add("the file is downloaded as it is", file and file.raw == f.read()
                 and "attachment" in file.headers.get("Content-Disposition", ""), files)
    token = link.split("/a/")[1].split("/")[0]
    bent = link.replace(token, token[:-1] + ("0" if token[-1] != "0" else "1"))
    long_course(rows, shop, link)
    rows.same("a bent link opens nothing", shop.browser.get(bent).status, 404)
    rows.same("a bent key shows nothing",
              shop.browser.get(page[:-2] + ("00" if page[-2:] != "00" else "11")).status, 404)


PNG = (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f"
       b"\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00"
       b"\x00\x00\x00IEND\xaeB`\x82")


def pictures(rows, shop):
    """A lesson's pictures lie beside it."""
    folder = shop.path("academy", PRODUCT)
    for name in ("one.png", ".hidden.png"):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(PNG)
    os.symlink("/etc/hostname", os.path.join(folder, "out.png"))
    shop.write(f"academy/{PRODUCT}/09-pictures.md", "# Pictures\n\n![One](one.png) [small](02-small.md)\n")
    order, _, _ = buy(shop)
    base = step_of(shop.wait_state(order), "invitation")["values"]["link"]
    page = shop.browser.get(base + "09-pictures/")
    place = base[base.index("/a/"):]
    rows.add("a lesson names its picture and its neighbour", f'src="{place}one.png"' in page.text
             and f'href="{place}02-small/"' in page.text, page)
    shown = shop.browser.get(base + "one.png")
    rows.add("the picture is shown", shown.status == 200 and shown.raw == PNG
             and shown.headers.get("Content-Type") == "image/png", shown)
    part = shop.browser.get(base + "one.png", Range="bytes=1-3")
    rows.add("and in parts", part.status == 206 and part.raw == b"PNG", part)
    part = shop.browser.get(base + "files/checklist.txt", Range="bytes=0-0")
    rows.same("so is a file", (part.status, len(part.raw)), (206, 1))
    rows.same("kept by this buyer's browser only", shown.headers.get("Cache-Control"),
              "private, max-age=3600")
    stranger = base.rstrip("/")[:-1] + ("0" if base.rstrip("/")[-1] != "0" else "1") + "/"
    rows.add("no stranger sees it", shop.browser.get(stranger + "one.png").status in (404, 410))
    for name in (".hidden.png", "out.png", "../../images/x.png", "checklist.txt", "01-what-has-to-be-true.md"):
        rows.same(f"no picture: {name}", shop.browser.get(base + name).status, 404)


def escapes(rows, shop):
    for path in ("files/../../../shop.yml", "..%2f..%2fshop.yml", "files/%2e%2e%2f%2e%2e%2fshop.yml"):
        order, made, _ = buy(shop)
        link = step_of(shop.wait_state(order), "invitation")["values"]["link"]
        got = shop.browser.get(link.rstrip("/") + "/" + path)
        rows.add(f"no way out of the academy: {path}", "gateways" not in got.text
                 and got.status in (400, 404), got)
        break


def buttons(rows, shop):
    order, _, went = buy(shop, "nothing")
    rows.add("never come back: the buyer is told so", went.status == 200, went)
    rows.same("never come back: delivered all the same", shop.wait_state(order)["state"], "fulfilled")
    order, _, _ = buy(shop, "twice")
    o = shop.wait_order(order, lambda o: o["state"] == "fulfilled" and "surplus" in o["marks"])
    rows.add("paid twice: two payments, one mark, one delivery", len(o["payments"]) == 2
             and "surplus" in o["marks"] and step_of(o, "access")["attempts"] == 1, o)
    made = order_json(shop).json
    forged = made["link"].replace("499.00", "1.00")
    rows.add("a changed amount in the payment's address is refused",
             shop.browser.get(forged).status in (400, 403, 404, 422, 502), forged)


# ---- placing: what the order keeps, and what the form says ----

def kept(rows, shop):
    answer = order_json(shop, utm_source="letter-7", ref="ola", as_company="on", company="Żółw sp. z o.o.",
                        tax_id="526-000-12-46", street="Prosta 1", postcode="00-001", city="Warszawa")
    rows.add("JSON in, 201 with id, state, link, page", answer.status == 201
             and set(answer.json) == {"id", "state", "link", "page"}
             and answer.json["state"] == "placed", answer)
    o = shop.order(answer.json["id"])
    rows.add("the id: t, 19 letters and digits", re.fullmatch(r"t[0-9a-hjkmnp-tv-z]{18}", o["id"]), o["id"])
    line = o["lines"][0]
    rows.same("price frozen, net and gross", (line["gross"], line["net"], o["total"], o["currency"]),
              ("499.00", "405.69", "499.00", "PLN"))
    rows.add("company with address and tax number", o["company"]
             and o["company"]["tax_id"].replace("-", "") == "5260001246"
             and o["company"]["city"] == "Warszawa", o["company"])
    rows.add("each consent with its text's hash and time",
             [c["id"] for c in o["consents"]] == ["terms", "start", "news"]
             and all(len(c["hash"]) == 64 and c["at"] for c in o["consents"]), o["consents"])
    without = order_json(shop, as_company="")
    rows.same("no company unless asked for", shop.order(without.json["id"])["company"], None)
    one, two = order_json(shop).json["id"], order_json(shop).json["id"]
    rows.add("the same page posted twice: two orders", one != two, one)
    first, again = (order_json(shop, key="k" * 22).json["id"] for _ in range(2))
    rows.same("the same key and fields: the same order", first, again)
    other = order_json(shop, key="k" * 22, name="Ola").json["id"]
    rows.add("the same key, other fields: another order", other != first, other)


def pressed_at_once(rows, shop):
    """Both presses are on their way before either is answered; the browser shows the later answer."""
    for n in range(10):
        _, fields = order_form(shop)
        body = urllib.parse.urlencode({**fields, "key": f"at-once-{n:015}"}).encode()
        lines = []
        for _ in range(3):
            c = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=30)
            c.connect()
            lines.append(c)
        for c in lines:
            c.request("POST", "/api/order", body, {"Content-Type": "application/x-www-form-urlencoded"})
        answers = [c.getresponse() for c in lines]
        where = {(a.status, a.headers.get("Location", "")) for a in answers}
        for c in lines:
            c.close()
        if len(where) != 1 or [s for s, _ in where] != [303]:
            break
    rows.add("three presses at once with one key: each is sent to pay for the one order",
             len(where) == 1 and all(s == 303 and link for s, link in where), where)


WRONG = [  # name, what is changed, the field that is told
    ("no e-mail", {"email": ""}, "email"),
    ("an e-mail that is none", {"email": "anna@"}, "email"),
    ("two addresses", {"email": "a@example.com,b@example.com"}, "email"),
    ("a line break in the e-mail", {"email": "a@example.com\r\nBcc: x@example.com"}, "email"),
    ("a name too long", {"name": "x" * 121}, "name"),
    ("a text in the field for the street", {"street": "Prosta 1 " * 500}, "street"),
    ("a control sign in the name", {"name": "Anna\x01"}, None),
    ("a country that is none", {"country": "Polska"}, "country"),
    ("no consent to the terms", {"consent_terms": ""}, "consent_terms"),
    ("another price than ours", {"price": "399.00 PLN"}, "price"),
    ("another currency than ours", {"price": "499.00 EUR"}, "price"),
    ("a price that is none", {"price": "cheap"}, "price"),
    ("a product that is none", {"product": "nothing"}, "product"),
    ("a code nobody made", {"code": "HALF"}, "code"),
    ("a company without its number", {"as_company": "on", "company": "X", "tax_id": ""}, "tax_id"),
    ("a tax number with a mistake", {"as_company": "on", "company": "X", "tax_id": "5260001247",
        "street": "a", "postcode": "00-001", "city": "b"}, "tax_id"),
]
RIGHT = [
    ("the price as a page prints it", {"price": "PLN 499.00"}),
    ("the price with blanks", {"price": " 499.00 PLN "}),
    ("no price shown", {"price": ""}),
    ("fields nobody knows", {"shoe_size": "43"}),
    ("a consent that is free left out", {"consent_news": ""}),
    ("letters beyond ASCII", {"name": "Łucja Ćwięk 🐢"}),
]


def wrong(rows, shop):
    for name, change, field in WRONG:
        answer = order_json(shop, **change)
        told = answer.json.get("fields", {}) if answer.status == 422 else {}
        rows.add(f"422 JSON: {name}", answer.status in ((422,) if field else (400, 422))
                 and (field is None or field in told), answer)
        rows.add(f"422 JSON: {name}: problem+json", "application/problem+json"
                 in answer.headers.get("Content-Type", ""), answer.headers)
    for name, change in RIGHT:
        answer = order_json(shop, **change)
        rows.add(f"accepted: {name}", answer.status == 201, answer)


def typed_is_kept(rows, shop):
    typed = {"name": 'Anna "Quick" <Żółw>', "email": "anna@", "company": "Firma & Córki"}
    answer = place(shop, **typed)
    form = Forms(answer.text).form("/api/order")
    fields = form["fields"] if form else {}
    rows.same("422 HTML", answer.status, 422)
    for name, value in typed.items():
        rows.same(f"422 keeps what was typed: {name}", fields.get(name), value)
    ticked = re.search(r'name="consent_terms"[^>]*checked|checked[^>]*name="consent_terms"', answer.text)
    rows.add("422 keeps what was ticked", ticked, answer.text[:200])
    rows.add("422 says it at the field", "name@example.com" in answer.text, answer.text[:200])
    changed = place(shop, price="399.00 PLN")
    now = Forms(changed.text).form("/api/order")
    rows.add("a changed price is shown, not charged", changed.status == 422
             and now and "499" in now["fields"].get("price", ""), changed)
    after = shop.browser.form("/api/order", {**now["fields"], **BUYER, "consent_terms": "on",
                                             "consent_start": "on"})
    rows.same("and with the new price it is an order", after.status, 303)


def near_addresses(rows, shop):
    """A slip in an e-mail's domain is asked about once, and never in the way."""
    slip = {"email": "anna@gmial.com"}
    asked = place(shop, **slip)
    form = Forms(asked.text).form("/api/order")
    rows.same("a slip: the form comes back", asked.status, 422)
    rows.add("a slip: what was meant stands at the field", "<strong>anna@gmail.com</strong>" in asked.text
             and 'id="email-meant"' in asked.text and 'role="alert" tabindex' not in asked.text, asked.text[:3000])
    rows.same("a slip: what was typed is kept", form["fields"]["email"], slip["email"])
    ticked = {name: value for name, value, _ in form["boxes"] if name.startswith("consent_")}
    again = {**form["fields"], **ticked}
    rows.same("a slip sent again is an order", shop.browser.form("/api/order", again).status, 303)
    other = shop.browser.form("/api/order", {**again, "email": "anna@gmali.com"})
    rows.add("another slip is asked about, too", other.status == 422 and "email-meant" in other.text, other)
    mended = shop.browser.form("/api/order", {**again, "email": "anna@gmail.com"})
    rows.same("mended, it is an order", mended.status, 303)
    both = place(shop, consent_terms="", **slip)
    fields = Forms(both.text).form("/api/order")["fields"]
    rows.add("beside a mistake it is asked, too", "email-meant" in both.text and 'id="consent_terms-wrong"'
             in both.text, both.text[:3000])
    after = shop.browser.form("/api/order", {**fields, **ticked})
    rows.same("and then no more", after.status, 303)
    rows.same("a program is not asked", order_json(shop, **slip).status, 201)
    for email, lang, said in (("user@bücher.pl", "en", "xn--"), ("user@bücher.pl", "pl", "zaczyna się od xn--"),
                              ("żółw@example.com", "en", "plain letters"), ("żółw@example.com", "pl", "polskich znaków")):
        told = order_json(shop, email=email, lang=lang)
        rows.add(f"{email}, {lang}: its own sentence", told.status == 422
                 and said in told.json["fields"]["email"], told)


def strange_bodies(rows, shop):
    _, fields = order_form(shop)
    pairs = list(fields.items())
    twice = shop.browser.form("/api/order", pairs + [("email", "b@example.com")],
                              Accept="application/json")
    rows.add("a known field twice is a 422 at that field", twice.status == 422
             and "email" in twice.json.get("fields", {}), twice)
    unknown = shop.browser.form("/api/order", pairs + [("x", "1"), ("x", "2")])
    rows.same("an unknown field twice is nothing", unknown.status, 303)
    trap = shop.browser.form("/api/order", {**fields, "website": "http://spam.example"})
    rows.add("the honeypot is refused; whoever fell into it by accident is told, and can order", trap.status
             in (403, 422) and "Nothing was charged. Please order again." in trap.text
             and fields["email"] in trap.text, trap)
    big = shop.browser.form("/api/order", urllib.parse.urlencode(
        {**fields, "street": "x" * 70000}).encode())
    rows.add("a body too big is a 413 that says so", big.status == 413 and "Nothing was charged" in big.text, big)
    rows.same("and the next request is served", shop.browser.get("/healthz").status, 200)
    broken = [("broken percent signs", b"email=%zz&product=%"), ("not UTF-8", b"email=%ff%fe"),
              ("NUL", b"email=a%00b@example.com"), ("empty", b"")]
    for name, body in broken:
        rows.add(f"a form with {name}: 400 or 422",
                 shop.browser.form("/api/order", body).status in (400, 422), body)
    for name, body in [("not JSON", b"{"), ("a list", b"[]"), ("deep", b"[" * 5000),
                       ("a list as e-mail", b'{"email":["a@example.com"]}')]:
        rows.add(f"a JSON body that is {name}: 400 or 422",
                 shop.browser.post_json("/api/order", body).status in (400, 422), body)
    text = shop.browser.ask("POST", "/api/order", b"hello", {"Content-Type": "text/plain"})
    rows.add("another kind of body: 400, 415 or 422", text.status in (400, 415, 422), text)


def limited(rows, program, folder):
    shop = demo(program, folder, [("", "\nlimits: {orders_per_address: 8, orders_per_email: 3}\n")])
    shop.start()
    answers = [order_json(shop) for _ in range(5)]
    # A minute may end between them; then three more pass.
    got = [a.status for a in answers]
    rows.add("429 for one e-mail too often", got[:3] == [201] * 3 and 429 in got, got)
    no = next((a for a in answers if a.status == 429), None)
    rows.add("429 says when to come again, and that nothing was charged", no
             and no.headers.get("Retry-After") and "charged" in no.text.lower(), no)
    got = [order_json(shop, email=f"x{n}@example.com").status for n in range(20)]
    rows.add("429 for one address too often", 429 in got, got)
    html = place(shop, email="anna@example.com")
    html = place(shop, email="anna@example.com") if html.status != 429 else html
    rows.add("429 as a page", html.status in (429, 303), html)
    shop.stop()


# ---- the test gateway's notes, signed by our own code ----

def test_note(shop, reference, status, amount, transaction, **other):
    """As the provider would send it: fields in order, and the MAC over them at the end."""
    account = hmac.new(shop.secret(), b"gateway/test", hashlib.sha256).digest()
    fields = {"transaction": transaction, "status": status, "ref": reference, "amount": amount,
              "currency": "PLN", **other}
    body = urllib.parse.urlencode(fields).encode()
    mac = hmac.new(account, b"note\n" + body, hashlib.sha256).hexdigest()
    return body + b"&mac=" + mac.encode()


def reference_of(link):
    return urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)["ref"][0]


def refunds(rows, shop):
    order, made, _ = buy(shop)
    shop.wait_state(order)
    ref = reference_of(made["link"])
    for n in ("r1", "r2", "r1"):
        body = test_note(shop, ref, "refunded", "100.00", f"test-{ref}-1", refund=n)
        rows.same(f"a refund in part is heard ({n})",
                  shop.browser.form("/api/payment/test", body).text, "OK")
    o = shop.wait_order(order, lambda o: len(o["refunds"]) >= 2)
    rows.add("refunded in part twice, one of them told twice: two refunds",
             [r["amount"] for r in o["refunds"]] == ["100.00", "100.00"]
             and o["marks"] == ["part_refunded"], o)
    body = test_note(shop, ref, "refunded", "299.00", f"test-{ref}-1", refund="r3")
    shop.browser.form("/api/payment/test", body)
    o = shop.wait_order(order, lambda o: "refunded" in o["marks"])
    rows.same("refunded wholly", o["marks"], ["refunded"])
    link = step_of(o, "invitation")["values"]["link"]
    rows.same("and the access is closed", shop.browser.get(link).status, 404)
    forged = bytearray(test_note(shop, ref, "paid", "499.00", "test-x"))
    forged[20] ^= 1
    answer = shop.browser.form("/api/payment/test", bytes(forged))
    rows.add("a forged note of the test gateway is refused", answer.status >= 400, answer)


# ---- expiry ----

def expiry(rows, program, folder):
    shop = demo(program, folder, [("", "\nexpire: 1s\n")])
    shop.start()
    made = order_json(shop).json
    ref = reference_of(made["link"])

    def gone():
        # The sweep runs at every start, and every minute.
        shop.stop()
        shop.start()
        return shop.order(made["id"])["state"] == "expired"

    rows.add("an unpaid order expires", wait_for(gone, every=1.2), shop.order(made["id"]))
    o = shop.order(made["id"])
    rows.add("its personal data is gone, its facts stay", not o["buyer"]["email"]
             and not o["buyer"]["name"] and o["total"] == "499.00", o)
    shop.stop()
    with sqlite3.connect(shop.path("var", "shop.db")) as db:
        named = [r[:3] for r in db.execute("SELECT kind, part, key, bytes FROM row")
                 if BUYER["email"] in str(r[1:]) or BUYER["email"].encode() in r[3]]
    db.close()
    rows.same("no row of the store names them any more", named, [])
    shop.start()
    shop.browser.form("/api/payment/test", test_note(shop, ref, "paid", "499.00", "test-late"))
    o = shop.wait_order(made["id"], lambda o: o["payments"])
    rows.add("paid after it expired: paid, and marked", o["state"] in ("paid", "fulfilled")
             and "late" in o["marks"], o)
    late = [m for m in shop.letters() if "jan@example.com" in m["to"]]
    rows.add("and the owner is told", wait_for(lambda: [
        m for m in shop.letters() if "jan@example.com" in m["to"]]), late)
    shop.stop()


def run(rows, program, folder):
    shop = demo(program, os.path.join(folder, "demo")).start()
    pages(rows, shop)
    machines(rows, shop)
    form_of_a_product(rows, shop)
    order, page = whole(rows, shop)
    access(rows, shop, order, page)
    escapes(rows, shop)
    pictures(rows, shop)
    buttons(rows, shop)
    kept(rows, shop)
    pressed_at_once(rows, shop)
    wrong(rows, shop)
    near_addresses(rows, shop)
    typed_is_kept(rows, shop)
    strange_bodies(rows, shop)
    refunds(rows, shop)
    rows.same("it ends well when asked to", shop.stop(), 0)
    limited(rows, program, os.path.join(folder, "limited"))
    expiry(rows, program, os.path.join(folder, "expiry"))
