"""building: `grosz build`: the same bytes as the running shop gives, only what changed is touched,
what is gone goes, and whatever interrupts it leaves whole files and strangers' files alone."""
import fcntl
import json
import os
import random
import resource
import shutil
import signal
import subprocess

from buying import demo

MANY = 400  # products of the build that is killed: long enough to be met in the middle


def tree(folder):
    """path -> bytes of all that a server of the folder would show."""
    found = {}
    for where, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".")]
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, folder)] = f.read()
    return found


def times(folder):
    return {p: os.stat(os.path.join(folder, p)).st_mtime_ns for p in tree(folder)}


def counts(done):
    said = json.loads(done.stdout)
    return said["written"], said["unchanged"], said["removed"]


def differ(a, b):
    return sorted(p for p in {*a, *b} if a.get(p) != b.get(p))


def address(path):
    return "/" + (path[:-len("index.html")] if path.endswith("index.html") else path)


def same_as_live(rows, shop):
    shop.write("images/deep/moa.jpg", "a picture")
    done = shop.cli_run("build")
    built = tree(shop.path("public"))
    rows.add("build says what it did", done.returncode == 0 and "written" in done.stderr
             and not done.stdout, done)
    for path in ("index.html", "404.html", "robots.txt", "sitemap.xml", "terms/index.html",
                 "p/master-of-aggregates/index.html", "buy/master-of-aggregates/index.html",
                 "images/deep/moa.jpg"):
        rows.add(f"there is {path}", path in built, sorted(built))
    shop.start()
    for path, data in built.items():
        answer = shop.browser.get(address(path))
        rows.add(f"the running shop gives the same {path}", answer.raw == data, answer)
    again = shop.cli_run("build", "--json")
    rows.same("while it runs, and nothing has changed", counts(again), (0, len(built), 0))
    shop.stop()


def repeated(rows, shop):
    before = times(shop.path("public"))
    first = tree(shop.path("public"))
    done = shop.cli_run("build", "--json")
    rows.same("nothing to do", counts(done), (0, len(first), 0))
    rows.same("and no time of a file has changed", times(shop.path("public")), before)
    for to in ("one", "two"):
        shop.cli("build", "--to", shop.path(to))
        rows.same(f"the same bytes in another folder, {to}", differ(tree(shop.path(to)), first), [])
    shop.change("_data/products.yml", "79.00 PLN", "78.00 PLN")
    done = shop.cli_run("build", "--json")
    rows.same("a price is on three pages", counts(done)[0], 3)
    after = times(shop.path("public"))
    rows.same("only they are touched", len([p for p in after if after[p] != before.get(p)]), 3)


def gone(rows, shop):
    shop.write("public/mine.txt", "a stranger's")
    shop.write("pages/extra.md", "# Extra\n")
    shop.cli("build")
    rows.add("a new page", "extra/index.html" in tree(shop.path("public")))
    os.remove(shop.path("pages/extra.md"))
    os.remove(shop.path("images/deep/moa.jpg"))
    shop.cli("build")
    left = tree(shop.path("public"))
    rows.add("is gone with its file, and the picture", "extra/index.html" not in left
             and "images/deep/moa.jpg" not in left, sorted(left))
    rows.add("and so are their folders", not os.path.exists(shop.path("public/extra"))
             and not os.path.exists(shop.path("public/images")))
    rows.same("a stranger's file stays", left.get("mine.txt"), b"a stranger's")
    shop.write("public/about/index.html", "mine too")
    shop.write("pages/about.md", "# About\n")
    before = tree(shop.path("public"))
    done = shop.cli_run("build")
    rows.add("and is not replaced either", done.returncode == 1 and "about/index.html" in done.stderr
             and differ(tree(shop.path("public")), before) == [], done)
    shutil.rmtree(shop.path("public/about"))
    rows.same("away with it", shop.cli_run("build").returncode, 0)


