"""page: the figures as doc/bench.md: what is within its budget, and every run."""
import statistics
import time

median = statistics.median

LEAD = """# Measured

Written by `script/bench`, which measures Grosz and its peers in turn, in one run, on one machine.
Only the ratios mean something elsewhere: on another machine both sides change.

Machine: {where}. Date: {date}. Each figure is the median of {rounds} of {seconds} s; load and
server share the processors.
"""

METHOD = """
## How

- **Orders**: `wrk` posts the form as a browser does, a new buyer each time, and gets a 303 with the
  signed link when the order is durable (`synchronous=FULL`). Beside it the same in Node 20 with
  better-sqlite3, and what SQLite itself commits in one thread without any web server, in batches.
- **Notes**: `wrk` tells of payments as tpay does, each signed, each once, each for an order in the
  store. Meanwhile the shop works off what those buyers are owed, letters into the outbox included,
  so this is the rate of a busy shop. Beside it `beanstalkd -f0`, which puts 300 bytes durably and
  does nothing more; 32 clients.
- **Whole orders**: a buyer posts the form, takes the reference out of the link, tells of the
  payment, waits for TRUE, on one connection. Vendure: cart to paid through its API, 8 buyers, which
  keep its one thread busy.
- **Steps**: paid orders with a partner's step (keyed, with a receipt) and two letters each, all
  due. The partner answers inside the process. Each is leased, `sending` made durable, talked over,
  the outcome made durable; 32 threads. The peers' jobs are empty: graphile-worker with concurrency
  16, pg-boss in batches of 16, on PostgreSQL as Debian sets it up.
- **Start**: from `exec` to the first byte of the answer to an order; killed each time before.
- **Idle**: 10,000 connections, or as many as the descriptors allow, each kept after one answer: by
  how much VmRSS grows, without what the kernel holds for a socket. All must still be open at the
  end. Meanwhile an honest client connects, asks `/api/warm` and is answered, 1,000 times, as it did
  alone before.
- **Kept**: the shop filled with orders as its own flow makes them, beside one with only those
  that are paid in the run; the same measures in turn.
- **Build**: from `exec` to the end, into an empty folder in memory (/dev/shm), of the catalogue that the peers' generator
  writes: Hugo makes a page for each product, with a form in it; Grosz a product page and an order
  page. Then the same shop with a paragraph each, of 2,000 and of 100,000 products.
- **Edit**: beside `grosz serve` a product's page is open in Chromium, headless. From before a file is
  written until the frame that shows it is done: a product's text, a template, a style, and a mistake
  that lies over the page. A shop of 20 products, and one of 2,000 with a lesson each.
- **Simulator**: worlds of `test/sim` from the first seed on, each one thread, as `script/simulator` builds
  it (with the compiler's profile of a run of its own): the orders placed and the faults struck for each
  minute of processor time, with the store in memory and on SQLite.
- **Memory**: VmRSS, the most seen every 100 ms; of builds what the kernel says at their end.
"""


def shown(value):
    if value is None:
        return "not measured"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


class Row:
    """One budget: ours against theirs. more: the ratio must be at least the budget, else at most."""

    def __init__(self, what, ours, theirs, budget, more=True, peer=""):
        self.what, self.ours, self.theirs = what, ours, theirs
        self.budget, self.more, self.peer = budget, more, peer


def rows(kept):
    rates = [
        Row("orders/s, 64 connections", "orders 64", "node 64", 5, peer="Node peer"),
        Row("orders/s, 64 connections", "orders 64", "sqlite 64", 0.8, peer="SQLite, batches of 64"),
        Row("orders/s, 512 connections", "orders 512", "orders 64", 0.8, peer="itself at 64"),
        Row("notes/s, 64 connections", "notes", "beanstalkd", 1.2, peer="beanstalkd -f0"),
        Row("notes, p99 in ms", "notes p99", 10.0, 1, False, "10 ms"),
        Row("whole orders/s, 8 buyers", "whole 8", "vendure", 1000, peer="Vendure, 8 buyers"),
        Row("whole orders/s, 64 buyers", "whole 64", "vendure", 1000, peer="Vendure, 8 buyers"),
        Row("steps/s", "steps", "graphile-worker", 1.5, peer="graphile-worker"),
        Row("steps/s", "steps", "pg-boss", 1.5, peer="pg-boss"),
        Row("start to first order, ms", "start", "node start", 0.1, False, "Node peer"),
        Row("build of 2,000 products, ms", "build", "hugo", 1 / 3, False, "Hugo"),
        Row("its memory, MB", "build memory", "hugo memory", 1 / 4, False, "Hugo"),
        Row("build of 100,000, ms a thousand", "build many, ms a thousand",
            "build few, ms a thousand", 1.2, False, "of 2,000"),
        *(Row(f"edit in the browser, ms: {kind}", f"live {kind}, 20 products", 100.0, 1, False, "100 ms")
          for kind in ("text", "template", "style", "overlay")),
        Row("resident idle, MB", "resident idle", 12.0, 1, False, "12 MB"),
        Row("resident, 64 connections, MB", "resident 64", 32.0, 1, False, "32 MB"),
        Row("an idle connection, KB", "idle KB", 16.0, 1, False, "16 KB"),
        Row("an idle connection with TLS, KB", "idle KB, TLS", 16.0, 1, False, "16 KB"),
        Row("simulated orders a CPU-minute", "simulated orders, memory", 1e6, 1, peer="1,000,000"),
        Row("simulated faults a CPU-minute", "simulated faults, memory", 2e6, 1, peer="2,000,000"),
        Row("the same orders on SQLite", "simulated orders, sqlite", 5e4, 1, peer="50,000"),
    ]
    full = [
        Row(f"orders/s, {kept:,} kept", "kept orders", "empty orders", 1 / 1.2, peer="few kept"),
        Row(f"notes/s, {kept:,} kept", "kept notes", "empty notes", 1 / 1.2, peer="few kept"),
        Row(f"steps/s, {kept:,} kept", "kept steps", "empty steps", 1 / 1.2, peer="few kept"),
        Row(f"start, ms, {kept:,} kept", "kept start", "empty start", 1.2, False, "few kept"),
        Row(f"resident idle, MB, {kept:,} kept", "kept resident idle", "empty resident idle", 1.2,
            False, "few kept"),
        Row(f"resident, 64 connections, MB, {kept:,} kept", "kept resident 64", "empty resident 64",
            1.2, False, "few kept"),
    ]
    return rates + full


