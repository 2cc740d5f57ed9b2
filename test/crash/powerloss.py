#!/usr/bin/env python3
"""powerloss ACK_STORE: what is left when the power goes, at any moment.

ack_store is traced; its writes are played into a model of the page cache, and after each of them the
power fails: the files are put together from what was durable and from any part of what was not.
Stock SQLite opens them. What was acknowledged by then must be there.

The model: a file is pages of 4 KiB. fsync makes them durable; a failed fsync leaves them in the cache
and takes them for clean, as Linux does. A torn page is there up to a sector. A folder's entries, new
or removed, are durable when the folder is synced; a truncation when its file is.
"""
import os
import random
import re
import sys

import runs

PAGE, SECTOR = 4096, 512
CALLS = "pwrite64,write,fdatasync,fsync,ftruncate,unlink,openat"
LINE = re.compile(rb"(\w+)\((.*)\)\s+= (-?\d+)")
FD = re.compile(rb"\d+<((?:\\x..)*)>(?:\(deleted\))?(?:, (.*))?$", re.S)
TEXT = re.compile(rb'"((?:\\x..)*)"(?:, (.*))?$', re.S)
MODES = ("none", "all", "half", "torn", "torn")


def unhex(text):
    return bytes.fromhex(text.replace(b"\\x", b"").decode())