def mistakes(rows, shop):
    before = tree(shop.path("public"))
    good = shop.read("_data/products.yml")
    shop.change("_data/products.yml", "78.00 PLN", "cheap")
    done = shop.cli_run("build")
    rows.add("a mistake in the files is named", done.returncode == 1
             and "_data/products.yml:" in done.stderr, done)
    shop.write("_data/products.yml", good)
    shop.write("theme/product.html", "{{>top}}\n<h1>{{product.nmae}}</h1>\n{{>bottom}}\n")
    shop.change("pages/terms.md", "#", "# New\n\n#")
    done = shop.cli_run("build")
    rows.add("so is one in a template", done.returncode == 1 and "product.html:2:" in done.stderr, done)
    rows.same("and nothing was written", differ(tree(shop.path("public")), before), [])
    os.remove(shop.path("theme/product.html"))
    shop.cli("build")


def styles(rows, shop):
    def style():
        pages = {p: d for p, d in tree(shop.path("public")).items() if p.endswith(".html")}
        found = {p for p in tree(shop.path("public")) if p.startswith("style.") and p != "style.css"}
        linked = {f for f in found if all(f'href="/{f}"'.encode() in d for d in pages.values())}
        return found, linked

    seen = []
    for turn in ("a", "b", "c"):
        shop.write("theme/style.css", f"/* {turn} */\n")
        shop.cli("build")
        found, linked = style()
        rows.same(f"style {turn}: every page links to one of that name", len(linked), 1)
        seen.append(linked.pop())
        rows.add(f"style {turn}: the one before stays, older ones do not",
                 set(seen[-2:]) <= found and not set(seen[:-2]) & found, (seen, found))
    shop.cli("build")
    rows.add("and it stays while nothing changes", set(seen[-2:]) <= style()[0], style())


def private_umask(rows, shop, folder):
    """Pages are for a web server, whatever the owner's umask is."""
    to = os.path.join(folder, "www")
    subprocess.run(["sh", "-c", 'umask 077; exec "$@"', "sh", shop.program, "build", "-C", shop.folder,
                    "--to", to], env=shop.env, check=True, capture_output=True)
    modes = {oct(os.stat(os.path.join(to, *p)).st_mode & 0o777) for p in ((), ("p",), ("terms",))}
    rows.same("folders of pages can be entered by all", modes, {"0o755"})


def windows(rows, shop):
    """Texts as an editor of Windows saves them."""
    for name in ("pages/terms.md", "pages/privacy.md"):
        text = shop.read(name)
        with open(shop.path(name), "wb") as f:
            f.write(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    done = shop.cli_run("check")
    shop.cli("build")
    page = shop.read("public/terms/index.html")
    rows.add("CRLF and a byte order mark: the title is the title", done.returncode == 0
             and "terms.md: advice" not in done.stdout and "<title>Terms" in page and "title: Terms" not in page,
             (done, page[:600]))


def refused(rows, shop):
    before = tree(shop.path("public"))
    shop.change("_data/products.yml", "78.00 PLN", "77.00 PLN")
    for name, to, code, word in [("the shop's folder", shop.folder, 2, "folder of their own"),
                                 ("among its pages", shop.path("pages/public"), 2, "pages"),
                                 ("below a file", shop.path("shop.yml/public"), 5, "cannot")]:
        done = shop.cli_run("build", "--to", to)
        rows.add(f"not there: {name}", done.returncode == code and word in done.stderr, done)
    with open(shop.path("public/.grosz/lock"), "r+", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = shop.cli_run("build")
    rows.add("a second build at once: try again", done.returncode == 75 and "another build"
             in done.stderr, done)

    def small():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))

    done = subprocess.run([shop.program, "build", "-C", shop.folder], capture_output=True, text=True,
        env=shop.env, preexec_fn=small, check=False)
    rows.add("no room: a sentence", done.returncode == 1 or done.returncode == 75, done)
    rows.add("that names the file", "/public/" in done.stderr, done.stderr)
    rows.same("and all pages are as they were", differ(tree(shop.path("public")), before), [])
    rows.same("then it goes on", shop.cli_run("build").returncode, 0)


