/* bench_steps SHOP COUNT: paid steps worked off a second, with a partner that answers at once.
 *
 * COUNT orders are placed and paid by the shop's own flows in memory and then lie in the shop's
 * database with all their jobs due. The clock runs from the start of the pool to the last finished
 * job, over the real store, committer and pool: each step is leased, written down as sending,
 * talked over and written down as done, each time durably. At the end the orders are read back: a
 * step that is not done is a failure. */
#include "app/open.h"
#include "app/pool.h"
#include "base/json.h"
#include "base/limits.h"
#include "bench.h"
#include "io/world.h"
#include "shop/order.h"

#include <time.h>

enum { BATCH = 512, THREADS = 32, PATIENCE_MS = 120 * 1000 };

struct tally {
    int64_t orders, jobs, steps, mails;
};

/* ---- the orders, paid, in memory ---- */

static void pay(struct bench *b, struct arena *mem, const struct work *w, struct change *placed) {
    struct store *store = b->doors.store;
    struct order *o = bench_order_of(mem, placed);
    struct note note = {.gateway = o->gateway,
        .event = JOIN(mem, o->id, S("|TRUE")),
        .transaction = o->id,
        .reference = o->reference,
        .what = EVENT_PAID,
        .asked = o->total,
        .amount = o->total,
        .status = S("TRUE"),
        .at = b->now};
    struct put put = {.part = o->id,
        .kind = S("note"),
        .key = JOIN(mem, note.gateway, S("/"), note.event),
        .bytes = note_write(mem, &note),
        .due = b->now};
    struct change told = {.puts = &put, .count = 1};
    store->kind->apply(store, &told, 1);
    struct row job = {put.part, put.kind, put.key, 1, put.bytes, put.due};
    bench_must("note", work_job(mem, w, &job));
}

static void copy_kind(struct bench *b, struct store *to, str kind, struct tally *tally) {
    struct query q = {.kind = kind, .limit = BATCH};
    struct row_list rows = {.more = true};
    struct arena *mem = arena_new(LIMIT_JOB_ARENA);
    while (rows.more) {
        struct put puts[BATCH];
        struct change changes[BATCH];
        struct store *from = b->doors.store;
        bench_must("list", from->kind->list(from, mem, &q, &rows));
        for (size_t i = 0; i < rows.count; i++) {
            const struct row *r = &rows.rows[i];
            puts[i] = (struct put){r->part, r->kind, r->key, PUT_NEW, r->bytes, r->due, false};
            changes[i] = (struct change){.puts = &puts[i], .count = 1};
            tally->jobs += r->due > 0 && r->due <= b->now;
        }
        to->kind->apply(to, changes, rows.count);
        for (size_t i = 0; i < rows.count; i++)
            if (changes[i].kept != KEPT_OK)
                bench_die("a row was not kept", puts[i].key);
        if (!rows.more)
            break;
        q.after_part = str_copy(b->mem, rows.rows[rows.count - 1].part);
        q.after_key = str_copy(b->mem, rows.rows[rows.count - 1].key);
        arena_reset(mem);
    }
    arena_free(mem);
}

static void copy_all(struct bench *b, struct store *to, struct tally *tally) {
    static const str kinds[] = {S_INIT("order"), S_INIT("job"), S_INIT("note"), S_INIT("open"),
        S_INIT("mail"), S_INIT("pay")};
    for (size_t i = 0; i < COUNT(kinds); i++)
        copy_kind(b, to, kinds[i], tally);
}

/* They are the newest orders of the store, from *first on. */
static void prepare(struct bench *b, struct store *to, struct tally *tally, str *first) {
    struct arena *mem = arena_new(LIMIT_JOB_ARENA);
    struct work work = {.doors = &b->doors, .shop = b->house.shop, .theme = b->house.site.theme};
    b->doors.store = store_memory();
    for (int64_t i = 0; i < tally->orders; i++) {
        struct change *placed = bench_order(b, mem, i);
        b->doors.store->kind->apply(b->doors.store, placed, 1);
        if (!i)
            *first = str_copy(b->mem, placed->puts[0].part);
        pay(b, mem, &work, placed);
        b->now += i % 8 == 0;
        arena_reset(mem);
    }
    copy_all(b, to, tally);
    b->doors.store->kind->close(b->doors.store);
    arena_free(mem);
}