class Inode:
    def __init__(self):
        self.cache = bytearray()   # what a reader sees
        self.durable = bytearray() # what is on the disk
        self.dirty = set()         # pages that only the cache has, and that will be written
        self.cut = None            # the least size since the last sync

    def write(self, at, data):
        if len(self.cache) < at:
            self.cache.extend(bytes(at - len(self.cache)))
        self.cache[at:at + len(data)] = data
        self.dirty.update(range(at // PAGE, (at + len(data) - 1) // PAGE + 1))

    def truncate(self, size):
        if size < len(self.cache):
            del self.cache[size:]
            self.cut = size if self.cut is None else min(size, self.cut)
            self.dirty = {p for p in self.dirty if p * PAGE < size}
        else:
            self.cache.extend(bytes(size - len(self.cache)))

    def sync(self):
        self.durable = self.after(True, self.dirty, lambda: PAGE)
        del self.durable[len(self.cache):]
        self.dirty, self.cut = set(), None

    def sync_failed(self):
        self.dirty = set()

    def after(self, is_cut, pages, length):
        """The durable bytes, with `length` bytes of each of the pages from the cache."""
        out = bytearray(self.durable)
        if is_cut and self.cut is not None:
            del out[self.cut:]
        for p in sorted(pages):
            piece = self.cache[p * PAGE:p * PAGE + length()]
            if len(out) < p * PAGE:
                out.extend(bytes(p * PAGE - len(out)))
            out[p * PAGE:p * PAGE + len(piece)] = piece
        return out

    def left(self, mode, dice):
        if mode in ("none", "all"):
            return self.after(mode == "all", self.dirty if mode == "all" else (), lambda: PAGE)
        pages = [p for p in self.dirty if dice.random() < 0.5]
        torn = lambda: SECTOR * dice.randint(1, PAGE // SECTOR)
        return self.after(dice.random() < 0.5, pages, torn if mode == "torn" else lambda: PAGE)


class Disk:
    """One folder, as the process sees it and as the disk has it."""

    def __init__(self, folder):
        self.folder = folder
        self.seen = {}     # name -> inode
        self.entries = {}  # the same, durable
        self.acked = set()

    def name(self, path):
        """The file's name in our folder, "." for the folder itself, None for everything else."""
        path = os.path.normpath(path.decode())
        if path == self.folder:
            return "."
        head, tail = os.path.split(path)
        return None if head != self.folder or tail.endswith((".lock", "-shm")) else tail

    def inode(self, name):
        return self.seen.setdefault(name, Inode())

    def left(self, mode, dice):
        """name -> bytes, after the power went."""
        names = dict(self.entries if mode == "none" else self.seen)
        if mode not in ("none", "all"):
            for name in set(self.entries) | set(self.seen):
                old_or_new = dice.choice((self.entries, self.seen))
                names.pop(name, None)
                if name in old_or_new:
                    names[name] = old_or_new[name]
        return {name: inode.left(mode, dice) for name, inode in names.items()}


# ---- one system call each; true when something changed ----

def call_pwrite64(disk, name, rest, _):
    data, tail = TEXT.match(rest).groups()
    disk.inode(name).write(int(tail.split(b",")[1]), unhex(data))
    return True


def call_sync(disk, name, _, rc):
    if name == ".":
        if rc == 0:
            disk.entries = dict(disk.seen)
    elif rc == 0:
        disk.inode(name).sync()
    else:
        disk.inode(name).sync_failed()
    return True


def call_ftruncate(disk, name, rest, _):
    disk.inode(name).truncate(int(rest))
    return True


ON_FILES = {b"pwrite64": call_pwrite64, b"fdatasync": call_sync, b"fsync": call_sync,
    b"ftruncate": call_ftruncate}


def play_path(disk, call, args):
    """openat and unlink: what changes the folder."""
    path, flags = TEXT.match(args if call == b"unlink" else args.split(b", ", 1)[1]).groups()
    name = disk.name(unhex(path))
    if name in (None, "."):
        return False
    if call == b"unlink":
        return disk.seen.pop(name, None) is not None
    if b"O_CREAT" in flags:
        disk.inode(name)
    return False


def play(disk, line):
    """Plays one line of the trace; true when the power should now go."""
    m = LINE.match(line)
    if not m:
        return False
    call, args, rc = m[1], m[2], int(m[3])
    if call in (b"openat", b"unlink"):
        return rc >= 0 and play_path(disk, call, args)
    path, rest = FD.match(args).groups()
    if call == b"write":
        said = runs.ACK.search(unhex(TEXT.match(rest)[1]))
        disk.acked.update({int(said[1])} if said else ())
        return bool(said)
    name = disk.name(unhex(path))
    # A call that failed did nothing, but a failed sync did.
    if name is None or call not in ON_FILES or (rc < 0 and ON_FILES[call] is not call_sync):
        return False
    return ON_FILES[call](disk, name, rest, rc)


# ---- scenarios ----

class Scenario:
    def __init__(self, ack_store, work, options=()):
        self.ack_store, self.options = ack_store, list(options)
        self.live, self.image = os.path.join(work, "live"), os.path.join(work, "image")
        self.trace_file = os.path.join(work, "trace")
        self.dice = random.Random(1)
        self.images = self.lost = self.corrupt = 0

    def fresh(self):
        runs.clear(self.live)
        self.disk = Disk(self.live)

    def power_goes(self, mode):
        runs.clear(self.image)
        for name, data in self.disk.left(mode, self.dice).items():
            if not name.endswith(".reserve"):
                with open(os.path.join(self.image, name), "wb") as out:
                    out.write(data)
        found = runs.problem(os.path.join(self.image, "shop.db"), self.disk.acked)
        self.images += 1
        self.lost += found == "lost"
        self.corrupt += found == "corrupt"

    def life(self, first, count, inject=None, every=1):
        """One process, from start to end or to its disk error; an image after every n-th change."""
        strace = ["strace", "-qq", "-y", "-xx", "-s", "70000", "-o", self.trace_file,
            "-e", f"trace={CALLS}"]
        if inject:
            strace += ["-e", f"inject={inject}"]
        rc, _ = runs.run(self.ack_store, os.path.join(self.live, "shop.db"), first, count,
            self.options, strace)
        with open(self.trace_file, "rb") as trace:
            changes = 0
            for line in trace:
                if not play(self.disk, line):
                    continue
                changes += 1
                if changes % every == 0:
                    for mode in MODES:
                        self.power_goes(mode)
        return rc

    def figures(self):
        return f"{self.images} images, {self.lost} lost, {self.corrupt} corrupt"


def two_lives(s):
    s.fresh()
    return [s.life(1, 25), s.life(26, 15)]


def long_life(s):
    """Long enough for the log to be copied into the database and begun anew."""
    s.fresh()
    return [s.life(1, 330, every=17)]


def failed_sync(s):
    """A sync fails, the process ends; the next one goes on with the same page cache."""
    codes = []
    for nth in range(4, 22):
        s.fresh()
        codes += [s.life(1, 12, f"fdatasync:error=EIO:when={nth}", every=3),
            s.life(101, 8, every=2)]
    return codes


def failed_write(s):
    codes = []
    for nth in range(20, 80, 7):
        s.fresh()
        codes += [s.life(1, 12, f"pwrite64:error=EIO:when={nth}", every=3),
            s.life(101, 8, every=2)]
    return codes


SCENARIOS = (
    # name, scenario, options, exit codes allowed, images at least, must it lose?
    ("as it is", two_lives, (), {0}, 1000, False),
    ("as it is, with checkpoints", long_life, (), {0}, 300, False),
    ("a sync fails, then a restart", failed_sync, (), {0, 75}, 1000, False),
    ("a write fails, then a restart", failed_write, (), {0, 75}, 300, False),
    ("synchronous=NORMAL is caught", two_lives, ("--sync-normal",), {0}, 300, True),
    ("no start-up checkpoint is caught", failed_sync, ("--no-checkpoint",), {0, 75}, 300, True),
)


def main(argv):
    ack_store, rows, work = runs.program(argv), runs.Rows(), runs.folder()
    try:
        for name, scenario, options, codes, least, loses in SCENARIOS:
            s = Scenario(ack_store, work, options)
            got = set(scenario(s))
            rows.check(f"{name}: ran", got == codes, f"exit codes {sorted(got)}")
            rows.check(f"{name}: enough images", s.images >= least, s.figures())
            rows.check(name, s.lost > 0 if loses else s.lost + s.corrupt == 0, s.figures())
    finally:
        runs.shutil.rmtree(work, ignore_errors=True)
    rows.end()


if __name__ == "__main__":
    main(sys.argv)
