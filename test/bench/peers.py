"""peers: who Grosz is measured against. Each is taken from the peers' folder, made ready once in
build-bench/peers, and raises NotMeasured in plain words when it cannot be had."""
import glob
import os
import shutil
import subprocess
import tempfile
import time

from shops import NotMeasured, Process, free_port, need, number, port_taken, run, wrk

INSTALL_S = 600


class Peers:
    def __init__(self, source, folder):
        self.source, self.folder = source, folder
        self.why = {}  # peer -> why it cannot be had, so that each is tried once

    def ready(self, name, make):
        """The peer's folder, copied and made ready by make(folder) at first use."""
        if name in self.why:
            raise NotMeasured(self.why[name])
        to, done = os.path.join(self.folder, name), os.path.join(self.folder, name, ".ready")
        if os.path.exists(done):
            return to
        try:
            if not os.path.isdir(os.path.join(self.source, name)):
                raise NotMeasured("the peers' folder is not there")
            shutil.rmtree(to, ignore_errors=True)
            shutil.copytree(os.path.join(self.source, name), to, symlinks=True)
            make(to)
        except (NotMeasured, OSError, subprocess.TimeoutExpired) as e:
            self.why[name] = str(e)
            raise NotMeasured(str(e)) from None
        with open(done, "w", encoding="ascii"):
            pass
        return to

    def node(self, name):
        def make(to):
            need("node")
            need("npm")
            if not os.path.isdir(os.path.join(to, "node_modules")):
                print(f"installing the peer {name} …", flush=True)
                run(["npm", "install", "--no-audit", "--no-fund"], cwd=to, timeout=INSTALL_S)

        return self.ready(name, make)

    def compiled(self, name, program, *libraries):
        def make(to):
            run(["cc", "-O2", "-o", os.path.join(to, program), os.path.join(to, program + ".c"),
                 *libraries])

        return os.path.join(self.ready(name, make), program)

    # ---- orders ----

    def order_words(self):
        return ["node", os.path.join(self.node("order-node"), "server.js")]

    def order_env(self, run_folder, port):
        return dict(os.environ, DB=os.path.join(run_folder, "peer.db"), PORT=str(port))

    def order_server(self, run_folder):
        port = free_port()
        return Process(self.order_words(), port, env=self.order_env(run_folder, port))

    def order_load(self, port, connections, seconds):
        script = os.path.join(self.source, "post-order.lua")
        return wrk(script, port, connections, seconds)

    def limit(self, run_folder, batch, rows):
        program = self.compiled("sqlite-limit", "limit", "-lsqlite3")
        return number(r"= ([\d.]+)/s", run([program, str(batch), str(rows)], cwd=run_folder))

    # ---- notes ----

    def puts(self, run_folder):
        need("beanstalkd")
        program = self.compiled("durable-put", "beanstalkd-put", "-lpthread")
        folder = os.path.join(run_folder, "beanstalkd")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        words = ["beanstalkd", "-l", "127.0.0.1", "-p", "11301", "-b", folder, "-f0"]
        with Process(words, 11301):
            return number(r"put ([\d.]+)/s", run([program]))

    # ---- whole orders ----

    def vendure(self, times):
        """Whole orders a second, and megabytes resident behind them."""
        folder = self.node("vendure")
        if port_taken(3000):
            raise NotMeasured("port 3000 is taken")
        run(["node", "seed.js"], cwd=folder, timeout=300)
        rates = []
        with Process(["node", "server.js"], 3000, cwd=folder) as s:
            time.sleep(1)
            for _ in range(times):
                text = run(["node", "load.js"], cwd=folder, timeout=300)
                rates.append(number(r"orders ([\d.]+)", text))
            return rates, s.resident()

    # ---- steps ----

    def queue(self, script, cluster):
        """Jobs worked off a second."""
        folder = self.node("order-node")
        text = run(["node", script], cwd=folder, env=dict(os.environ, PG=cluster.fresh()),
            timeout=300)
        return number(r"(?:process|complete) ([\d.]+) /s", text)


class Cluster:
    """A PostgreSQL of our own, as its packages make it, for the time of a `with`."""

    def __enter__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))
        if not found:
            raise NotMeasured("PostgreSQL is not installed")
        self.bin, self.port, self.made = found[-1], free_port(), 0
        self.folder = tempfile.mkdtemp(prefix="grosz-bench-", dir="/var/tmp")
        self.user = []
        if os.geteuid() == 0:
            self.user = ["runuser", "-u", "postgres", "--"]
            shutil.chown(self.folder, "postgres")
        data = os.path.join(self.folder, "data")
        try:
            run([*self.user, f"{self.bin}/initdb", "-D", data, "-A", "trust", "-U", "bench"],
                cwd=self.folder)
            self.server = Process([*self.user, f"{self.bin}/postgres", "-D", data, "-p",
                str(self.port), "-k", self.folder, "-c", "listen_addresses=127.0.0.1"], self.port)
            self.server.__enter__()
        except NotMeasured:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def fresh(self):
        """The address of a new, empty database."""
        self.made += 1
        name = f"bench{self.made}"
        run([f"{self.bin}/createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "bench", name])
        return f"postgres://bench@127.0.0.1:{self.port}/{name}"

    def __exit__(self, *_):
        data = os.path.join(self.folder, "data")
        subprocess.run([*self.user, f"{self.bin}/pg_ctl", "-D", data, "-m", "fast", "-w", "stop"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd=self.folder, check=False)
        self.server.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)
