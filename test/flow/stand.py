"""stand: where the program stands: sockets handed over, restarts under load, ends by itself, what a
service manager hears, how fast it ends."""
import http.client
import os
import signal
import socket
import subprocess
import threading
import time

from buying import buy, demo, order_json
from driver import RUNNING, free_port, fresh, wait_for
from tls import OLD, Secure, make, put

RESTARTS = 10
PASSED = 'LISTEN_PID=$$ LISTEN_FDS=%d exec "$0" "$@"'


class Manager:
    """Holds the listening sockets, as a socket unit does, and hears what a service says."""

    def __init__(self, shop, folder, listeners=None):
        self.shop, self.folder = shop, folder
        self.listeners = listeners or [tcp(shop.port)]
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(os.path.join(folder, "notify"))
        self.notify.settimeout(0.1)
        self.heard = []

    def start(self, *words, **env):
        """The sockets become 3, 4 …, whatever numbers they have here."""
        count = len(self.listeners)
        high = [os.dup2(s.fileno(), 200 + i) for i, s in enumerate(self.listeners)]
        moves = " ".join(f"{3 + i}<&{fd}" for i, fd in enumerate(high))
        script = f"exec {moves}; " + PASSED % count
        with open(self.shop.log, "ab") as log:
            self.shop.process = subprocess.Popen(
                ["bash", "-c", script, self.shop.program, "run", "-C", self.shop.folder, *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=high,
                env={**self.shop.env, "NOTIFY_SOCKET": os.path.join(self.folder, "notify"), **env})
        for fd in high:
            os.close(fd)
        RUNNING.append(self.shop.process)

    def hear(self, word, most=60):
        """True once it was said."""
        end = time.monotonic() + most
        while word not in self.heard and time.monotonic() < end:
            try:
                self.heard.append(self.notify.recv(1000).decode())
            except TimeoutError:
                pass
        return word in self.heard

    def drain(self):
        """A datagram queue is short; what does not fit is not waited for."""
        while True:
            try:
                self.notify.recv(1000)
            except TimeoutError:
                self.heard.clear()
                return

    def close(self):
        for s in self.listeners:
            s.close()
        self.notify.close()


def tcp(port=0):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    s.listen(1024)
    return s


def both(port):
    """As ListenStream=443 is: for IPv6, and IPv4 too."""
    s = socket.socket(socket.AF_INET6)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind(("::", port))
    s.listen(1024)
    return s


def unix(path):
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen(64)
    return s


def ask_unix(path, target, **headers):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(30)
        s.connect(path)
        lines = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in headers.items())
        s.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n{lines}Connection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: s.recv(65536), b"")).decode("utf-8", "replace")


# ---- sockets ----

class Load:
    """Buyers who ask all the time, half of them over kept connections. An answer with `Connection:
    close` opens a new one; nothing else may end one."""

    def __init__(self, port, context=None, count=4):
        self.port, self.context, self.answers, self.wrong, self.stop = port, context, 0, [], threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(i % 2 == 0,)) for i in range(count)]
        for t in self.threads:
            t.start()

    def connect(self):
        if self.context:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self.context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def run(self, kept):
        c = None
        while not self.stop.is_set():
            try:
                c = c or self.connect()
                c.auto_open = 1
                c.request("GET", "/p/master-of-aggregates/", headers={} if kept else {"Connection": "close"})
                r = c.getresponse()
                body = r.read()
                if r.status != 200 or b"499" not in body:
                    self.wrong.append((r.status, body[:80]))
                self.answers += 1
                if not kept or r.will_close:
                    c.close()
                    c = None
            except (OSError, http.client.HTTPException) as e:
                self.wrong.append(repr(e))
                c = None

    def end(self):
        self.stop.set()
        for t in self.threads:
            t.join()


def under_load(rows, row, shop, manager, context=None):
    """Restarts behind a socket that stays: every request is answered."""
    load, codes = Load(shop.port, context), []
    for _ in range(RESTARTS):
        before = load.answers
        wait_for(lambda: load.answers > before + 20, every=0.01)
        codes.append(shop.stop())
        manager.drain()
        manager.start()
    before = load.answers
    wait_for(lambda: load.answers > before + 20)
    load.end()
    rows.same(f"{row}: each ended well", codes, [0] * RESTARTS)
    rows.add(f"{row}: requests were answered meanwhile", load.answers > 20 * RESTARTS, load.answers)
    rows.same(f"{row}: none was dropped or reset", load.wrong[:3], [])


def restarts(rows, program, folder):
    shop = demo(program, os.path.join(folder, "shop"))
    manager = Manager(shop, folder)
    manager.start()
    rows.add("handed over: says READY=1", manager.hear("READY=1"), shop.log_end())
    rows.same("handed over: sells", order_json(shop).status, 201)
    under_load(rows, "restarts", shop, manager)
    manager.drain()
    shop.process.send_signal(signal.SIGHUP)
    rows.add("a reload is told", manager.hear("RELOADING=1") and manager.hear("READY=1"), manager.heard)
    shop.stop()
    rows.add("the end is told", manager.hear("STOPPING=1"), manager.heard)
    manager.close()


