#include "base/arena.h"
#include "base/buf.h"
#include "check.h"
#include "store/script.h"
#include "store/test_store.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* ---- a store that can be held up and counts what it is asked ---- */

struct slow {
    struct store base; /* first */
    struct store *behind;
    pthread_mutex_t gate; /* an apply goes through it */
    atomic_size_t applies, changes, most;
};

static void slow_apply(struct store *base, struct change *changes, size_t count) {
    struct slow *s = (struct slow *)(void *)base;

    atomic_fetch_add(&s->applies, 1);
    pthread_mutex_lock(&s->gate);
    s->behind->kind->apply(s->behind, changes, count);
    pthread_mutex_unlock(&s->gate);
    atomic_fetch_add(&s->changes, count);
    if (count > atomic_load(&s->most))
        atomic_store(&s->most, count);
}

static const struct store_kind slow_kind = {.name = "slow", .apply = slow_apply};

static struct committer *new_committer(struct store *s, size_t batch_max) {
    struct committer *c = NULL;
    err e = committer_new(s, batch_max, &c);

    if (e.code != ERR_NONE)
        test_no_fatal(e.what);
    return c;
}

/* ---- many threads that block ---- */

enum { THREADS = 8, ROWS = 100 };

struct worker {
    struct store *store;
    pthread_t thread;
    char part[8];
    size_t kept, got;
};

static void worker_row(struct worker *w, struct arena *mem, size_t i) {
    const struct put put = {
        .part = str_of(w->part), .kind = S("o"), .key = str_int(mem, (int64_t)i), .bytes = S("x")};
    struct change c = {.puts = &put, .count = 1};
    struct row row;

    w->store->kind->apply(w->store, &c, 1);
    w->kept += c.kept == KEPT_OK;
    /* What was said to be kept is seen at once, by any thread. */
    err e = w->store->kind->get(w->store, mem, put.part, put.kind, put.key, &row);
    w->got += e.code == ERR_NONE;
}

static void *worker_run(void *owner) {
    struct arena *mem = arena_new(1 << 20);

    for (size_t i = 0; i < ROWS; i++) {
        worker_row(owner, mem, i);
        arena_reset(mem);
    }
    arena_free(mem);
    return NULL;
}

void test_committer_blocks(void) {
    struct arena *mem = arena_new(16 << 20);
    struct store *s = test_sqlite(mem, test_path(mem));
    struct committer *c = new_committer(s, 0);
    struct worker workers[THREADS] = {0};

    for (size_t i = 0; i < THREADS; i++) {
        workers[i].store = committer_store(c);
        snprintf(workers[i].part, sizeof workers[i].part, "p%zu", i);
        if (pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]))
            abort();
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        CHECK_INT(workers[i].part, workers[i].kept, ROWS);
        CHECK_INT(workers[i].part, workers[i].got, ROWS);
    }
    committer_free(c);
    s->kind->close(s);
    arena_free(mem);
}

/* ---- one thread that must not block ---- */

struct order {
    struct commit commit; /* first */
    struct change change;
    struct put put;
    char part[24];
};

static struct order *new_orders(struct arena *mem, struct committer *c, size_t count) {
    struct order *orders = arena_array(mem, count, sizeof *orders);

    for (size_t i = 0; i < count; i++) {
        struct order *o = &orders[i];
        snprintf(o->part, sizeof o->part, "p%06zu", i);
        o->put = (struct put){
            .part = str_of(o->part), .kind = S("o"), .version = PUT_ANY, .bytes = S("x")};
        o->change = (struct change){.puts = &o->put, .count = 1};
        o->commit = (struct commit){.changes = &o->change, .count = 1, .owner = o};
        committer_submit(c, &o->commit);
    }
    return orders;
}

/* Collects until `count` came back, in order; gives how many did before the wake-ups ended. */
static size_t collect(struct committer *c, const struct order *orders, size_t count) {
    size_t done = 0;

    while (done < count) {
        struct pollfd wait = {.fd = committer_fd(c), .events = POLLIN};
        if (poll(&wait, 1, 10000) != 1)
            return done;
        for (struct commit *i = committer_done(c), *next; i; i = next) {
            next = i->next;
            if (i->owner != &orders[done] || orders[done].change.kept != KEPT_OK)
                return done;
            done++;
        }
    }
    return done;
}

void test_committer_submits(void) {
    struct arena *mem = arena_new(16 << 20);
    struct store *s = test_sqlite(mem, test_path(mem));
    struct committer *c = new_committer(s, 64);
    struct worker worker = {.store = committer_store(c), .part = "w"};
    struct pollfd wait = {.fd = committer_fd(c), .events = POLLIN};

    CHECK("nothing is done", !committer_done(c) && poll(&wait, 1, 0) == 0);
    /* Beside a thread that blocks. */
    if (pthread_create(&worker.thread, NULL, worker_run, &worker))
        abort();
    CHECK_INT("all, in order", collect(c, new_orders(mem, c, 3000), 3000), 3000);
    pthread_join(worker.thread, NULL);
    CHECK_INT("the other too", worker.kept, ROWS);
    CHECK("nothing is left", !committer_done(c) && poll(&wait, 1, 0) == 0);
    committer_free(c);
    s->kind->close(s);
    arena_free(mem);
}

/* Single commits one after the other: the thread falls asleep between them, and each wakes it. */
static void one_by_one(struct arena *mem, struct committer *c) {
    for (size_t i = 0; i < 200; i++) {
        struct order *order = new_orders(mem, c, 1);
        if (collect(c, order, 1) != 1) {
            CHECK("a wake-up was lost", false);
            return;
        }
    }
}

