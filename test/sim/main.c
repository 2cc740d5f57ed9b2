#include "base/report.h"
#include "sim/sim.h"

#include <malloc.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* sim: seeds, one after the other. The seed is printed first; a failing one is replayed with
 * --from SEED --seeds 1 --verbose. */

struct options {
    uint64_t from, seeds;
    int64_t seconds; /* CPU time: ends early, 0 is no limit */
    bool verbose, keep_on, sqlite, narrow, every;
    uint64_t exhaust; /* faults; 0: swarm */
    const char *shop;
};

static double cpu(void) {
    return (double)clock() / CLOCKS_PER_SEC;
}

static bool shop_load(struct arena *mem, const char *dir, struct house_shop *out) {
    static const char secret[33] = "0123456789abcdef0123456789abcdef";
    struct report report = report_new(mem);
    bool fine = true;
    load(mem, str_of(dir), false, &report, out);
    for (const struct report_row *r = report.first; r; r = r->next) {
        str line = report_line(mem, r);
        if (r->level == REPORT_MISTAKE)
            fprintf(stderr, "%.*s\n", (int)line.len, line.ptr);
        fine &= r->level != REPORT_MISTAKE;
    }
    if (!fine)
        return false;
    struct tree *secrets = tree_map(mem);
    tree_put_text(mem, secrets, S("TPAY_CODE"), sim_canary);
    tree_put_text(mem, secrets, S("PARTNER_TOKEN"), S("CANARY-partner"));
    out->shop->secrets = secrets;
    out->shop->secret = hash_key(mem, (str){secret, 32});
    return true;
}

static bool failed(const struct sim *s, const struct options *o) {
    if (!s->failed)
        return false;
    printf("FAILED seed %llu: %s\n  replay: sim --store %s --from %llu --seeds 1 --verbose; its "
           "trace is %016llx\n",
        (unsigned long long)s->seed, s->why, o->sqlite ? "sqlite" : "memory",
        (unsigned long long)s->seed, (unsigned long long)s->trace);
    return true;
}

static const struct sim *running;

/* A seed that ends the program is printed too. */
static void died(int number) {
    char words[80];
    int len = snprintf(words, sizeof(words), "FAILED seed %llu: died: signal %d\n",
        (unsigned long long)running->seed, number);
    (void)!write(STDOUT_FILENO, words, (size_t)len);
    signal(number, SIG_DFL);
    raise(number);
}

/* On a stack of its own, for a fibre may have used up its. */
static void watch(const struct sim *s) {
    static char room[64 * 1024];
    static const int numbers[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTERM};
    const stack_t stack = {.ss_sp = room, .ss_size = sizeof(room)};
    const struct sigaction action = {.sa_handler = died, .sa_flags = SA_ONSTACK};
    running = s;
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < COUNT(numbers); i++)
        sigaction(numbers[i], &action, NULL);
}

/* One of a hundred seeds runs twice: what is not the same twice is not a simulation. */
static bool differs(struct sim *s) {
    uint64_t trace = s->trace;
    if (s->seed % 100)
        return false;
    sim_run(s);
    if (s->trace == trace)
        return false;
    printf("FAILED seed %llu: twice: two runs differ\n", (unsigned long long)s->seed);
    return true;
}

/* One of fifty worlds on SQLite runs, without crashes, in memory too: all that is kept and all that
 * happens must be the same. */
static bool stores_differ(struct sim *s, const struct options *o) {
    const char *disk = s->disk;
    if (!disk || s->seed % 50 != 25)
        return false;
    s->alike = true;
    sim_run(s);
    bool bad = failed(s, o);
    uint64_t trace = s->trace;
    s->disk = NULL;
    sim_run(s);
    s->disk = disk;
    s->alike = false;
    if (!bad && (s->failed || s->trace != trace))
        printf("FAILED seed %llu: stores: memory and SQLite differ\n", (unsigned long long)s->seed);
    return bad || s->failed || s->trace != trace;
}

static void figures(const struct totals *t, double seconds) {
    printf("%lld seeds, %lld orders, %lld paid, %lld fulfilled, %lld effects, %lld notes, "
           "%lld events\n",
        (long long)t->seeds, (long long)t->orders, (long long)t->paid, (long long)t->ended,
        (long long)t->effects, (long long)t->notes, (long long)t->events);
    printf(
        "%lld faults, %lld crashes, %lld steps left with a person; %.1f CPU-seconds, %.0f orders "
        "and %.0f faults per CPU-minute\n",
        (long long)t->faults, (long long)t->crashes, (long long)t->held, seconds,
        (double)t->orders * 60 / seconds, (double)t->faults * 60 / seconds);
}

static bool is_of(enum fault f, bool sqlite) {
    return sqlite || f < FAULT_DISK_POWER;
}

/* A fault that was never there proves nothing about itself: each is a row. */
static void faults_count(const struct totals *t, bool sqlite, int64_t *passed, int64_t *bad) {
    for (int f = 0; f < FAULTS; f++) {
        if (!is_of((enum fault)f, sqlite))
            continue;
        printf("  %-28s %lld\n", fault_names[f], (long long)t->struck[f]);
        *(t->struck[f] ? passed : bad) += 1;
    }
}

/* Seeds that have found something, kept for ever and run first. What a seed does changes with the
 * simulator; that it passes does not. */