def restarts_tls(rows, program, folder):
    """The same with TLS of the program's own, on a socket for both families; a unix socket stays plain."""
    make(folder, OLD)
    put(folder, OLD, OLD)
    shop = demo(program, os.path.join(folder, "shop"),
                [("", f"\ntls: {{cert: {folder}/cert.pem, key: {folder}/key.pem}}\nproxies: [unix]\n")])
    shop.change("shop.yml", "url: http:", "url: https:")
    path = os.path.join(folder, "http.sock")
    manager = Manager(shop, folder, [both(shop.port), unix(path)])
    manager.start()
    rows.add("tls, handed over: says READY=1", manager.hear("READY=1"), shop.log_end())
    context = Secure(shop.port, folder, OLD).context
    for host in ("127.0.0.1", "::1"):
        with socket.create_connection((host, shop.port), 30) as s, \
                context.wrap_socket(s, server_hostname="localhost") as t:
            t.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            rows.add(f"tls, handed over: answers at {host}", b" 200 " in t.recv(100), shop.log_end())
    rows.add("the unix socket beside it is plain", " 200 " in ask_unix(path, "/healthz"), "")
    under_load(rows, "restarts with tls", shop, manager, context)
    shop.stop()
    manager.close()


def libraries(shop):
    with open(f"/proc/{shop.process.pid}/maps", encoding="utf-8") as f:
        return {os.path.basename(line.split()[-1]) for line in f if ".so" in line}


def late_library(rows, program, folder):
    """libcurl, with the two dozen libraries it brings, is opened at the first talk and not before."""
    partner = tcp()
    base = f"http://127.0.0.1:{partner.getsockname()[1]}"
    shop = demo(program, os.path.join(folder, "shop"))
    shop.change("shop.yml", "steps:", f"connectors:\n  slow: {{use: http, base: \"{base}\", allow_private: true}}\n"
                "steps:\n  - {id: slow, do: slow.http, with: {url: /x, body: {a: b}}}")
    shop.start()
    rows.same("started: no libcurl", [n for n in libraries(shop) if "curl" in n], [])
    order_json(shop)
    rows.same("an order placed: no libcurl", [n for n in libraries(shop) if "curl" in n], [])
    buy(shop)
    held, _ = partner.accept()
    rows.add("a partner talked to: libcurl", [n for n in libraries(shop) if "curl" in n], libraries(shop))
    held.close()
    partner.close()
    shop.stop()


def two_sockets(rows, program, folder):
    shop = demo(program, os.path.join(folder, "shop"), [("", "\nproxies: [unix]\n")])
    path = os.path.join(folder, "http.sock")
    manager = Manager(shop, folder, [tcp(shop.port), unix(path)])
    manager.start(WATCHDOG_USEC="300000")
    rows.add("two sockets: the first", wait_for(shop.is_up), shop.log_end())
    rows.add("two sockets: the second", " 200 " in ask_unix(path, "/healthz"), "")
    rows.add("the watchdog is fed", manager.hear("WATCHDOG=1"), manager.heard)
    shop.stop()
    rows.add("a socket that is not ours is left where it is", os.path.exists(path), "")
    manager.close()


def several(rows, program, folder):
    """`listen:` as a list: each answers; IPv4 and IPv6 may each have an entry at one port."""
    shop = demo(program, os.path.join(folder, "shop"))
    other, shared = free_port(), free_port()
    shop.write("shop.yml", shop.read("shop.yml") + f"""
listen: [0.0.0.0:{shared}, "[::]:{shared}", 127.0.0.1:{other}, unix:var/http.sock]
proxies: [unix]
""")
    start_listed(shop)
    path = shop.path("var", "http.sock")
    rows.add("several: up", wait_for(lambda: os.path.exists(path)), shop.log_end())
    wanted = [f"http://0.0.0.0:{shared}", f"http://[::]:{shared}", f"http://127.0.0.1:{other}", "unix:var/http.sock"]
    rows.add("several: each is said", wait_for(lambda: all(w + "\n" in shop.log_text() for w in wanted)), shop.log_end())
    for host, port in (("127.0.0.1", shared), ("::1", shared), ("127.0.0.1", other)):
        with socket.create_connection((host, port), 30) as s:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            rows.add(f"several: {host} {port}", b" 200 " in s.recv(100), shop.log_end())
    rows.add("several: the unix socket", " 200 " in ask_unix(path, "/healthz"), "")
    rows.same("several: ends well", shop.stop(), 0)
    with tcp(other):
        start_listed(shop)
        code = shop.process.wait(timeout=60)
    shop.process = None
    rows.add("several: one is taken: no start, and which", code == 75 and f"127.0.0.1:{other}" in shop.log_end(),
             (code, shop.log_end()))
    rows.same("several: no socket stays behind", os.path.exists(path), False)


