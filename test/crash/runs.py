"""runs: what the crash tests share: running ack_store under strace, and reading what it kept.

The checker is the stock SQLite of Python, not our code.
"""
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

SKIPPED = 77  # what Meson calls a skipped test
ACK = re.compile(rb"^ACK (\d+)$", re.M)
ROW_BYTES = 700


class Rows:
    """Assertions by name; the last line is the harness's."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, truth, figures):
        self.passed += bool(truth)
        self.failed += not truth
        print(f"{'ok' if truth else 'FAILED'}: {name}: {figures}", flush=True)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)


def program(argv):
    """The ack_store to drive; skips the test where nothing can be traced."""
    if len(argv) != 2:
        sys.exit(f"usage: {argv[0]} ACK_STORE")
    try:
        subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], check=True,
            capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        print("skipped: strace is missing or may not trace here")
        sys.exit(SKIPPED)
    return os.path.abspath(argv[1])


def folder():
    """Fast to write to: images are many and short-lived."""
    fast = "/dev/shm"
    return tempfile.mkdtemp(prefix="crash.", dir=fast if os.access(fast, os.W_OK) else None)


def run(ack_store, db, first, count, options=(), strace=()):
    """(exit code, what was acknowledged)"""
    # The leak checker cannot work in a traced process.
    env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
    done = subprocess.run([*strace, ack_store, db, str(first), str(count), *options], env=env,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode, {int(i) for i in ACK.findall(done.stdout)}


def whole(i, rows):
    """What ack_store keeps for i, all of it: every third has a note beside the order."""
    order = rows.get((f"p{i}", "order"))
    note = rows.get((f"p{i}", "note"))
    return order == bytes([ord("a") + i % 26]) * ROW_BYTES and (note == b"note") == (i % 3 == 0)


def problem(db, acked):
    """None, "lost" or "corrupt"; half a change is corrupt."""
    try:
        with sqlite3.connect(db) as connection:
            if connection.execute("pragma integrity_check").fetchone()[0] != "ok":
                return "corrupt"
            tables = connection.execute("select count(*) from sqlite_master").fetchone()[0]
            rows = {}
            if tables:
                found = connection.execute("select part, kind, bytes from row")
                rows = {(part, kind): data for part, kind, data in found}
        connection.close()
    except sqlite3.DatabaseError:
        return "corrupt"
    present = {int(part[1:]) for part, _ in rows}
    if not acked <= present:
        return "lost"
    return None if all(whole(i, rows) for i in present) else "corrupt"


def clear(path):
    shutil.rmtree(path, ignore_errors=True)
    os.mkdir(path)
