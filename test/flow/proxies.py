"""proxies: real nginx and Caddy in front, set up by the very files of dist/; and the unit there."""
import http.client
import json
import os
import re
import ssl
import subprocess

from buying import demo, order_form
from driver import ROOT, RUNNING, free_port, wait_for
from stand import Manager, fresh, tcp, unix

LIMIT = 3
UNITS = sorted(n for n in os.listdir(os.path.join(ROOT, "dist")) if n.startswith("grosz"))
SHOP_TEST = "\nproxies: [127.0.0.1, unix]\nlimits: {orders_per_address: %d, orders_per_email: 0}\n" % LIMIT


def source(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def dist(name):
    return source(f"dist/{name}")


def swap(text, *pairs):
    for old, new in pairs:
        if old not in text:
            raise AssertionError(f"dist has no {old!r}")
        text = text.replace(old, new)
    return text


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def start(folder, *words, **env):
    with open(os.path.join(folder, "proxy.out"), "ab") as out:
        p = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder,
                             env={"PATH": os.environ["PATH"] + ":/usr/sbin", "HOME": folder, **env})
    RUNNING.append(p)
    return p


def nginx(folder, port, upstream):
    plain = free_port()
    os.makedirs(f"{folder}/html/.well-known/acme-challenge")
    write(f"{folder}/html/.well-known/acme-challenge/token", "proof")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", f"{folder}/key.pem",
                    "-out", f"{folder}/cert.pem"], check=True, capture_output=True)
    text = swap(dist("nginx.conf"), ("listen 80;", f"listen 127.0.0.1:{plain};"),
                ("listen [::]:80;", f"listen [::1]:{plain};"), ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
                ("listen [::]:443 ssl", f"listen [::1]:{port} ssl"), ("shop.example.com;", "localhost;"),
                ("root /var/www/html;", f"root {folder}/html;"),
                ("server 127.0.0.1:8080;", f"server {upstream};"),
                ("/etc/letsencrypt/live/shop.example.com/fullchain.pem", f"{folder}/cert.pem"),
                ("/etc/letsencrypt/live/shop.example.com/privkey.pem", f"{folder}/key.pem"))
    paths = "".join(f"{n}_temp_path {folder}/{n};\n" for n in
                    ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;\n" if os.getuid() == 0 else ""
    write(f"{folder}/nginx.conf", f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
          f"events {{}}\n"
          # As Debian's nginx.conf has it.
          f"http {{\naccess_log off;\ngzip on;\n{paths}{text}}}\n")
    return start(folder, "nginx", "-p", folder, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"), plain


def caddy(folder, port, upstream):
    upstream = upstream.replace("unix:", "unix/")
    text = swap(dist("Caddyfile"), ("shop.example.com {", f"https://localhost:{port} {{\n\ttls internal"),
                ("reverse_proxy 127.0.0.1:8080", f"reverse_proxy {upstream}"))
    write(f"{folder}/Caddyfile", "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n" + text)
    return start(folder, "caddy", "run", "--config", f"{folder}/Caddyfile", "--adapter", "caddyfile",
                 XDG_DATA_HOME=folder, XDG_CONFIG_HOME=folder), 0


class Client:
    """Over TLS, from an address of this machine that no proxy list names."""

    def __init__(self, port, source):
        self.port, self.source = port, source
        self.context = ssl._create_unverified_context()

    def ask(self, method, target, body=None, **headers):
        c = http.client.HTTPSConnection("localhost", self.port, timeout=30, context=self.context,
                                        source_address=(self.source, 0))
        try:
            c.request(method, target, body, {k.replace("_", "-"): v for k, v in headers.items()})
            r = c.getresponse()
            self.headers = r.headers
            return r.status, r.read().decode("utf-8", "replace")
        except OSError as e:
            return 0, repr(e)
        finally:
            c.close()

    def order(self, fields, forged):
        return self.ask("POST", "/api/order", json.dumps(fields), Content_Type="application/json",
                        Accept="application/json", X_Forwarded_For=forged)


def coded(rows, row, client):
    """What everybody may see comes compressed, what is for one buyer does not."""
    for path, want in (("/", "gzip"), ("/api/buy/master-of-aggregates?email=anna%40example.com", None)):
        status, _ = client.ask("GET", path, Accept_Encoding="gzip")
        rows.same(f"{row}: {path.split('?')[0]}: its coding", (status, client.headers["Content-Encoding"]), (200, want))


def redirected(rows, row, plain):
    """Plain HTTP leads to https of the shop's own name, but for what proves the name to an authority."""
    for path, want in (("/p/x?y=1", (301, "https://localhost/p/x?y=1")), ("/.well-known/acme-challenge/token", (200, None))):
        c = http.client.HTTPConnection("127.0.0.1", plain, timeout=30)
        c.request("GET", path, headers={"Host": "evil.example.com"})
        r = c.getresponse()
        rows.same(f"{row}: http {path}", (r.status, r.headers["Location"]), want)
        c.close()


def kept(rows):
    """A proxy gives an idle connection up before the shop does, else an order may be sent into its end."""
    own = int(re.search(r"IDLE_S = (\d+)", source("src/io/server_loop.c")).group(1))
    for name, pattern in (("nginx.conf", r"keepalive_timeout (\d+)s"), ("Caddyfile", r"keepalive (\d+)s")):
        theirs = re.search(pattern, dist(name))
        rows.add(f"{name}: gives up idle connections first", theirs and int(theirs.group(1)) < own, dist(name))


def in_front(rows, program, folder, name, make, over_unix):
    row = f"{name}{' over a unix socket' if over_unix else ''}"
    port = free_port()
    shop = demo(program, os.path.join(folder, "shop"), [("", SHOP_TEST)])
    shop.change("shop.yml", f"url: http://127.0.0.1:{shop.port}", f"url: https://localhost:{port}")
    path = os.path.join(folder, "up.sock")
    listeners = [tcp(shop.port)] + ([unix(path)] if over_unix else [])
    manager = Manager(shop, folder, listeners)
    manager.start()
    if not wait_for(shop.is_up):
        raise RuntimeError(shop.log_end())
    _, fields = order_form(shop)
    front, plain = make(folder, port, f"unix:{path}" if over_unix else f"127.0.0.1:{shop.port}")
    anna, jan = Client(port, "127.0.0.2"), Client(port, "127.0.0.3")
    up = wait_for(lambda: anna.ask("GET", "/healthz")[0] == 200)
    with open(os.path.join(folder, "proxy.out"), encoding="utf-8", errors="replace") as f:
        rows.add(f"{row}: passes on", up, f.read()[-1500:])
    answers = [anna.order(fields, f"198.51.100.{i}") for i in range(LIMIT + 1)]
    rows.same(f"{row}: the limit is the client's, whatever it forges", [a[0] for a in answers],
              [201] * LIMIT + [429])
    rows.same(f"{row}: and nobody else's", jan.order(fields, "127.0.0.2")[0], 201)
    made = json.loads(answers[0][1]) if answers[0][0] == 201 else {}
    rows.add(f"{row}: links are https", made.get("page", "").startswith(f"https://localhost:{port}/o/")
             and made.get("link", "").startswith(f"https://localhost:{port}/"), made)
    rows.same(f"{row}: and open", anna.ask("GET", re.sub(r"^https://[^/]*", "", made.get("page", "/")))[0], 200)
    coded(rows, row, anna)
    many = "; ".join(f"analytics_{i}={'x' * 40}" for i in range(120))
    rows.same(f"{row}: cookies of other pages do not keep a buyer out", anna.ask("GET", "/", Cookie=many)[0], 200)
    anna.ask("GET", "/", X_Request_Id="forged-by-anna")
    rows.add(f"{row}: no stranger names a request", re.search(r"ref=[0-9a-f-]{32,36} ", shop.log_text())
             and "forged-by-anna" not in shop.log_text(), shop.log_end())
    if plain:
        redirected(rows, row, plain)
    front.terminate()
    front.wait(timeout=60)
    shop.stop()
    manager.close()


def words_of(unit):
    """What the unit runs: the words behind the program, and the shop's folder among them."""
    words = re.search(r"^ExecStart=/usr/local/bin/grosz (.+)$", dist(unit), re.M).group(1).split()
    return words, words[words.index("-C") + 1]


def analyze(folder, *words):
    done = subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, cwd=folder,
                          env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "SYSTEMD_COLORS": "0"})
    return done.stdout + done.stderr


