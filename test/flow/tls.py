"""tls: the program speaks TLS by itself: versions, a whole order, files, a new certificate while it runs."""
import http.client
import os
import shutil
import socket
import ssl
import subprocess
import threading

from buying import PRODUCT, buy, demo
from driver import Answer, Browser, wait_for

OLD, NEW = "old", "new"


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def make(folder, name, *algorithm):
    """name.pem and name.key: for localhost, signed by itself."""
    openssl("req", "-x509", "-newkey", *(algorithm or ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")), "-nodes",
            "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem")
    os.chmod(f"{folder}/{name}.key", 0o600)


def put(folder, cert, key):
    """As a client for certificates does: beside, and renamed."""
    for source, name in ((f"{cert}.pem", "cert.pem"), (f"{key}.key", "key.pem")):
        shutil.copy(f"{folder}/{source}", f"{folder}/{name}.tmp")
        os.rename(f"{folder}/{name}.tmp", f"{folder}/{name}")


class Secure(Browser):
    """Trusts these certificates only, and looks whether they are for 127.0.0.1."""

    def __init__(self, port, folder, *names):
        super().__init__(port)
        self.context = ssl.create_default_context()
        for name in names:
            self.context.load_verify_locations(f"{folder}/{name}.pem")

    def connect(self, timeout=30):
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self.context)

    def ask(self, method, target, body=None, headers=None, timeout=30):
        c = self.connect(timeout)
        try:
            if "://" in target:
                target = "/" + target.split("/", 3)[3]
            return ask(c, method, target, body, headers)
        finally:
            c.close()


def ask(c, method, target, body=None, headers=None):
    c.request(method, target, body, headers or {})
    r = c.getresponse()
    return Answer(r.status, r.headers, r.read())


def shown(port):
    """The common name of what is shown to a newcomer."""
    pem = ssl.get_server_certificate(("127.0.0.1", port))
    return subprocess.run(["openssl", "x509", "-noout", "-subject", "-nameopt", "multiline"], input=pem,
        capture_output=True, text=True, check=True).stdout.split("= ")[-1].strip()


