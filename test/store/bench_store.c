/* bench_store DIR [ROWS]: rows a second through the stores, empty and with ROWS (1,000,000) kept.
 *
 * A new row is like a placed order: 1 KB, ids that sort by time, no key. The database is made anew
 * in DIR. Waits are those of one apply as its caller sees them. */
#include "base/arena.h"
#include "store/committer.h"

#include <unistd.h>

enum { BATCH_MAX = 512, NEW_BYTES = 1024, PUT_BYTES = 2048, WAITS_MAX = 200000 };

struct bench {
    struct arena *mem;
    struct store *store;
    int64_t next; /* number of the next new order */
    char bytes[PUT_BYTES];
    char ids[BATCH_MAX][20];
    struct put puts[BATCH_MAX];
    struct change changes[BATCH_MAX];
    int64_t waits[WAITS_MAX]; /* ns */
};

static int64_t clock_ns(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void die(str why) {
    fprintf(stderr, "bench_store: %.*s\n", (int)why.len, why.ptr);
    exit(1);
}

static str order_id(struct bench *b, size_t slot, int64_t number) {
    /* 10 characters of time, 8 of dice, as shop/order makes them */
    snprintf(b->ids[slot], sizeof b->ids[slot], "o%010llx%08llx", (unsigned long long)number,
        (unsigned long long)number * 2654435761u & 0xffffffff);
    return (str){b->ids[slot], 19};
}

static int order_ns(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void apply(struct bench *b, size_t batch) {
    b->store->kind->apply(b->store, b->changes, batch);
    for (size_t i = 0; i < batch; i++)
        if (b->changes[i].kept != KEPT_OK)
            die(S("a change was not kept"));
}

static void fill_new(struct bench *b, size_t batch, instant due) {
    for (size_t i = 0; i < batch; i++) {
        b->puts[i] = (struct put){
            .part = order_id(b, i, b->next++),
            .kind = S("order"),
            .bytes = {b->bytes, NEW_BYTES},
            .due = due ? due + b->next : 0,
        };
        b->changes[i] = (struct change){.puts = &b->puts[i], .count = 1};
    }
}

/* Every order from the first on, once, with more bytes than before. */
static void fill_put(struct bench *b, size_t batch, int64_t from) {
    for (size_t i = 0; i < batch; i++) {
        b->puts[i] = (struct put){
            .part = order_id(b, i, from + (int64_t)i),
            .kind = S("order"),
            .version = 1,
            .bytes = {b->bytes, PUT_BYTES},
        };
        b->changes[i] = (struct change){.puts = &b->puts[i], .count = 1};
    }
}

static void report(struct bench *b, const char *what, size_t batch, size_t applies, int64_t took) {
    qsort(b->waits, applies, sizeof *b->waits, order_ns);
    printf("%-22s batch %3zu: %8.0f rows/s, apply p50 %.2f ms, p99 %.2f ms, max %.2f ms\n", what,
        batch, (double)(batch * applies) * 1e9 / (double)took, (double)b->waits[applies / 2] / 1e6,
        (double)b->waits[applies * 99 / 100] / 1e6, (double)b->waits[applies - 1] / 1e6);
    fflush(stdout);
}

static void bench_new(struct bench *b, const char *what, size_t batch, size_t rows, instant due) {
    size_t applies = rows / batch;
    int64_t start = clock_ns();

    for (size_t i = 0; i < applies; i++) {
        fill_new(b, batch, due);
        int64_t at = clock_ns();
        apply(b, batch);
        b->waits[i] = clock_ns() - at;
    }
    report(b, what, batch, applies, clock_ns() - start);
}

static void bench_put(struct bench *b, const char *what, size_t batch, int64_t from, size_t rows) {
    size_t applies = rows / batch;
    int64_t start = clock_ns();

    for (size_t i = 0; i < applies; i++) {
        fill_put(b, batch, from + (int64_t)(i * batch));
        int64_t at = clock_ns();
        apply(b, batch);
        b->waits[i] = clock_ns() - at;
    }
    report(b, what, batch, applies, clock_ns() - start);
}

/* Jobs wait in order; each round takes 64, all of them again and again. */
static void bench_lease(struct bench *b, size_t rounds) {
    int64_t start = clock_ns();

    for (size_t i = 0; i < rounds; i++) {
        struct row_list list = {0};
        int64_t at = clock_ns();
        err e = b->store->kind->lease(
            b->store, b->mem, (instant)1 << 40, ((instant)1 << 40) + 1 + (instant)i, 64, &list);
        b->waits[i] = clock_ns() - at;
        if (e.code != ERR_NONE || list.count != 64)
            die(S("no lease of 64"));
        arena_reset(b->mem);
    }
    report(b, "lease", 64, rounds, clock_ns() - start);
}

static void bench_get(struct bench *b, size_t count) {
    int64_t start = clock_ns();
    size_t applies = count < WAITS_MAX ? count : WAITS_MAX;

    for (size_t i = 0; i < applies; i++) {
        struct row row;
        int64_t at = clock_ns();
        str id = order_id(b, 0, (int64_t)(i * 7919 % (size_t)b->next));
        err e = b->store->kind->get(b->store, b->mem, id, S("order"), S(""), &row);
        b->waits[i] = clock_ns() - at;
        if (e.code != ERR_NONE)
            die(S("an order is not there"));
        arena_reset(b->mem);
    }
    report(b, "get", 1, applies, clock_ns() - start);
}

static void bench_store(struct bench *b, size_t kept) {
    bench_new(b, "new", 1, 5000, 0);
    bench_new(b, "new", 8, 20000, 0);
    bench_new(b, "new", 64, 100032, 0);
    bench_new(b, "new", 512, 102400, 0);
    bench_put(b, "put 2 KB by version", 64, 0, 64000);
    bench_new(b, "new with a due time", 64, 64000, 1000);
    bench_lease(b, 500);
    if ((size_t)b->next < kept)
        bench_new(b, "fill up", 512, kept - (size_t)b->next, 0);
    printf("now %lld rows\n", (long long)b->next);
    bench_new(b, "new", 1, 5000, 0);
    bench_new(b, "new", 8, 20000, 0);
    bench_new(b, "new", 64, 100032, 0);
    bench_new(b, "new", 512, 102400, 0);
    bench_put(b, "put 2 KB by version", 64, 64000, 50048);
    bench_get(b, 100000);
}

static void bench_sqlite(struct bench *b, const char *folder, size_t kept) {
    static const str ends[] = {
        S_INIT(""), S_INIT("-wal"), S_INIT("-shm"), S_INIT(".lock"), S_INIT(".reserve")};
    struct arena *mem = arena_new(1 << 20);
    str path = JOIN(mem, str_of(folder), S("/bench.db"));
    const struct store_sqlite_options options = {.now = 1};

    for (size_t i = 0; i < COUNT(ends); i++)
        unlink(str_cz(mem, JOIN(mem, path, ends[i])));
    err e = store_sqlite(mem, path, &options, die, &b->store);
    if (e.code != ERR_NONE)
        die(e.what);
    printf("-- sqlite\n");
    b->next = 0;
    bench_store(b, kept);
    b->store->kind->close(b->store);
    for (size_t i = 0; i < COUNT(ends); i++)
        unlink(str_cz(mem, JOIN(mem, path, ends[i])));
    arena_free(mem);
}

int main(int argc, char **argv) {
    int64_t kept = 1000000;
    struct bench *b = calloc(1, sizeof *b);

    if (!b || argc < 2 || (argc > 2 && !str_number(str_of(argv[2]), &kept)))
        die(S("usage: bench_store DIR [ROWS]"));
    for (size_t i = 0; i < sizeof b->bytes; i++)
        b->bytes[i] = (char)('a' + i % 26);
    b->mem = arena_new(64 << 20);
    printf("-- memory\n");
    b->store = store_memory();
    bench_store(b, (size_t)kept);
    b->store->kind->close(b->store);
    bench_sqlite(b, argv[1], (size_t)kept);
    arena_free(b->mem);
    free(b);
    return 0;
}
