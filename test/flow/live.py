"""live: `serve` shows an edit by itself: a page waits until a reload has ended, and is told what came of it;
`run` knows nothing of that."""
import concurrent.futures
import os
import re
import signal

from buying import PRODUCT, demo, order_json
from driver import wait_for

GOES_ON = "The shop goes on as it was"
BAD = [  # name, file, what is replaced (None: the whole), by what, the mistake
    ("a price that is none", "_data/products.yml", "499.00 PLN", "dear", r"_data/products\.yml:\d+:\d+: "),
    ("a template that cannot be read", "theme/page.html", None, "{{no", r"theme/page\.html:1:1: "),
    ("a name that no page has", "theme/page.html", None, "{{>top}}{{no_such}}{{>bottom}}",
     r"theme/page\.html:1:9: "),
    ("a page with HTML in its place", "pages/<b>.md", None, "---\ntitle: [\n---\n", r"pages/<b>\.md: the name of a page"),
]


def moment(page):
    found = re.search(r'<script src="/live\.js" data-shop="([\d-]+)" defer></script>\n</body>', page.text)
    return found.group(1) if found else ""


class Waiting:
    """A browser with an open page: it asks, and something happens meanwhile."""

    def __init__(self, shop):
        self.shop, self.pool = shop, concurrent.futures.ThreadPoolExecutor(20)
        self.seen = shop.browser.get_json("/live/now").json["now"]

    def after(self, what):
        asked = self.pool.submit(self.shop.browser.ask, "GET", f"/live/{self.seen}", timeout=90)
        what()
        answer = asked.result()
        self.seen = answer.json["now"]
        return answer


def put(shop, file, old, new):
    """Edits; gives a function that takes it back."""
    good = shop.read(file) if os.path.exists(shop.path(file)) else None
    if old == "":
        os.unlink(shop.path(file))
    else:
        shop.write(file, good.replace(old, new, 1) if old else new)
    return lambda: shop.write(file, good) if good is not None else os.unlink(shop.path(file))


def edits(rows, shop, waiting):
    page = shop.browser.get(f"/p/{PRODUCT}/")
    rows.same("a page says of which moment it is", moment(page), waiting.seen)
    rows.add("its policy lets the script run and ask", "script-src 'self'" in
             page.headers["Content-Security-Policy"] and "connect-src 'self'" in
             page.headers["Content-Security-Policy"], page.headers)
    for name, kind in (("live.js", "text/javascript"), ("live.css", "text/css")):
        rows.add(f"{name} is there", shop.browser.get(f"/{name}").headers["Content-Type"].startswith(kind))
    for file, text in (("pages/fresh.md", "---\ntitle: Fresh\n---\nHello.\n"), ("theme/style.css", "a{}"),
                       ("academy/master-of-aggregates/02-small.md", "# New\n"), ("images/a/b.txt", "x")):
        answer = waiting.after(lambda: shop.write(file, text))
        rows.same(f"{file}: told, without mistakes", (answer.status, answer.json["mistakes"],
                  answer.json["shop"]), (200, [], answer.json["now"]))
        rows.same(f"{file}: nobody keeps the answer", answer.headers["Cache-Control"], "no-store")
    rows.same("the new page is there", (moment(shop.browser.get("/fresh/"))), waiting.seen)
    rows.add("and told who asks with an old moment", shop.browser.get("/live/x").json["now"] == waiting.seen)


def mistakes(rows, shop, waiting):
    for name, file, old, new, said in BAD:
        back = []
        before = shop.browser.get("/live/now").json["shop"]
        answer = waiting.after(lambda: back.append(put(shop, file, old, new))).json
        rows.add(f"{name}: with its place", re.match(said, "\n".join(answer["mistakes"])), answer)
        rows.add(f"{name}: the shop stays", answer["shop"] == before and GOES_ON in answer["sentence"], answer)
        rows.same(f"{name}: and sells", order_json(shop).status, 201)
        rows.same(f"{name}: a page opened now is of the old shop", moment(shop.browser.get("/terms/")), before)
        answer = waiting.after(back[0]).json
        rows.same(f"{name}, mended: taken", (answer["mistakes"], answer["sentence"], answer["shop"]),
                  ([], "", answer["now"]))


def products_add(shop, count):
    one = "- {{id: guide-{0}, name: Guide {0}, price: 79.00 PLN, tax: '5'}}\n"
    shop.write("_data/products.yml", shop.read("_data/products.yml") + "".join(map(one.format, range(count))))
    for n in range(count):
        shop.write(f"academy/guide-{n}/01-a.md", "# One\n")