def version(port, of):
    """What is agreed on when only this version is offered, however weak the ciphers; "" when refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = of
    try:
        with socket.create_connection(("127.0.0.1", port), 30) as s, context.wrap_socket(s) as t:
            return t.version()
    except (ssl.SSLError, ConnectionError):
        return ""


def versions(rows, shop):
    for of, want in ((ssl.TLSVersion.TLSv1, ""), (ssl.TLSVersion.TLSv1_1, ""),
                     (ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
        rows.same(f"offered only {of.name}", version(shop.port, of), want)


def plain(rows, shop):
    """Whoever speaks HTTP, or nonsense, is let go; the next one is served."""
    for name, said in (("HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), ("nonsense", bytes(range(256)) * 40)):
        with socket.create_connection(("127.0.0.1", shop.port), 30) as s:
            s.sendall(said)
            got = b""
            try:
                while part := s.recv(4096):
                    got += part
            except ConnectionResetError:
                pass
            rows.add(f"{name} on the TLS port: closed without a page", b"HTTP/" not in got, got[:100])
    rows.same("and the next one is served", shop.browser.get("/healthz").status, 200)


def order(rows, shop):
    made_id, made, _ = buy(shop)
    done = shop.wait_state(made_id)
    rows.same("a whole order over https", done["state"], "fulfilled")
    rows.add("its links are https", made["link"].startswith("https://"), made)
    lesson = next(s["values"]["link"] for s in done["steps"] if s["id"] == "invitation")
    page = shop.browser.get(lesson)
    page = shop.browser.get(page.location) if page.status in (302, 303) else page
    rows.same("the lessons open", page.status, 200)


def files(rows, shop, folder):
    """A file comes whole and in parts, also one that is larger than any buffer."""
    big = os.urandom(3_000_000)
    with open(shop.path("images", "big.png"), "wb") as f:
        f.write(big)
    got = shop.browser.get("/images/big.png")
    rows.add("a file of 3 MB", got.status == 200 and got.raw == big, (got.status, len(got.raw)))
    part = shop.browser.get("/images/big.png", Range="bytes=1000000-2000000")
    rows.add("a part of it", part.status == 206 and part.raw == big[1000000:2000001],
             (part.status, len(part.raw)))


def exchanged(rows, shop, folder):
    """A renewed certificate is shown to newcomers; who is connected goes on."""
    kept = Secure(shop.port, folder, OLD).connect()
    rows.same("before: the old one", (ask(kept, "GET", "/healthz").status, shown(shop.port)), (200, OLD))
    silent = socket.create_connection(("127.0.0.1", shop.port), 30)  # has not shaken hands yet
    put(folder, NEW, NEW)
    rows.same("nothing changes by itself", shown(shop.port), OLD)
    done = shop.cli_run("reload")
    rows.add("reload", done.returncode == 0 and "advice" not in done.stderr, done)
    rows.same("the new one is shown", shown(shop.port), NEW)
    local = kept.sock.getsockname()
    rows.same("who was connected goes on", (ask(kept, "GET", f"/p/{PRODUCT}/").status, kept.sock.getsockname()),
              (200, local))
    with Secure(shop.port, folder, OLD).context.wrap_socket(silent, server_hostname="localhost") as late:
        rows.add("who came before it and shakes hands after it", late.version(), "")
    kept.close()
    put(folder, NEW, OLD)
    done = shop.cli_run("reload")
    rows.add("a pair that does not fit: said, and the shop goes on", done.returncode == 1
             and "does not fit" in done.stderr and "goes on as it was" in done.stderr, done)
    rows.same("and the one before is still shown", shown(shop.port), NEW)
    put(folder, NEW, NEW)
    for _ in range(20):
        shop.cli("reload")
    rows.same("and again and again", shown(shop.port), NEW)
    text = shop.read("shop.yml")
    shop.change("shop.yml", "\ntls:", "\n#tls:")
    done = shop.cli_run("reload")
    rows.add("tls taken out: at the next start", "`tls` takes effect at the next start" in done.stderr, done)
    rows.same("until then it is spoken", shown(shop.port), NEW)
    shop.write("shop.yml", text)
    shop.cli("reload")


# ---- slow ones ----

class Slow:
    """Says its bytes one a second and then nothing more, until it is let go."""

    def __init__(self, name, port, said, context=None):
        self.name, self.said, self.ended = name, said, threading.Event()
        self.socket = socket.create_connection(("127.0.0.1", port), 30)
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.socket.settimeout(1)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        rest = self.said
        while True:
            try:
                if rest:
                    self.socket.sendall(rest[:1])
                    rest = rest[1:]
                if not self.socket.recv(4096):
                    break
            except TimeoutError:
                pass
            except OSError:
                break
        self.socket.close()
        self.ended.set()


def hello():
    """What a client says first, as the library makes it."""
    context = ssl.create_default_context()
    said = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), said, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return said.read()


def slow_begin(shop, folder):
    context = Secure(shop.port, folder, OLD).context
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 200
    return [Slow("nothing", shop.port, b""), Slow("a greeting, byte by byte", shop.port, hello()),
            Slow("one byte of a greeting", shop.port, hello()[:1]),
            Slow("a greeting of another kind", shop.port, b"\x80" * 200),
            Slow("a handshake, then nothing", shop.port, b"", context),
            Slow("a handshake, then a request byte by byte", shop.port, request, context)]


def slow_end(rows, shop, slow):
    """No place can be held by being slow: 30 s are the limit, in whatever state a connection is."""
    for s in slow:
        rows.add(f"{s.name}: let go", s.ended.wait(90))
    rows.same("and others are served", shop.browser.get("/healthz").status, 200)


def live(rows, shop):
    """Only over https browsers are told to stay there; here nobody stands in front who could say so."""
    shop.stop()
    shop.change("shop.yml", "mode: test", "mode: live")
    shop.change("shop.yml", "test: {use: test}", "test: {use: tpay, merchant: '1', code: '${CODE}'}")
    shop.env["CODE"] = "abc"
    shop.start()
    rows.add("live: HSTS", "max-age" in shop.browser.get("/").headers.get("Strict-Transport-Security", ""), "")


def start_refused(rows, shop, folder):
    shop.stop()
    put(folder, OLD, NEW)
    done = shop.cli_run("run")
    rows.add("a wrong pair: no start, and why", done.returncode == 4 and "does not fit" in done.stderr, done)
    put(folder, OLD, OLD)
    os.chmod(f"{folder}/key.pem", 0o644)
    done = shop.cli_run("check")
    rows.add("a key for everybody: advice", done.returncode == 0
             and "advice: everybody on this machine may read this key" in done.stdout, done)
    os.chmod(f"{folder}/key.pem", 0o600)


def run(rows, program, folder):
    make(folder, OLD)
    make(folder, NEW, "rsa:2048")
    put(folder, OLD, OLD)
    shop = demo(program, os.path.join(folder, "shop"),
                [("", f"\ntls: {{cert: {folder}/cert.pem, key: {folder}/key.pem}}\n")])
    shop.change("shop.yml", "url: http:", "url: https:")
    shop.browser = Secure(shop.port, folder, OLD, NEW)
    os.makedirs(shop.path("images"), exist_ok=True)
    shop.start()
    rows.add("it says that it speaks TLS", wait_for(lambda: f"https://127.0.0.1:{shop.port}\n" in shop.log_text()),
             shop.log_end())
    slow = slow_begin(shop, folder)
    versions(rows, shop)
    plain(rows, shop)
    order(rows, shop)
    files(rows, shop, folder)
    exchanged(rows, shop, folder)
    slow_end(rows, shop, slow)
    start_refused(rows, shop, folder)
    live(rows, shop)