def drafts(rows, shop):
    shop.change("_data/products.yml", "- id: master-of-aggregates", "- id: master-of-aggregates\n  draft: true")
    shop.cli("build")
    rows.add("test mode shows drafts", "p/master-of-aggregates/index.html" in tree(shop.path("public")))
    text = shop.read("shop.yml")
    live = text.replace("mode: test", "mode: live").replace("{use: test}", "{use: tpay, merchant: \"12345\", "
        "code: \"${TPAY_CODE}\"}")
    shop.write("shop.yml", live)
    done = shop.cli_run("build")
    built = tree(shop.path("public"))
    rows.add("live mode does not, and needs no secret", done.returncode == 0
             and "p/master-of-aggregates/index.html" not in built
             and "buy/master-of-aggregates/index.html" not in built
             and not any(b"master-of-aggregates" in d for d in built.values()), done)
    rows.add("robots are told of the sitemap", b"Sitemap: http" in built["robots.txt"], built["robots.txt"])


def many(shop, price):
    for i in range(MANY):
        if not os.path.exists(shop.path(f"academy/p{i}")):
            shop.write(f"academy/p{i}/01-one.md", "# One\n")
    shop.write("_data/products.yml", "".join(
        f"- id: p{i}\n  name: Product {i}\n  price: {price}.00 PLN\n  tax: \"23\"\n"
        f"  description: |\n    *Text* of {i}.\n" for i in range(MANY)))


def killed(rows, program, folder):
    """Ended at any moment, every file there is is whole: of the old build or of the new one."""
    shop = demo(program, folder)
    sides = []
    for price in (10, 20):
        many(shop, price)
        shop.cli("build", "--to", shop.path(f"side{price}"))
        sides.append(tree(shop.path(f"side{price}")))
    dice, met = random.Random(7), 0
    for n in range(12):
        many(shop, (10, 20)[n % 2])
        if n == 1:
            shop.cli("build")
        process = subprocess.Popen([program, "build", "-C", shop.folder], env=shop.env,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=0.02 + dice.random() * 0.4)
        except subprocess.TimeoutExpired:
            process.kill()
            met += 1
        process.wait()
        there = tree(shop.path("public")) if os.path.isdir(shop.path("public")) else {}
        torn = [p for p, d in there.items() if d not in (sides[0].get(p), sides[1].get(p))]
        rows.same(f"killed {n}: whole files only", torn, [])
        missing = [p for p, d in there.items() if p == "index.html" and len(there) < len(sides[0])]
        rows.same(f"killed {n}: no index without its pages", missing, [])
    rows.add("some were killed in the middle", met >= 3, met)
    many(shop, 20)
    shop.cli("build")
    rows.same("the next build mends all", differ(tree(shop.path("public")), sides[1]), [])
    rows.same("and leaves nothing beside", sorted(os.listdir(shop.path("public/.grosz"))),
              ["lock", "manifest"])


def side_by_side(rows, program, folder):
    """Pages made by several threads: the same bytes each time, and the same one blamed."""
    shop = demo(program, folder)
    many(shop, 10)
    sides = []
    for name in ("one", "two"):
        shop.cli("build", "--to", shop.path(name))
        sides.append(tree(shop.path(name)))
    rows.add("two builds of many pages have the same bytes",
        len(sides[0]) > 2 * MANY and not differ(*sides), differ(*sides))
    for number in (MANY - 1, MANY // 2, 30):
        shop.write(f"full/buy/p{number}/index.html", "a stranger's")
    before = tree(shop.path("full"))
    for n in range(5):
        done = shop.cli_run("build", "--to", shop.path("full"))
        rows.add(f"the first page that fails is named {n}",
            done.returncode == 1 and "full/buy/p30/index.html: what is there" in done.stderr, done)
    rows.same("and nothing is changed", differ(tree(shop.path("full")), before), [])
    rows.same("nothing is left beside", sorted(os.listdir(shop.path("full/.grosz"))), ["lock"])


def run(rows, program, folder):
    shop = demo(program, os.path.join(folder, "building"))
    same_as_live(rows, shop)
    for part in (repeated, gone, mistakes, styles, windows, refused, drafts):
        part(rows, shop)
    private_umask(rows, shop, folder)
    killed(rows, program, os.path.join(folder, "killed"))
    side_by_side(rows, program, os.path.join(folder, "side"))