/* ---- worked off ---- */

static void say_at_once(
    struct talk *self, struct arena *mem, const struct talk_request *r, struct talk_answer *out) {
    *out = (struct talk_answer){.sent = TALK_ANSWERED,
        .status = r->kind == TALK_MAIL ? 250 : 200,
        .body = r->kind == TALK_MAIL ? S("") : S("{\"id\":\"7\"}")};
}

static int64_t work_off(struct bench *b, const struct doors *doors, int64_t jobs) {
    struct snapshots shops;
    struct snapshot *shop = snapshot_new();
    struct pool *pool = NULL;
    struct timespec nap = {.tv_nsec = 1000000};
    int64_t start = bench_ns();
    shop->shop = b->house;
    snapshots_open(&shops, shop);
    bench_must("pool", pool_new(b->mem, doors, &shops, THREADS, &pool));
    pool_hint(pool);
    while (pool_count(pool) < jobs && bench_ns() - start < PATIENCE_MS * (int64_t)1000000)
        nanosleep(&nap, NULL);
    int64_t took = bench_ns() - start;
    if (!pool_stop(pool, PATIENCE_MS))
        bench_die("pool", S("it does not stop"));
    snapshots_close(&shops);
    return took;
}

/* What is owed later (`late`, a quarter of an hour after paying) is not counted. */
static void count_step(const struct order *o, const struct step *s, instant now, struct tally *t) {
    bool done = s->state == STEP_DONE;
    t->steps += done;
    t->mails += done && str_is(s->does, S("mail"));
    if (step_is_open(s) && s->due <= now)
        bench_die("a step is not done", s->error.len ? s->error : s->id);
}

static void count_done(struct bench *b, struct store *store, str from, struct tally *tally) {
    struct query q = {.kind = S("order"), .part_from = from, .limit = BATCH};
    struct arena *mem = arena_new(LIMIT_SHOP_ARENA);
    struct row_list rows = {.more = true};
    int64_t seen = 0;
    while (rows.more) {
        bench_must("list", store->kind->list(store, mem, &q, &rows));
        for (size_t i = 0; i < rows.count; i++, seen++) {
            struct order *o = NULL;
            bench_must("order", order_read(mem, rows.rows[i].bytes, &o));
            for (size_t k = 0; k < o->step_count; k++)
                count_step(o, &o->steps[k], b->now, tally);
        }
        if (!rows.more)
            break;
        q.after_part = str_copy(b->mem, rows.rows[rows.count - 1].part);
        arena_reset(mem);
    }
    if (seen != tally->orders)
        bench_die("orders", S("not all of them were found again"));
    arena_free(mem);
}

int main(int argc, char **argv) {
    if (argc != 3)
        bench_die("usage", S("bench_steps SHOP COUNT"));
    struct bench *b = bench_open(argv[1]);
    struct tally tally = {.orders = bench_number(argv[2])};
    struct talk partner = {.say = say_at_once};
    struct opened open;
    str first = {0};
    bench_must("doors", open_doors(b->mem, &b->house, &open));
    prepare(b, open.doors.store, &tally, &first);
    while (clock_now() <= b->now)
        ;
    open.doors.talk = &partner;
    int64_t took = work_off(b, &open.doors, tally.jobs);
    count_done(b, open.doors.store, first, &tally);
    printf("%lld steps (%lld of them letters) of %lld orders in %.2f s: %.0f steps/s\n",
        (long long)tally.steps, (long long)tally.mails, (long long)tally.orders, (double)took / 1e9,
        (double)tally.steps * 1e9 / (double)took);
    open_close(&open);
    return 0;
}
