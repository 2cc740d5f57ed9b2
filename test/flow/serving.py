"""serving: what anybody may have: compressed it is the same, and how long it may be kept, by whom."""
import gzip
import os
import re

from buying import demo
from notes import live_shop

PROXY = {"X_Forwarded_Proto": "https"}
HSTS = "max-age=31536000"
# What may differ between an answer and the same compressed: parts are of the plain one only.
OF_CODING = {"Date", "Content-Length", "Content-Encoding", "ETag", "Accept-Ranges"}


def style_of(shop):
    return re.search(r'href="(/style\.[^"]+)"', shop.browser.get("/").text).group(1)


def rest_of(answer):
    return sorted((n, v) for n, v in answer.headers.items() if n not in OF_CODING)


def same_compressed(rows, shop, path):
    plain = shop.browser.get(path)
    rows.add(f"{path}: plain for those who take no gzip", plain.status == 200
             and "Content-Encoding" not in plain.headers
             and plain.headers["Vary"] == "Accept-Encoding", plain.headers)
    for turn in ("made", "kept"):
        zipped = shop.browser.get(path, Accept_Encoding="gzip")
        rows.same(f"{path}: compressed, {turn}", zipped.headers["Content-Encoding"], "gzip")
        rows.add(f"{path}: smaller, {turn}", len(zipped.raw) < len(plain.raw), len(zipped.raw))
        rows.same(f"{path}: the same bytes, {turn}", gzip.decompress(zipped.raw), plain.raw)
        rows.same(f"{path}: the same headers, {turn}", rest_of(zipped), rest_of(plain))
        rows.add(f"{path}: a tag of its own, {turn}",
                 zipped.headers["ETag"] not in (plain.headers["ETag"], None), zipped.headers)
        again = shop.browser.get(path, Accept_Encoding="gzip", If_None_Match=zipped.headers["ETag"])
        rows.add(f"{path}: not sent to those who have it, {turn}", again.status == 304
                 and not again.raw and again.headers["ETag"] == zipped.headers["ETag"], again)


LOGO = "<svg xmlns='http://www.w3.org/2000/svg'><!-- %s --></svg>"


def files(rows, shop):
    """What is special about files: they change, and parts of them are asked for."""
    def get(path="/images/logo.svg", **headers):
        return shop.browser.get(path, Accept_Encoding="gzip", **headers)

    first = get()
    part = get(Range="bytes=1-3")
    rows.add("a part is one of the plain file", part.status == 206 and part.raw == b"svg"
             and "Content-Encoding" not in part.headers, part)
    plain = shop.browser.get("/images/logo.svg").headers
    rows.same("the same time of change", first.headers["Last-Modified"], plain["Last-Modified"])
    rows.same("not sent to those who have it since", get(If_Modified_Since=plain["Last-Modified"])
              .status, 304)
    rows.same("nor when another is wished for", get(If_Match=plain["ETag"]).status, 412)
    rows.same("a head has no body, but its size", (shop.browser.ask("HEAD", "/images/logo.svg",
              headers={"Accept-Encoding": "gzip"}).headers["Content-Length"]), str(len(first.raw)))
    for turn in ("b", "c"):
        was = os.stat(shop.path("images/logo.svg")).st_mtime_ns
        shop.write("images/logo.svg", LOGO % (turn * 5000))
        os.utime(shop.path("images/logo.svg"), ns=(was, was + 1000))
        rows.same(f"a changed file is compressed anew: {turn}", gzip.decompress(get().raw).decode(),
                  LOGO % (turn * 5000))
        rows.same(f"and has another tag: {turn}", get(If_None_Match=first.headers["ETag"]).status, 200)
    was = os.stat(shop.path("images/logo.svg")).st_mtime_ns
    shop.write("images/logo.svg", LOGO % ("d" * 5000))
    os.utime(shop.path("images/logo.svg"), ns=(was, was))
    rows.same("with the same mark the copy is given that was kept", gzip.decompress(get().raw)
              .decode(), LOGO % ("c" * 5000))
    for name, why in (("small.svg", "too small"), ("noise.txt", "no smaller"), ("huge.svg", "too large"),
                      ("picture.png", "compressed already")):
        for turn in (1, 2):
            got = get(f"/images/{name}")
            rows.add(f"not compressed: {why} ({turn})", "Content-Encoding" not in got.headers
                     and len(got.raw) == os.path.getsize(shop.path("images", name)), got.headers)
            rows.same(f"does it vary: {why}", got.headers["Vary"],
                      None if name.endswith("png") else "Accept-Encoding")


def folder_of(shop):
    shop.write("images/logo.svg", LOGO % ("a" * 5000))
    shop.write("images/small.svg", LOGO % "a")
    shop.write("images/huge.svg", LOGO % ("a" * 600000))
    shop.write("images/picture.png", "a" * 5000)
    with open(shop.path("images/noise.txt"), "wb") as f:
        f.write(os.urandom(5000))


def compressed(rows, program, folder):
    shop = demo(program, os.path.join(folder, "demo"))
    folder_of(shop)
    shop.start()
    for path in ("/", "/terms/", "/p/master-of-aggregates/", "/buy/master-of-aggregates/",
                 "/sitemap.xml", style_of(shop), "/images/logo.svg"):
        same_compressed(rows, shop, path)
    files(rows, shop)
    rows.same("in test mode nothing makes a browser insist on https",
              shop.browser.get("/", **PROXY).headers["Strict-Transport-Security"], None)
    rows.same("it ends well", shop.stop(), 0)


def keeping(rows, shop):
    """path -> who may keep it, and how long."""
    for path, status, words in [
        ("/", 200, "public, max-age=60, must-revalidate"),
        ("/p/master-of-aggregates/", 200, "public, max-age=60, must-revalidate"),
        (style_of(shop), 200, "public, max-age=31536000, immutable"),
        ("/images/logo.svg", 200, "public, max-age=3600"),
        ("/api/buy/master-of-aggregates?email=anna%40example.com", 200, "no-store"),
        ("/api/warm", 200, "no-store"),
        ("/nothing", 404, "no-store"),
        ("/images/nothing.png", 404, "no-store"),
        ("/o/o-nothing/x", 404, "no-store"),
        ("/api/order", 405, "no-store"),
    ]:
        for coding in ("identity", "gzip"):
            got = shop.browser.get(path, Accept_Encoding=coding)
            rows.add(f"live {path}, {coding}: {words}", got.status == status
                     and got.headers["Cache-Control"] == words, (got.status, str(got.headers)))
        rows.same(f"live {path} by http: no Strict-Transport-Security",
                  got.headers["Strict-Transport-Security"], None)
        rows.same(f"live {path} by https", shop.browser.get(path, **PROXY)
                  .headers["Strict-Transport-Security"], HSTS)


def live(rows, program, folder):
    shop = live_shop(program, os.path.join(folder, "live"))
    shop.write("images/logo.svg", LOGO % ("a" * 5000))
    shop.start()
    rows.same("a stranger who says https is not believed",
              shop.browser.get("/", **PROXY).headers["Strict-Transport-Security"], None)
    shop.stop()
    shop.write("shop.yml", shop.read("shop.yml") + "\nproxies: [127.0.0.1]\n")
    shop.start()
    keeping(rows, shop)
    rows.same("it ends well", shop.stop(), 0)


def run(rows, program, folder):
    compressed(rows, program, folder)
    live(rows, program, folder)
