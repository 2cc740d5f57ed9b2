#include "base/arena.h"
#include "check.h"
#include "store/fault_vfs.h"
#include "store/script.h"
#include "store/test_store.h"

/* Every write, sync and truncate of a run fails once, for every one of them: what was acknowledged
 * is there after a fresh start, what was refused is not, no change is there by half. */

/* With BYTES_MAX a run writes more than the log holds before it is copied into the database. */
enum { APPLIES = 6, CHANGES = 4, PUTS = 4, BYTES_MAX = 50000 };

struct run {
    struct arena *mem;
    str path;
    const char *reserve;
    size_t bytes; /* of a put: many, so that the log is checkpointed */
    struct change changes[APPLIES * CHANGES];
    struct put puts[APPLIES * CHANGES][PUTS];
};

static int died;

static void count_fatal(str why) {
    died++;
}

/* Each change puts four rows of a part of its own; every fourth may use the reserve. */
static void run_fill(struct run *r) {
    for (size_t i = 0; i < COUNT(r->changes); i++) {
        str part = JOIN(r->mem, S("p"), str_int(r->mem, (int64_t)i));
        char *bytes = arena_take(r->mem, r->bytes);
        memset(bytes, 'x', r->bytes);
        for (size_t k = 0; k < PUTS; k++)
            r->puts[i][k] = (struct put){.part = part,
                .kind = S("o"),
                .key = str_int(r->mem, (int64_t)k),
                .bytes = {bytes, r->bytes}};
        r->changes[i] =
            (struct change){.puts = r->puts[i], .count = PUTS, .reserve = i % CHANGES == 3};
    }
}

static struct store *run_open(struct run *r, const char *vfs) {
    const struct store_sqlite_options options = {.vfs = vfs, .now = 1, .reserve = 4096};
    struct store *s = NULL;
    err e = store_sqlite(r->mem, r->path, &options, count_fatal, &s);

    if (e.code != ERR_NONE)
        test_no_fatal(e.what);
    return s;
}

static size_t run_rows(struct run *r, struct store *s, size_t change) {
    size_t found = 0;

    for (size_t k = 0; k < PUTS; k++) {
        const struct put *p = &r->puts[change][k];
        struct row row;
        err e = s->kind->get(s, r->mem, p->part, p->kind, p->key, &row);
        found += e.code == ERR_NONE && str_is(row.bytes, p->bytes);
    }
    return found;
}

/* What a fresh process finds, against what was said. */
static void run_verify(struct run *r, const char *row, enum fault_kind kind) {
    struct store *s = run_open(r, NULL);

    for (size_t i = 0; i < COUNT(r->changes); i++) {
        size_t found = run_rows(r, s, i);
        enum kept kept = r->changes[i].kept;
        CHECK(row, found == 0 || found == PUTS);
        CHECK(row, kept != KEPT_OK || found == PUTS);
        CHECK(row, kept != KEPT_FULL || found == 0);
        if (kind == FAULT_WRITE || kind == FAULT_SYNC)
            CHECK(row, kept == KEPT_OK || kept == KEPT_UNKNOWN);
        else
            CHECK(row, kept == KEPT_OK || kept == KEPT_FULL);
        if (kind == FAULT_FULL || kind == FAULT_FULL_RESERVED)
            CHECK(row, kept == KEPT_OK || !r->changes[i].reserve);
    }
    CHECK(row, store_sqlite_check(s, r->mem).code == ERR_NONE);
    s->kind->close(s);
}

/* False when the run was over before the n-th call. */
static bool run_once(struct run *r, const char *row, enum fault_kind kind, size_t nth) {
    struct store *s;

    arena_reset(r->mem);
    r->path = test_path(r->mem);
    r->reserve = str_cz(r->mem, JOIN(r->mem, r->path, S(".reserve")));
    run_fill(r);
    fault_set(FAULT_NONE, 0, r->reserve);
    died = 0;
    s = run_open(r, FAULT_VFS);
    fault_set(kind, nth, r->reserve);
    for (size_t i = 0; i < APPLIES; i++)
        s->kind->apply(s, &r->changes[i * CHANGES], CHANGES);
    bool struck = fault_struck();
    CHECK_INT(row, died, struck && (kind == FAULT_WRITE || kind == FAULT_SYNC));
    fault_set(FAULT_NONE, 0, r->reserve);
    s->kind->close(s);
    run_verify(r, row, kind);
    return struck;
}

void test_sqlite_faults(void) {
    static const struct {
        const char *name;
        enum fault_kind kind;
        size_t bytes, stride;
    } rows[] = {
        {"no space once", FAULT_FULL, 1000, 3},
        {"no space until the reserve is freed", FAULT_FULL_RESERVED, 1000, 3},
        {"no space for ever", FAULT_FULL_FOREVER, 1000, 3},
        {"a write fails", FAULT_WRITE, 1000, 3},
        {"a sync fails", FAULT_SYNC, 1000, 1},
        {"no space, with a checkpoint", FAULT_FULL, BYTES_MAX, 97},
        {"no space for ever, with a checkpoint", FAULT_FULL_FOREVER, BYTES_MAX, 97},
        {"a write fails, with a checkpoint", FAULT_WRITE, BYTES_MAX, 97},
        {"a sync fails, with a checkpoint", FAULT_SYNC, BYTES_MAX, 1},
    };
    struct run r = {.mem = arena_new(64 << 20)};

    fault_install();
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t nth = 1;
        r.bytes = rows[i].bytes;
        while (run_once(&r, rows[i].name, rows[i].kind, nth))
            nth += rows[i].stride;
        CHECK(rows[i].name, nth > 5);
    }
    arena_free(r.mem);
}