def units(rows, program, folder):
    """The units as systemd itself reads and rates them, and that what they name is there."""
    for name in UNITS:
        write(f"{folder}/{name}", dist(name).replace("/usr/local/bin/grosz", program))
    for name in UNITS:
        said = [line for line in analyze(folder, "verify", f"./{name}").splitlines()
                if line.startswith(name) and "man grosz" not in line]
        rows.same(f"{name}: systemd has nothing to say", said, [])
    for name in (n for n in UNITS if n.endswith(".service")):
        said = analyze(folder, "security", "--offline=true", f"./{name}")
        level = re.search(r"exposure level for \S+: ([\d.]+)", said)
        rows.add(f"{name}: its exposure level is at most 1.2", level and float(level.group(1)) <= 1.2, said[-600:])
        rows.same(f"{name}: it may write the shop's var and nothing else",
                  re.findall(r"ReadWritePaths=(.+)", dist(name)), [f"{words_of(name)[1]}/var"])


def again(rows):
    """systemd gives up after five starts in ten seconds, unless told: what ends with 75 is worth another try."""
    rows.add("the unit is started again for as long as it takes", "\nStartLimitIntervalSec=0\n" in dist("grosz.service")
             and "\nRestart=always\n" in dist("grosz.service"), dist("grosz.service"))


def nightly(rows, program, folder):
    """What the timers start, on a shop that runs and on one that does not."""
    shop = demo(program, os.path.join(folder, "shop")).start()

    def by_unit(name):
        words, place = words_of(name)
        return subprocess.run([program, *(w.replace(place, shop.folder) for w in words)], capture_output=True,
                              text=True, env=shop.env, cwd="/")

    for running in (True, False):
        done = by_unit("grosz-backup.service")
        made = os.listdir(shop.path("var", "backup"))
        rows.add(f"a backup by its unit, running {running}", done.returncode == 0 and len(made) == 1
                 and re.fullmatch(r"shop-\d{4}-\d\d-\d\d\.db", made[0]), (done, made))
        done = by_unit("grosz-doctor.service")
        rows.same(f"all is well, says its unit, running {running}", (done.returncode, done.stderr), (0, ""))
        shop.stop()
    shop.write("var/secret", "none\n")
    done = by_unit("grosz-doctor.service")
    rows.add("what needs a person is exit code 3", done.returncode == 3, done)


def run(rows, program, folder):
    program = os.path.abspath(program)
    for name, make in (("nginx", nginx), ("caddy", caddy)):
        for over_unix in (False, True):
            part = fresh(os.path.join(folder, name + ("-unix" if over_unix else "")))
            in_front(rows, program, part, name, make, over_unix)
    kept(rows)
    again(rows)
    units(rows, program, fresh(os.path.join(folder, "units")))
    nightly(rows, program, fresh(os.path.join(folder, "nightly")))