def start_listed(shop):
    with open(shop.log, "ab") as log:
        shop.process = subprocess.Popen([shop.program, "run", "-C", shop.folder], stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log, env=shop.env, cwd="/")
    RUNNING.append(shop.process)


def own_unix(rows, program, folder):
    shop = demo(program, os.path.join(folder, "shop"), [("", "\nlisten: unix:var/http.sock\nproxies: [unix]\n")])
    start_listed(shop)
    path = shop.path("var", "http.sock")
    rows.add("listen: unix, below the shop's folder", wait_for(lambda: os.path.exists(path)), shop.log_end())
    rows.add("and answers there", " 200 " in ask_unix(path, "/healthz"), "")
    shop.stop()
    rows.same("and is gone at the end", os.path.exists(path), False)


# ---- ends ----

def idle(rows, program, folder):
    shop = demo(program, os.path.join(folder, "shop"))
    manager = Manager(shop, folder)
    manager.start("--idle", "1")
    rows.add("--idle: up", wait_for(shop.is_up), shop.log_end())
    rows.same("--idle: ends by itself when nothing is owed", shop.process.wait(timeout=60), 0)
    answers = []
    asker = threading.Thread(target=lambda: answers.append(shop.browser.get("/healthz").status))
    asker.start()
    manager.start("--idle", "1")
    asker.join()
    rows.same("who asked while it slept is answered by the next", answers, [200])
    order, _, _ = buy(shop)
    time.sleep(3)  # three times as long as it would wait: `late` is owed for a quarter of an hour
    state = shop.order(order)
    owed = [s for s in state["steps"] if s["state"] in ("ready", "waiting", "sending", "unknown")]
    rows.add("--idle: stays while something is owed", (shop.process.poll() is None) == bool(owed),
             (shop.process.poll(), owed))
    shop.stop()
    manager.close()


def idle_long(rows, program, folder):
    """A film that takes long is not idleness; what is unpaid does not keep it awake, and the daily look ends that."""
    shop = demo(program, os.path.join(folder, "shop"), [("", "\nexpire: 1s\n")])
    os.makedirs(shop.path("images"), exist_ok=True)
    film = os.urandom(20_000_000)
    with open(shop.path("images", "film.png"), "wb") as f:
        f.write(film)
    manager = Manager(shop, folder)
    manager.start("--idle", "1")
    rows.add("--idle: up", wait_for(shop.is_up), shop.log_end())
    order = order_json(shop).json["id"]
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        s.settimeout(30)
        s.connect(("127.0.0.1", shop.port))
        s.sendall(b"GET /images/film.png HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        got, end = s.recv(65536), time.monotonic() + 8  # it would wait 1, and end within 5
        while time.monotonic() < end:
            got += s.recv(65536)
            time.sleep(0.2)
        rows.same("--idle: stays while somebody reads", shop.process.poll(), None)
        got += b"".join(iter(lambda: s.recv(65536), b""))
    rows.add("--idle: and he gets it whole", got.endswith(film[-1000:]) and len(got) > len(film), len(got))
    rows.same("--idle: then it ends, an unpaid order or not", shop.process.wait(timeout=60), 0)
    shop.process = None
    rows.same("--idle: which nobody has looked at since", shop.order(order)["state"], "placed")
    shop.cli("doctor", "--tell")
    rows.same("--idle: the daily look lets it expire", shop.order(order)["state"], "expired")
    manager.close()


def hangs(rows, program, folder):
    """SIGTERM while a partner does not answer: it ends in time, and the step is unknown, not lost."""
    partner = socket.socket()
    partner.bind(("127.0.0.1", 0))
    partner.listen(8)
    base = f"http://127.0.0.1:{partner.getsockname()[1]}"
    shop = demo(program, os.path.join(folder, "shop"))
    shop.change("shop.yml", "steps:", f"connectors:\n  slow: {{use: http, base: \"{base}\", allow_private: true}}\n"
                "steps:\n  - {id: slow, do: slow.http, with: {url: /x, body: {a: b}}}")
    rows.same("a partner of its own", shop.cli_run("check").stdout, "")
    shop.start()
    order, _, _ = buy(shop)
    held, _ = partner.accept()
    held.recv(65536)
    began = time.monotonic()
    code = shop.stop()
    took = time.monotonic() - began
    rows.same("a partner hangs: exit code 0", code, 0)
    rows.add("a partner hangs: within 5 s, and a second for this machine", took < 6, took)
    state = [s for s in shop.order(order)["steps"] if s["id"] == "slow"]
    rows.add("what was sent is kept as sent", state and state[0]["state"] in ("sending", "unknown", "hold"), state)
    held.close()
    partner.close()


def run(rows, program, folder):
    for part in (late_library, restarts, restarts_tls, two_sockets, several, own_unix, idle, idle_long, hangs):
        part(rows, os.path.abspath(program), fresh(os.path.join(folder, part.__name__)))