static const struct {
    uint64_t seed;
    const char *found;
} kept[] = {
    {15, "what waited for a dropped step waited for ever, and nobody was told"},
    {3245, "of a second restore, what a clock ahead had doubted after the first was not doubted"},
    {2955, "after a restore, what a clock ahead had placed was sent without being doubted"},
    {629, "a clock ahead for longer than orders live led the sweep past orders still to come"},
    {101389, "on SQLite: the old log could not be removed, and was played into a restored backup"},
    {224, "a job was given back while its partner was asked, so two workers asked for ever"},
};

static int64_t kept_run(struct sim *s, const struct options *o) {
    int64_t bad = 0;
    for (size_t i = 0; i < COUNT(kept); i++) {
        s->seed = kept[i].seed;
        sim_run(s);
        if (failed(s, o)) {
            printf("  again: %s\n", kept[i].found);
            bad++;
        }
    }
    return bad;
}

static int swarm(struct sim *s, const struct options *o) {
    double start = cpu();
    printf("seeds from %llu\n", (unsigned long long)o->from);
    int64_t bad = kept_run(s, o), passed = (int64_t)COUNT(kept) - bad;
    for (uint64_t i = 0; i < o->seeds; i++) {
        if (o->seconds && cpu() - start > (double)o->seconds)
            break;
        s->seed = o->from + i;
        s->verbose = o->verbose;
        sim_run(s);
        s->totals->seeds++;
        bool wrong = failed(s, o) || differs(s) || stores_differ(s, o);
        passed += !wrong;
        bad += wrong;
        if (wrong && !o->keep_on)
            break;
    }
    double seconds = cpu() - start;
    if (s->totals->seeds >= 1000)
        faults_count(s->totals, o->sqlite, &passed, &bad);
    figures(s->totals, seconds > 0 ? seconds : 1);
    printf("%lld passed, %lld failed\n", (long long)passed, (long long)bad);
    return bad > 0;
}

/* Three steps: that of a partner and two letters. Product 1 owes an opaque one, 4 an askable one, 5
 * a keyed and 6 a natural one; 2 owes three of them, which is too much for three faults. */
static int small_scope(struct sim *s, const struct options *o) {
    static const int wide[] = {1, 2, 0}, narrow[] = {1, 4, 5, 6, 0};
    bool is_narrow = o->narrow || o->exhaust > 2;
    struct explored x = {.narrow = is_narrow, .every = o->every};
    double start = cpu();
    for (const int *product = is_narrow ? narrow : wide; *product; product++)
        exhaust(s, (int)o->exhaust, *product, &x);
    figures(s->totals, cpu() - start);
    printf("%zu states; %lld runs came to one that was explored before\n", x.states,
        (long long)x.known);
    printf("%lld passed, %lld failed\n", (long long)(x.runs - x.bad), (long long)x.bad);
    return x.bad > 0;
}

static bool number(const char *text, uint64_t *out) {
    int64_t n = 0;
    if (!text || !str_number(str_of(text), &n))
        return false;
    *out = (uint64_t)n;
    return true;
}

static bool options_read(int argc, char **argv, struct options *o) {
    uint64_t seconds = 0;
    for (int i = 1; i < argc; i++) {
        str word = str_of(argv[i]);
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool fine = true;
        if (str_is(word, S("--verbose")))
            o->verbose = true;
        else if (str_is(word, S("--keep-on")))
            o->keep_on = true;
        else if (str_is(word, S("--every")))
            o->every = true;
        else if (str_is(word, S("--narrow")))
            o->narrow = true;
        else if (str_is(word, S("--seeds")))
            fine = number(value, &o->seeds) && ++i;
        else if (str_is(word, S("--shop")) && value)
            o->shop = argv[++i];
        else if (str_is(word, S("--store")) && value)
            o->sqlite = str_is(str_of(argv[++i]), S("sqlite"));
        else if (str_is(word, S("--from")))
            fine = number(value, &o->from) && ++i;
        else if (str_is(word, S("--exhaust")))
            fine = number(value, &o->exhaust) && ++i;
        else if (str_is(word, S("--seconds")))
            fine = number(value, &seconds) && ++i;
        else
            fine = false;
        if (!fine)
            return false;
    }
    o->seconds = (int64_t)seconds;
    return true;
}

int main(int argc, char **argv) {
    struct totals totals = {0};
    struct house_shop house;
    struct options o = {.from = 1, .seeds = 1000, .shop = "test/sim/shop"};
    setvbuf(stdout, NULL, _IOLBF, 0);
    /* What a world gives back the next one takes: nothing goes to the system and comes again. */
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    if (!options_read(argc, argv, &o)) {
        fputs("usage: sim [--shop DIR] [--seeds N] [--from S] [--seconds CPU] "
              "[--exhaust FAULTS [--narrow] [--every]] [--store memory|sqlite] "
              "[--keep-on] [--verbose]\n",
            stderr);
        return 2;
    }
    struct arena *mem = arena_new((size_t)1 << 30);
    if (!shop_load(mem, o.shop, &house))
        return 2;
    struct sim *s = sim_new(mem, &house, &totals);
    s->disk = o.sqlite ? disk_new(mem) : NULL;
    watch(s);
    int code = o.exhaust ? small_scope(s, &o) : swarm(s, &o);
    if (s->disk)
        disk_drop(s->disk);
    sim_free(s);
    arena_free(mem);
    return code;
}