class Page:
    def __init__(self, figures):
        self.figures = figures

    def value(self, name):
        if isinstance(name, float):
            return name
        runs = self.figures.runs.get(name)
        return median(runs) if runs else None

    def row(self, r):
        ours, theirs = self.value(r.ours), self.value(r.theirs)
        sign = "≥" if r.more else "≤"
        budget = f"{sign} {r.budget:,.2f}".rstrip("0").rstrip(".") + " ×"
        if ours is None or theirs is None:
            ratio, met = "", "not measured"
        else:
            n = ours / theirs
            ratio = f"{n:,.0f} ×" if n >= 100 else f"{n:.2f} ×"
            met = "yes" if (n >= r.budget if r.more else n <= r.budget) else "**no**"
        other = r.peer if isinstance(r.theirs, float) else f"{r.peer}: {shown(theirs)}"
        return f"| {r.what} | {shown(ours)} | {other} | {ratio} | {budget} | {met} |"

    def measured(self, r):
        return r.ours in self.figures.runs

    def budgets(self, kept):
        some = [r for r in rows(kept) if self.measured(r)]
        head = ["\n## Budgets\n", "| what | Grosz | beside | ratio | budget | met |",
                "| --- | --- | --- | --- | --- | --- |"]
        return head + [self.row(r) for r in some]

    def connections(self):
        names = [n.split()[1] for n in self.figures.runs if n.startswith("orders ")
                 and n.split()[-1].isdigit()]
        if not names:
            return []
        out = ["\n## Orders by connections\n",
               "| connections | Grosz /s | p50 ms | p99 ms | MB | Node /s | p50 ms | p99 ms | MB |",
               "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
        for c in names:
            cells = [c]
            for who, resident in (("orders", "resident"), ("node", "node resident")):
                cells += [self.value(f"{who} {c}"), self.value(f"{who} {c} p50"),
                          self.value(f"{who} {c} p99"), self.value(f"{resident} {c}")]
            cells = [x if isinstance(x, str) else shown(x) for x in cells]
            out.append("| " + " | ".join(cells) + " |")
        return out

    def idle(self):
        names = [n for n in self.figures.runs if n.startswith("honest ")
                 and n.split()[-1].isdigit()]
        if not names:
            return []
        out = ["\n## Beside idle connections\n", "| idle | KB each | requests/s | p50 ms | p99 ms |",
               "| --- | --- | --- | --- | --- |"]
        for name in names:
            count = int(name.split()[1])
            each = shown(self.value("idle KB")) if count else ""
            cells = [shown(self.value(name + key)) for key in ("", " p50", " p99")]
            out.append(f"| {count:,} | {each} | " + " | ".join(cells) + " |")
        if "idle KB, TLS" in self.figures.runs:
            out.append(f"\nWith TLS of the program's own each takes {shown(self.value('idle KB, TLS'))} KB.")
        return out

    def raw(self):
        out = ["\n## Every run\n", "| figure | median | runs |", "| --- | --- | --- |"]
        for name, runs in self.figures.runs.items():
            few = runs if len(runs) <= 6 else [min(runs), max(runs)]
            between = ", ".join(map(shown, few)) if few is runs else " … ".join(map(shown, few))
            out.append(f"| {name} | {shown(median(runs))} | {between} |")
        out += [f"| {name} | not measured: {why} | |" for name, why in self.figures.missing.items()]
        return out


def written(figures, plan, where):
    p = Page(figures)
    lead = LEAD.format(where=where, date=time.strftime("%Y-%m-%d"), seconds=plan.seconds,
        rounds="one run" if plan.rounds == 1 else f"{plan.rounds} runs")
    lines = p.budgets(plan.kept) + p.connections() + p.idle() + p.raw()
    return lead + "\n".join(lines) + "\n" + METHOD