COURSE = "academy/master-of-aggregates"
LATE = [  # what an edit breaks: name, file, what is replaced (None: the whole, "": it is removed), by what, the mistake
    ("a lesson's link", f"{COURSE}/02-small.md", None, "[on](99-none/)\n", r"%s/02-small\.md:1:6: the link" % COURSE),
    ("a file that a product names is gone", f"{COURSE}/checklist.txt", "", "", r".*there is no file %s" % COURSE),
    ("the last product names a file that is not there", "_data/products.yml", "id: guide-7,",
     "id: guide-7, files: [none.pdf],", r"_data/products\.yml:\d+:\d+: there is no file academy/guide-7/none\.pdf"),
    ("the last product shows what a page cannot", "_data/products.yml", "id: guide-7,",
     "id: guide-7, summary: Now there,", r"theme/product\.html:2:17: "),
]


def only_changed(rows, shop, waiting):
    """What did not change is not looked at again, and what did is, wherever it stands."""
    waiting.after(lambda: products_add(shop, 8))
    template = "{{>top}}\n{{#description}}{{no_such}}{{/description}}\n{{>bottom}}"
    waiting.after(lambda: shop.write("_data/products.yml", re.sub(r"  summary: .*\n", "",
                  shop.read("_data/products.yml"))))
    answer = waiting.after(lambda: shop.write("theme/product.html", template)).json
    rows.same("nobody has it yet", answer["mistakes"], [])
    for name, file, old, new, said in LATE:
        back = []
        answer = waiting.after(lambda: back.append(put(shop, file, old, new))).json
        rows.add(f"{name}: with its place", re.match(said, "\n".join(answer["mistakes"])), answer)
        again = waiting.after(lambda: shop.write("pages/other.md", f"---\ntitle: O\n---\n{name}\n")).json
        rows.same(f"{name}: still there after an edit elsewhere", again["mistakes"], answer["mistakes"])
        answer = waiting.after(back[0]).json
        rows.same(f"{name}, mended: taken", (answer["mistakes"], answer["shop"]), ([], answer["now"]))


def limits(rows, shop, waiting):
    answer = waiting.after(lambda: shop.process.send_signal(signal.SIGHUP)).json
    rows.same("SIGHUP: told too", answer["shop"], answer["now"])
    rows.same("a form's answer is not loaded again", moment(shop.browser.form("/api/order", {})), "")
    many = [waiting.pool.submit(shop.browser.ask, "GET", f"/live/{waiting.seen}", timeout=90) for _ in range(18)]
    rows.add("who waits longest makes room", wait_for(lambda: sum(m.done() for m in many) == 2),
             [m.done() for m in many])
    rows.same("it ends well while browsers wait", shop.stop(), 0)
    rows.same("and they are answered", {m.result().status for m in many}, {200})


def whole(rows, shop):
    """Whatever a browser keeps or can unpack: a page comes with its script, and no file is spoilt by one."""
    text = f"<!doctype html><title>a</title>{'<p>words</p>' * 400}</body>"
    shop.write("images/page.html", text)
    shop.start("serve")
    for turn in (1, 2):
        page = shop.browser.get("/", Accept_Encoding="gzip", If_None_Match="*",
                                If_Modified_Since="Fri, 31 Dec 2100 23:59:59 GMT")
        rows.add(f"a page as it is, {turn}", page.status == 200 and "/live.js" in page.text
                 and "<title>" in page.text, page)
        file = shop.browser.get("/images/page.html", Accept_Encoding="gzip")
        rows.add(f"a file that is a page, {turn}", file.status == 200 and "<p>words</p>" in file.text, file)
    shop.stop()


def run(rows, program, folder):
    shop = demo(program, os.path.join(folder, "serve")).start("serve")
    waiting = Waiting(shop)
    edits(rows, shop, waiting)
    mistakes(rows, shop, waiting)
    only_changed(rows, shop, waiting)
    limits(rows, shop, waiting)
    whole(rows, shop)
    shop = demo(program, os.path.join(folder, "run")).start()
    for path in ("/live/now", "/live.js", "/live.css"):
        rows.same(f"run: no {path}", shop.browser.get(path).status, 404)
    rows.add("run: no script of it", "live" not in shop.browser.get("/").text)
    shop.stop()
