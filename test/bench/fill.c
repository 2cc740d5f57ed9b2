/* bench_fill SHOP COUNT [NOTES]: fills the shop's store with COUNT placed orders, as the shop's own
 * flow makes them, spread over the last five days. The payment notes of the last NOTES of them go
 * to stdout, one body a line. */
#include "base/limits.h"
#include "bench.h"

enum { BATCH = 512 };

static void keep(struct store *store, struct change *changes, size_t count) {
    store->kind->apply(store, changes, count);
    for (size_t i = 0; i < count; i++)
        if (changes[i].kept != KEPT_OK)
            bench_die("an order was not kept", S("is the disk full?"));
}

int main(int argc, char **argv) {
    if (argc < 3)
        bench_die("usage", S("bench_fill SHOP COUNT [NOTES]"));
    struct bench *b = bench_open(argv[1]);
    int64_t count = bench_number(argv[2]);
    int64_t noted = argc > 3 ? bench_number(argv[3]) : 0;
    struct store *store = bench_store(b);
    struct arena *mem = arena_new(64 << 20);
    struct change changes[BATCH];
    instant end = b->now;
    for (int64_t i = 0; i < count;) {
        size_t n = 0;
        for (; n < BATCH && i < count; n++, i++) {
            b->now = end - 5 * TIME_DAY + 5 * TIME_DAY / count * i;
            changes[n] = *bench_order(b, mem, i);
            if (i >= count - noted) {
                str note = bench_note(mem, bench_order_of(mem, &changes[n]), i);
                printf("%.*s\n", (int)note.len, note.ptr);
            }
        }
        keep(store, changes, n);
        arena_reset(mem);
    }
    store->kind->close(store);
    return 0;
}
