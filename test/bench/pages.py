"""pages: an edit's way into a browser; one catalogue made into pages by `grosz build` and by Hugo, from the texts that the peers'
generator writes; and the same shop grown, to see that the time grows with it and no faster."""
import json
import os
import shutil
import subprocess
import sys
import time

from shops import ENV, HERE, NotMeasured, need, run

SETTINGS = """name: S
mode: test
url: http://x
lang: en
currency: PLN
seller: {name: Jan, address: W, country: PL, email: jan@example.com}
gateways:
  test: {use: test}
"""


def measured(words, cwd, env=None):
    """Seconds, and megabytes at the most, of a program from its start to its end."""
    began = time.perf_counter()
    process = subprocess.Popen(words, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read().decode(errors="replace").strip()
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise NotMeasured(f"{os.path.basename(words[0])} ended with {process.returncode}: {said[-200:]}")
    return took, used.ru_maxrss / 1024


def shop_write(folder, texts):
    """texts: the Markdown of each product."""
    os.makedirs(os.path.join(folder, "_data"))
    with open(os.path.join(folder, "shop.yml"), "w", encoding="utf-8") as f:
        f.write(SETTINGS)
    with open(os.path.join(folder, "_data/products.yml"), "w", encoding="utf-8") as f:
        for i, text in enumerate(texts):
            lines = "".join(f"    {line}\n" if line else "\n" for line in text.split("\n"))
            f.write(f"- id: p{i}\n  name: Product {i}\n  price: {10 + i}.00 PLN\n  tax: \"23\"\n"
                    f"  description: |\n{lines}")


class Pages:
    def __init__(self, program, peers, folder):
        self.program, self.folder = program, folder
        self.generator = os.path.join(peers, "sites/generate.py")

    def grosz(self, shop):
        shutil.rmtree(os.path.join(shop, "public"), ignore_errors=True)
        return measured([self.program, "build", "-C", shop], shop, ENV)

    def hugo(self, site):
        shutil.rmtree(os.path.join(site, "public"), ignore_errors=True)
        return measured(["hugo", "--quiet"], site)

    def catalogue(self, count):
        """(Hugo's site, our shop) of the same texts."""
        need("hugo")
        if not os.path.exists(self.generator):
            raise NotMeasured("the peers' folder is not there")
        root = os.path.join(self.folder, "sites")
        shutil.rmtree(root, ignore_errors=True)
        run([sys.executable, self.generator, str(count), root])
        texts = []
        for i in range(count):
            with open(os.path.join(root, f"hugo/content/p/p{i}.md"), encoding="utf-8") as f:
                texts.append(f.read().split("---\n", 2)[2])
        shop_write(os.path.join(root, "shop"), texts)
        return os.path.join(root, "hugo"), os.path.join(root, "shop")

    def grown(self, count):
        """A shop of so many products with a paragraph each: a data file ends at 64 MiB."""
        shop = os.path.join(self.folder, f"grown{count}")
        shutil.rmtree(shop, ignore_errors=True)
        shop_write(shop, (f"Paragraph of product {i} with *emphasis*, **strong** text and a "
                          f"[link](https://example.com/{i})." for i in range(count)))
        return shop

    def live(self, products, edits):
        """{kind of edit: [ms until it is on the screen, …]}, beside `grosz serve` and Chromium."""
        brought = subprocess.run([os.path.join(HERE, "../browser/bring")], capture_output=True, text=True)
        if brought.returncode:
            raise NotMeasured(brought.stdout.strip() or "the browser's modules cannot be brought")
        words = ["node", os.path.join(HERE, "live.mjs"), self.program, str(products), str(edits)]
        return json.loads(run(words))