void test_committer_groups(void) {
    struct arena *mem = arena_new(16 << 20);
    struct slow slow = {.base.kind = &slow_kind, .behind = store_memory()};
    struct change many[100];
    struct put puts[COUNT(many)];
    struct committer *c;

    pthread_mutex_init(&slow.gate, NULL);
    pthread_mutex_lock(&slow.gate);
    c = new_committer(&slow.base, 64);
    struct order *orders = new_orders(mem, c, 1000);
    CHECK("not before it is kept", !committer_done(c));
    pthread_mutex_unlock(&slow.gate);
    CHECK_INT("all", collect(c, orders, 1000), 1000);
    CHECK_INT("each once", atomic_load(&slow.changes), 1000);
    CHECK("no more than a batch", atomic_load(&slow.most) <= 64);
    /* The first may have been alone or with some; what waited meanwhile goes in full batches. */
    CHECK("grouped", atomic_load(&slow.applies) <= 17);

    for (size_t i = 0; i < COUNT(many); i++) {
        puts[i] = (struct put){.part = S("m"), .kind = S("o"), .key = str_int(mem, (int64_t)i)};
        many[i] = (struct change){.puts = &puts[i], .count = 1};
    }
    committer_store(c)->kind->apply(committer_store(c), many, COUNT(many));
    CHECK_INT("larger than a batch", many[99].kept, KEPT_OK);
    CHECK_INT("larger than a batch", atomic_load(&slow.most), COUNT(many));
    committer_store(c)->kind->apply(committer_store(c), many, 0);

    /* What waits at the end is finished. */
    new_orders(mem, c, 10);
    committer_free(c);
    CHECK_INT("finished", atomic_load(&slow.changes), 1110);
    slow.behind->kind->close(slow.behind);
    slow.behind = store_memory();
    c = new_committer(&slow.base, 0);
    one_by_one(mem, c);
    committer_free(c);
    slow.behind->kind->close(slow.behind);
    pthread_mutex_destroy(&slow.gate);
    arena_free(mem);
}

/* The planted bug does what it is planted for. */
void test_committer_early(void) {
    struct arena *mem = arena_new(16 << 20);
    struct slow slow = {.base.kind = &slow_kind, .behind = store_memory()};
    struct committer *c;
    struct order *orders;

    pthread_mutex_init(&slow.gate, NULL);
    pthread_mutex_lock(&slow.gate);
    c = new_committer(&slow.base, 0);
    committer_acknowledge_early(c);
    orders = new_orders(mem, c, 1);
    CHECK_INT("said", collect(c, orders, 1), 1);
    CHECK_INT("not done", atomic_load(&slow.changes), 0);
    memset(orders, 0, sizeof *orders);
    pthread_mutex_unlock(&slow.gate);
    committer_free(c);
    CHECK_INT("done afterwards", atomic_load(&slow.changes), 1);
    script_check(mem, slow.behind, "as it was", S("get p000000.o. -> p000000.o.=1:x"));
    slow.behind->kind->close(slow.behind);
    pthread_mutex_destroy(&slow.gate);
    arena_free(mem);
}

/* ---- leases ---- */

enum { JOBS = 400 };

struct leaser {
    struct store *store;
    pthread_t thread;
    size_t leased;
    atomic_int *jobs; /* how often each was leased */
};

static size_t lease_some(struct leaser *l, struct arena *mem) {
    struct row_list list = {0};
    err e = l->store->kind->lease(l->store, mem, 10, 1000, 7, &list);

    for (size_t i = 0; e.code == ERR_NONE && i < list.count; i++) {
        int64_t job = -1;
        if (str_number(str_from(list.rows[i].part, 1), &job))
            atomic_fetch_add(&l->jobs[job], 1);
    }
    return list.count;
}

static void *leaser_run(void *owner) {
    struct leaser *l = owner;
    struct arena *mem = arena_new(1 << 20);
    size_t got;

    do {
        got = lease_some(l, mem);
        l->leased += got;
        arena_reset(mem);
    } while (got);
    arena_free(mem);
    return NULL;
}

void test_committer_leases(void) {
    struct arena *mem = arena_new(64 << 20);
    struct store *s = test_sqlite(mem, test_path(mem));
    struct committer *c = new_committer(s, 0);
    struct leaser leasers[THREADS] = {0};
    atomic_int jobs[JOBS] = {0};
    size_t all = 0, once = 0;

    for (size_t i = 0; i < JOBS; i++) {
        char part[24];
        snprintf(part, sizeof part, "p%06zu", i);
        const struct put put = {.part = str_of(part), .kind = S("o"), .due = 5};
        struct change change = {.puts = &put, .count = 1};
        s->kind->apply(s, &change, 1);
    }
    for (size_t i = 0; i < THREADS; i++) {
        leasers[i].store = committer_store(c);
        leasers[i].jobs = jobs;
        if (pthread_create(&leasers[i].thread, NULL, leaser_run, &leasers[i]))
            abort();
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(leasers[i].thread, NULL);
        all += leasers[i].leased;
    }
    for (size_t i = 0; i < JOBS; i++)
        once += atomic_load(&jobs[i]) == 1;
    CHECK_INT("all", all, JOBS);
    CHECK_INT("each once", once, JOBS);
    committer_free(c);
    s->kind->close(s);
    arena_free(mem);
}
