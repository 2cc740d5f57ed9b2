"""wire: bytes on the wire: what the real program answers to each case of wire.cases, sent over a raw
socket, whole and byte by byte."""
import os
import re
import socket
import time

from buying import demo
from driver import HERE

WAIT = 10  # seconds until a connection that says nothing counts as kept open: a limit, not a measure
QUIET = 0.25  # an answer that is complete and followed by nothing for so long is the last one
ESCAPE = re.compile(r"\\(r|n|t|\\|x[0-9a-f]{2}|[0-9]+\*.)")


def unescape(text):
    """\\r \\n \\t \\x00, and \\300*a for 300 times the letter a."""
    def one(m):
        word = m.group(1)
        if "*" in word:
            count, letter = word.split("*")
            return letter * int(count)
        return {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}.get(word) or chr(int(word[1:], 16))

    return ESCAPE.sub(one, text).encode("latin-1")


class Case:
    def __init__(self, name):
        self.name, self.sent, self.wants = name, b"", []


def read_cases(path):
    """`== name`, then what is sent (`> line` with its CRLF, `>> bytes` without) and what must come."""
    cases = []
    with open(path, encoding="utf-8") as f:
        for line in (x.rstrip("\n") for x in f):
            if line.startswith("== "):
                cases.append(Case(line[3:]))
            elif line.startswith(">> "):
                cases[-1].sent += unescape(line[3:])
            elif line.startswith(">"):
                cases[-1].sent += unescape(line[2:]) + b"\r\n"
            elif line and not line.startswith("#"):
                cases[-1].wants.append(line)
    return cases


class Reply:
    """The last whole answer on a connection, and whether the connection was ended behind it."""

    def __init__(self, raw, ended):
        self.raw, self.ended, self.status, self.headers, self.body = raw, ended, "", [], b""
        rest = raw
        while rest.startswith(b"HTTP/1.1 "):
            head, _, rest = rest.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            self.status = lines[0].split(" ")[1]
            self.headers = [tuple(x.split(": ", 1)) for x in lines[1:]]
            # Behind an answer there is its body or the next answer; bodies of ours never begin so.
            end = rest.find(b"HTTP/1.1 ")
            self.body, rest = (rest, b"") if end < 0 else (rest[:end], rest[end:])

    def header(self, name):
        """None when absent; two of them are joined, so that they equal nothing."""
        found = [v for n, v in self.headers if n.lower() == name.lower()]
        return " AND ".join(found) if found else None


def is_whole(raw):
    r = Reply(raw, False)
    if not r.status or r.status.startswith("1"):
        return False
    size = r.header("Content-Length")
    return size is None or len(r.body) >= int(size)


def ask(port, sent, slowly=False):
    raw, ended = b"", False
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in ([sent[i:i + 1] for i in range(len(sent))] if slowly else [sent]):
                s.sendall(piece)
                if slowly:
                    time.sleep(0.0002)
        except OSError:
            pass  # answered and ended before all was sent
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            s.settimeout(QUIET if is_whole(raw) or raw_is_head(raw) else WAIT)
            try:
                got = s.recv(65536)
            except TimeoutError:
                break
            except OSError:
                got = b""
            if not got:
                ended = True
                break
            raw += got
    return Reply(raw, ended)


def raw_is_head(raw):
    """A whole head, whose body may never come (HEAD, 304)."""
    return b"\r\n\r\n" in raw


def holds(reply, want):
    """Does one line of a case hold?"""
    kind, _, rest = want.partition(" ")
    if kind == "<":
        return reply.status in rest.split("|")
    if kind == "=":
        name, _, value = rest.partition(": ")
        return reply.header(name) is not None and re.fullmatch(value, reply.header(name)) is not None
    if kind == "!":
        return reply.header(rest) is None
    if kind == "body":
        return reply.body == unescape(rest)
    if kind == "size":
        return len(reply.body) == int(rest)
    if kind == "has":
        return unescape(rest) in reply.body
    if kind in ("ends", "stays"):
        return reply.ended == (kind == "ends")
    raise ValueError(f"no such want: {want}")


def folder_of(shop):
    shop.write("images/hello.txt", "0123456789")
    shop.write("images/.hidden.txt", "hidden")
    shop.write("images/.git/config", "hidden")
    shop.write("images/empty.png", "")
    shop.write("images/deep/er/logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>" * 100)
    shop.write("images/page.html", "<script>alert(1)</script>")
    os.utime(shop.path("images/hello.txt"), (784111777, 784111777))
    os.symlink("../shop.yml", shop.path("images/shop.txt"))
    os.symlink("/etc/passwd", shop.path("images/passwd.txt"))
    os.symlink("..", shop.path("images/up"))
    os.symlink("hello.txt", shop.path("images/again.txt"))
    os.mkfifo(shop.path("images/fifo.txt"))


def fill(case, names):
    for name, value in names.items():
        case.sent = case.sent.replace(b"{" + name.encode() + b"}", value.encode())
        case.wants = [w.replace("{" + name + "}", re.escape(value) if w.startswith("=") else value)
                      for w in case.wants]


def cases_hold(rows, shop):
    etag = ask(shop.port, b"HEAD /images/hello.txt HTTP/1.1\r\nHost: a\r\n\r\n").header("ETag") or ""
    rows.add("a file has a strong tag", etag.startswith('"'), etag)
    for case in read_cases(os.path.join(HERE, "wire.cases")):
        fill(case, {"etag": etag, "url": f"http://127.0.0.1:{shop.port}"})
        for way in ("", "byte by byte") if len(case.sent) < 1000 else ("",):
            reply = ask(shop.port, case.sent, slowly=bool(way))
            bad = [w for w in case.wants if not holds(reply, w)]
            rows.add(f"{case.name} {way}", not bad, f"{bad}: ended {reply.ended}, {reply.raw[:1500]!r}")


def cpu_of(shop):
    """Seconds the program has worked."""
    with open(f"/proc/{shop.process.pid}/stat", encoding="utf-8") as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def stuck(rows, shop):
    """What fills a buffer and never ends keeps nobody busy, and is let go."""
    head = b"POST /api/order HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    held = [socket.create_connection(("127.0.0.1", shop.port), 60) for _ in range(8)]
    for s in held:
        s.sendall(head + b"3;" + b"a" * 20000)
    before, began = cpu_of(shop), time.monotonic()
    time.sleep(3)
    worked, passed = cpu_of(shop) - before, time.monotonic() - began
    rows.add("a chunk's line without an end: the program rests", worked < 0.2 * passed, (worked, passed))
    rows.same("and serves others", shop.browser.get("/healthz").status, 200)
    for s in held:
        s.settimeout(60)
        try:
            rows.same("it is let go", s.recv(100), b"")
        except ConnectionResetError:
            rows.add("it is let go", True)
        s.close()


def run(rows, program, folder):
    shop = demo(program, os.path.join(folder, "shop"))
    folder_of(shop)
    shop.start()
    cases_hold(rows, shop)
    stuck(rows, shop)
    rows.same("it ends well", shop.stop(), 0)
