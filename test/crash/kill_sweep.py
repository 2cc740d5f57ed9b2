#!/usr/bin/env python3
"""kill_sweep ACK_STORE: ack_store is killed, or its disk fails, at every one of its system calls.

For each kind of call the n-th is the last (or fails, once or from then on), for n = 1, 2, … until the
run gets through. What was acknowledged must be there, no change by half, and the store must open
again. After a disk error the process must have ended with 75 or gone on rightly.
"""
import os
import sys

import runs

COUNT = 6
LIMIT = 400 # calls of one kind in one run; more means that a sweep would not end
CODES = {0, 75} # got through, or said that it did not
LOADER = 127    # the C library found none of its files, before there was a program
KILLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink", "openat", "fallocate", "write")
ERRORS = (
    # call, error, "" once or "+" from then on
    ("pwrite64", "EIO", ""), ("pwrite64", "EIO", "+"),
    ("pwrite64", "ENOSPC", ""), ("pwrite64", "ENOSPC", "+"),
    ("fdatasync", "EIO", ""), ("fdatasync", "EIO", "+"),
    ("fsync", "EIO", ""), ("ftruncate", "EIO", ""), ("fallocate", "ENOSPC", ""),
    ("openat", "EMFILE", ""), ("openat", "EMFILE", "+"), ("unlink", "EIO", ""),
)


class Sweep:
    def __init__(self, ack_store, work, count=COUNT, options=()):
        self.ack_store, self.count, self.options = ack_store, count, options
        self.folder = os.path.join(work, "live")
        self.db = os.path.join(self.folder, "shop.db")
        self.points = self.lost = self.corrupt = self.closed = 0
        self.codes = set()

    def once(self, call, what, when):
        """True when the run got through untouched."""
        runs.clear(self.folder)
        strace = ["strace", "-f", "-qq", "-o", os.path.join(self.folder, "trace"), "-e",
            f"trace={call}", "-e", f"inject={call}:{what}:when={when}"]
        rc, acked = runs.run(self.ack_store, self.db, 1, self.count, self.options, strace)
        with open(os.path.join(self.folder, "trace"), "rb") as trace:
            struck = b"INJECTED" in trace.read()
        struck = struck or rc < 0 or rc == 137
        self.points += struck
        self.codes.add(rc)
        self.verify(acked)
        return not struck

    def verify(self, acked):
        found = runs.problem(self.db, acked)
        self.lost += found == "lost"
        self.corrupt += found == "corrupt"
        # The next life, which the owner does not need to help into being.
        rc, more = runs.run(self.ack_store, self.db, 101, 2)
        self.closed += rc != 0 or more != {101, 102}
        found = runs.problem(self.db, acked | more)
        self.lost += found == "lost"
        self.corrupt += found == "corrupt"

    def all(self, call, what, plus=""):
        for n in range(1, LIMIT):
            if self.once(call, what, f"{n}{plus}"):
                return
        raise RuntimeError(f"{call} {what}: does not end")

    def good(self):
        return self.lost + self.corrupt + self.closed == 0

    def figures(self):
        return (f"{self.points} points, {self.lost} lost, {self.corrupt} corrupt, "
            f"{self.closed} do not open, exit codes {sorted(self.codes)}")


def main(argv):
    ack_store, rows, work = runs.program(argv), runs.Rows(), runs.folder()
    try:
        for call in KILLS:
            s = Sweep(ack_store, work)
            s.all(call, "signal=KILL")
            rows.check(f"killed at {call}", s.good() and s.points > 0, s.figures())
        for call, error, plus in ERRORS:
            s = Sweep(ack_store, work)
            s.all(call, f"error={error}", plus)
            allowed = CODES | ({LOADER} if call == "openat" else set())
            rows.check(f"{call} fails {'for ever' if plus else 'once'} with {error}",
                s.good() and s.points > 0 and s.codes <= allowed, s.figures())
        # strace counts each thread's calls: the committer's are met behind those of the opening one.
        s = Sweep(ack_store, work, 15, ("--early",))
        s.all("pwrite64", "signal=KILL")
        rows.check("acknowledging early is caught", s.lost > 0, s.figures())
    finally:
        runs.shutil.rmtree(work, ignore_errors=True)
    rows.end()


if __name__ == "__main__":
    main(sys.argv)
