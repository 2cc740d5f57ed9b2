"""asking: what buyers ask for after they have bought: the letter again, another address, all their
links; and what the owner does with an order's links.
"""
import os

from buying import BUYER, PRODUCT, buy, demo
from driver import Forms, wait_for

NEW = "anna.nowak@example.org"


def to(shop, address):
    return [m for m in shop.letters() if address in m["to"]]


def wait_letters(shop, address, count):
    wait_for(lambda: len(to(shop, address)) >= count)
    return to(shop, address)


def link_of(shop, order):
    steps = {s["id"]: s for s in shop.order(order)["steps"]}
    return steps["invitation"]["values"]["link"]


def again(rows, shop, order, page):
    front = shop.browser.get(page)
    rows.add("the page has both forms", Forms(front.text).form("/resend")
             and Forms(front.text).form("/email"), front)
    before = len(to(shop, BUYER["email"]))
    went = shop.browser.form(page + "/resend", {})
    rows.add("asked again: back to the page", went.status == 303 and "?said=resent" in went.location, went)
    rows.add("which says so", "on its way again" in shop.browser.get(went.location).text, went)
    letters = wait_letters(shop, BUYER["email"], before + 1)
    rows.same("one letter more", len(letters), before + 1)
    with_link = [m for m in letters if link_of(shop, order) in m["text"]]
    rows.same("both with the same link", len(with_link), 2)
    rows.same("each with its own Message-ID", len({m["id"] for m in letters}), len(letters))
    rows.same("the order stays fulfilled", shop.order(order)["state"], "fulfilled")
    rows.same("a bent key asks for nothing", shop.browser.form(page[:-2] + "xx/resend", {}).status, 404)
    rows.same("no other verb", shop.browser.form(page + "/delete", {}).status, 404)
    rows.same("looking at it asks for nothing", shop.browser.get(page + "/resend").status, 405)


def corrected(rows, shop, order, page):
    wrong = shop.browser.form(page + "/email", {"email": 'a"b@'})
    rows.add("an address that is none: 422, typed and told", wrong.status == 422
             and 'value="a&quot;b@"' in wrong.text and 'aria-invalid="true"' in wrong.text, wrong)
    went = shop.browser.form(page + "/email", {"email": NEW})
    rows.add("a right one: back to the page", went.status == 303 and "?said=changed" in went.location, went)
    letters = wait_letters(shop, NEW, 1)
    rows.add("the letter goes to the new address", len(letters) == 1
             and link_of(shop, order) in letters[0]["text"], letters)
    rows.same("the order has it", shop.order(order)["buyer"]["email"], NEW)
    for _ in range(5):
        went = shop.browser.form(page + "/resend", {})
        wait_for(lambda: not shop.queue())
    rows.add("letters to any address end somewhere", "?said=often" in went.location, went)


def found(rows, shop, orders):
    here, moved = orders
    form = Forms(shop.browser.get("/find/").text).form("/api/find")
    rows.add("there is a form for it", form and "email" in form["fields"], form)
    count = len(shop.letters())
    nobody = shop.browser.form("/api/find", {"email": "nobody@example.com"})
    wait_for(lambda: not shop.queue())
    before = len(to(shop, BUYER["email"]))
    somebody = shop.browser.form("/api/find", {"email": BUYER["email"].upper()})
    rows.add("one answer for all", somebody.status == nobody.status == 200
             and somebody.text == nobody.text and "inbox" in somebody.text, (somebody, nobody))
    letters = wait_letters(shop, BUYER["email"], before + 1)
    rows.same("one letter, to the address that bought", len(shop.letters()), count + 1)
    text = next((m["text"] for m in letters if "your links" in m["subject"]), "")
    rows.add("with every link of that address", link_of(shop, here) in text
             and "Aggregates, a field guide" in text, text)
    rows.add("without what belongs to another by now", link_of(shop, moved) not in text, text)
    belongings = next((w for w in text.split() if "/a/all-" in w), "")
    page = shop.browser.get(belongings)
    rows.add("all on one page", page.status == 200 and page.text.count("/o/") >= 2
             and link_of(shop, here).split("/a/")[1] in page.text, page)
    rows.same("a bent one shows nothing", shop.browser.get(belongings.replace("-", "-0", 1)).status, 404)
    rows.same("an address that is none", shop.browser.form("/api/find", {"email": "a@"}).status, 422)
    trap = shop.browser.form("/api/find", {"email": BUYER["email"], "website": "x"})
    rows.add("a robot is told the same", trap.text == somebody.text, trap)
    many = [shop.browser.form("/api/find", {"email": "x@example.com"}).status for _ in range(25)]
    rows.add("and not for ever", 429 in many, many)
    return belongings


def revoked(rows, shop, order, page, belongings):
    old, before = link_of(shop, order), len(to(shop, BUYER["email"]))
    done = shop.cli_run("order", "revoke", order)
    rows.add("the owner closes the links", done.returncode == 0 and "open nothing" in done.stderr, done)
    letters = wait_letters(shop, BUYER["email"], before + 1)
    new = link_of(shop, order)
    rows.add("the buyer gets new ones", new != old and any(new in m["text"] for m in letters), letters)
    gone = shop.browser.get(old)
    rows.add("the old lesson link says that there is a newer one", gone.status == 404
             and "replaced by a newer one" in gone.text and "/find/" in gone.text, gone)
    rows.same("the old page is closed", shop.browser.get(page).status, 404)
    rows.same("and the page of all", shop.browser.get(belongings).status, 404)
    rows.same("the new link opens", shop.browser.get(new).status, 200)
    done = shop.cli_run("order", "resend", order)
    rows.same("the owner sends it again", (done.returncode,
              len(wait_letters(shop, BUYER["email"], before + 2))), (0, before + 2))
    rows.same("no such order", shop.cli_run("order", "revoke", "t" + "0" * 18).returncode, 5)


def run(rows, program, folder):
    shop = demo(program, os.path.join(folder, "shop")).start()
    first, made, _ = buy(shop)
    shop.wait_state(first)
    second, _, _ = buy(shop, product="aggregates-field-guide", price="79.00 PLN")
    third, other, _ = buy(shop)
    shop.wait_state(second)
    shop.wait_state(third)
    again(rows, shop, first, made["page"])
    corrected(rows, shop, third, other["page"])
    belongings = found(rows, shop, (first, third))
    revoked(rows, shop, first, made["page"], belongings)
    shop.stop()
