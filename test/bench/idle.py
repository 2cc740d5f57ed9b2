"""idle: connections that are kept and say nothing, and what an honest client meets beside them."""
import resource
import socket
import ssl
import statistics
import subprocess
import time

from shops import NotMeasured

MANY = 10000
MANY_TLS = 1000  # a handshake is work of ours as well
SPARE = 400  # descriptors of ours and of the shop that are no idle connections
ASKED = 1000  # honest requests, each on a connection of its own
LASTING = 25  # seconds: idle ones are ended after 30, and none may be while it is measured
REQUEST = b"GET /api/warm HTTP/1.1\r\nHost: shop.example.com\r\n\r\n"


def room():
    """How many connections the allowed descriptors give; ours are raised to the most allowed."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        most = MANY + SPARE
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, MANY + SPARE), most))
    return max(1, min(most - SPARE, MANY))


def ask(s):
    s.sendall(REQUEST)
    answer = s.recv(4096)
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise NotMeasured(f"the answer was {answer[:40]!r}")


def kept(port, number, tls=None):
    """A connection that has had one answer. From many addresses, so that none runs out of ports."""
    s = socket.socket()
    s.settimeout(10)
    s.bind((f"127.0.{1 + number // 200}.1", 0))
    s.connect(("127.0.0.1", port))
    s = tls.wrap_socket(s) if tls else s
    ask(s)
    return s


def certify(shop):
    """The shop speaks TLS by itself from its next start on; what its clients need."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=shop.example.com", "-keyout", f"{shop}/key.pem",
                    "-out", f"{shop}/cert.pem"], check=True, capture_output=True)
    with open(f"{shop}/shop.yml", "a", encoding="utf-8") as f:
        f.write("\ntls: {cert: cert.pem, key: key.pem}\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def tls_each(server, context):
    """KB that each idle connection with TLS takes."""
    before, all_kept = server.resident(), []
    try:
        all_kept.extend(kept(server.port, n, context) for n in range(min(MANY_TLS, room())))
        each, still = (server.resident() - before) * 1024 / len(all_kept), sum(map(is_open, all_kept))
    finally:
        for s in all_kept:
            s.close()
    if still < len(all_kept):
        raise NotMeasured(f"{len(all_kept) - still} of {len(all_kept)} were ended meanwhile")
    return each


def honest(port):
    """{rate, p50, p99} of one client after another: to connect, ask, be answered."""
    took = []
    for _ in range(ASKED):
        began = time.perf_counter()
        with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
            ask(s)
        took.append((time.perf_counter() - began) * 1e3)
    cuts = statistics.quantiles(took, n=100)
    return {"rate": 1e3 * len(took) / sum(took), "p50": cuts[49], "p99": cuts[98]}


def is_open(s):
    s.setblocking(False)
    try:
        return s.recv(1) != b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False


def beside(server, count):
    """(KB that each of so many idle connections takes, the load of `honest` beside them)"""
    before, began, all_kept = server.resident(), time.monotonic(), []
    try:
        all_kept.extend(kept(server.port, n) for n in range(count))
        each = (server.resident() - before) * 1024 / count
        load = honest(server.port)
        took, still = time.monotonic() - began, sum(map(is_open, all_kept))
    finally:
        for s in all_kept:
            s.close()
    if still < count:
        raise NotMeasured(f"{count - still} of {count} were ended after {took:.0f} s")
    if took > LASTING:
        raise NotMeasured(f"it took {took:.0f} s, as long as an idle connection lasts")
    return each, load
