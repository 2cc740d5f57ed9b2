"""shops: the shop being measured: its folder, its process, and who drives it."""
import os
import re
import shutil
import socket
import statistics
import subprocess
import threading
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
SECRET = "bench-secret"
ENV = dict(os.environ, TPAY_CODE=SECRET)
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
FORM = (b"product=master-of-aggregates&email=one%40example.com&name=Jan+Kowalski&price=199.00+PLN"
        b"&consent_terms=on&consent_start=on")


class NotMeasured(Exception):
    """Why a figure cannot be had; stands in its place."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def port_taken(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def run(words, **more):
    """stdout of a program; NotMeasured with its last words when it fails."""
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no word"]
        raise NotMeasured(f"{os.path.basename(words[0])} ended with {done.returncode}: {last[0]}")
    return done.stdout


def need(program):
    if not shutil.which(program):
        raise NotMeasured(f"{program} is not installed")


def number(pattern, text):
    found = re.search(pattern, text)
    if not found:
        raise NotMeasured(f"no figure in {text.strip()[-200:]!r}")
    return float(found.group(1))


class Process:
    """A server of ours for the time of a `with`; up when its port answers."""

    def __init__(self, words, port, cwd=None, env=None, patience=60):
        self.words, self.port, self.cwd = words, port, cwd
        self.env, self.patience = env or ENV, patience

    def __enter__(self):
        if port_taken(self.port):
            raise NotMeasured(f"port {self.port} is taken")
        self.p = subprocess.Popen(self.words, cwd=self.cwd, env=self.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + self.patience
        while not port_taken(self.port):
            if self.p.poll() is not None or time.monotonic() > end:
                self.__exit__()
                raise NotMeasured(f"{os.path.basename(self.words[0])} did not start")
            time.sleep(0.02)
        time.sleep(0.3)
        return self

    def __exit__(self, *_):
        """Killed: what was measured is kept already, and nobody waits for a backlog."""
        if self.p.poll() is None:
            self.p.kill()
        self.p.wait()

    def resident(self):
        with open(f"/proc/{self.p.pid}/status", encoding="ascii") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024

    def watch(self, act):
        """(what act gives, the most megabytes seen resident meanwhile)"""
        seen, over = [self.resident()], threading.Event()

        def look():
            while not over.wait(0.1):
                seen.append(self.resident())

        t = threading.Thread(target=look)
        t.start()
        try:
            return act(), max(seen)
        finally:
            over.set()
            t.join()


def wrk(script, port, connections, seconds, **env):
    """{rate, p50, p99} in requests a second and ms."""
    need("wrk")
    text = run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "-s", script,
                f"http://127.0.0.1:{port}"], env=dict(ENV, **env))
    if "Non-2xx" in text or "Socket errors" in text:
        raise NotMeasured("wrk met errors: " + " ".join(text.split())[-200:])
    got = {"rate": number(r"Requests/sec:\s+([\d.]+)", text)}
    for name in ("50", "99"):
        m = re.search(rf"\s{name}%\s+([\d.]+)(us|ms|s|m)\b", text)
        got["p" + name] = float(m.group(1)) * UNITS[m.group(2)]
    return got


class Grosz:
    def __init__(self, build, folder):
        self.program = os.path.join(build, "src/app/grosz")
        self.tools = os.path.join(build, "test/bench/bench_")
        self.folder = folder

    def shop(self, name, settings="shop.yml"):
        """A shop folder with those settings; its store, if any, is kept."""
        to = os.path.join(self.folder, name)
        shutil.copytree(os.path.join(HERE, "shop"), to, dirs_exist_ok=True)
        if settings != "shop.yml":
            shutil.copy(os.path.join(HERE, "shop", settings), os.path.join(to, "shop.yml"))
        return to

    def fresh(self, name, settings="shop.yml"):
        shutil.rmtree(os.path.join(self.folder, name), ignore_errors=True)
        return self.shop(name, settings)

    def words(self, shop, port):
        return [self.program, "-C", shop, "run", "--port", str(port)]

    def server(self, shop):
        port = free_port()
        return Process(self.words(shop, port), port)

    def tool(self, name, *words, **more):
        return run([self.tools + name, *map(str, words)], env=ENV, **more)

    def fill(self, shop, count, notes, to):
        """COUNT orders into the store; the notes of the last ones into the file `to`."""
        with open(to, "w", encoding="ascii") as out:
            subprocess.run([self.tools + "fill", shop, str(count), str(notes)], env=ENV, stdout=out,
                check=True)
        os.sync()


def post(port, path, body):
    """(status, body) of one form, redirects not followed."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    try:
        browser = urllib.request.build_opener(Stay)
        with browser.open(f"http://127.0.0.1:{port}{path}", body, 10) as r:
            return r.status, r.read()
    except urllib.error.HTTPError as e:
        return e.code, e.read()


def sale_works(grosz):
    """The measured shop sells: an order is a 303, its note TRUE, a forged one is refused."""
    shop, notes = grosz.fresh("check"), os.path.join(grosz.folder, "check.notes")
    grosz.fill(shop, 2, 2, notes)
    with open(notes, "rb") as f:
        good, other = f.read().splitlines()
    with grosz.server(shop) as s:
        assert post(s.port, "/api/order", FORM)[0] == 303, "an order is not answered by a 303"
        assert post(s.port, "/api/payment/tpay", good) == (200, b"TRUE"), "a note is not TRUE"
        forged = post(s.port, "/api/payment/tpay", other[:-1] + b"x")
        assert forged[0] >= 400, f"a forged note was answered {forged}"


def first_answer(words, port, path, env, cwd):
    """ms from exec to the first byte of the answer to an order, as peers/cold does it."""
    request = (b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
               b"Connection: close\r\nContent-Length: %d\r\n\r\n" % (path, len(FORM))) + FORM
    start = time.perf_counter()
    p = subprocess.Popen(words, env=env, cwd=cwd, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                s = socket.create_connection(("127.0.0.1", port), timeout=5)
                break
            except OSError:
                if p.poll() is not None or time.perf_counter() - start > 60:
                    raise NotMeasured(f"{os.path.basename(words[0])} did not start") from None
        with s:
            s.sendall(request)
            answer = s.recv(100)
        took = (time.perf_counter() - start) * 1e3
    finally:
        p.kill()
        p.wait()
    if b" 303 " not in answer:
        raise NotMeasured(f"the first answer was {answer[:40]!r}")
    return took


def starts(words, port, path, times, env=None, cwd=None):
    out = []
    for _ in range(times):
        out.append(first_answer(words, port, path, env or ENV, cwd))
        time.sleep(0.02)
    return out


def median(values):
    return statistics.median(values)


def machine():
    """What it ran on, without its name."""
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        cpu = re.search(r"model name\s*:\s*(.*)", f.read())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    release = ""
    if os.path.exists("/etc/os-release"):
        with open("/etc/os-release", encoding="utf-8") as f:
            release = re.search(r'PRETTY_NAME="(.*)"', f.read()).group(1)
    return (f"{len(os.sched_getaffinity(0))} × {cpu.group(1) if cpu else os.uname().machine}, "
            f"{memory:.0f} GB, {release}, Linux {os.uname().release}")
