#include "store/committer.h"

#include "base/arena.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What a blocked caller waits for; it lives on the caller's stack. Either an apply or a lease. */
struct waiter {
    struct commit commit; /* first: lists hold commits; of a lease it is empty */
    struct arena *mem;    /* of a lease, with the rest up to result */
    instant now, until;
    size_t limit;
    struct row_list *out;
    err result;
    bool done;
    pthread_cond_t ready;
};

/* Oldest first. */
struct commit_list {
    struct commit *first, *last;
};

/* Everything from `work` on is touched under the lock only. */
struct committer {
    struct store base; /* first: the committer as a store */
    struct store *store;
    size_t batch_max;
    struct change *batch; /* of the thread: copies of the changes that go into one apply */
    int fd;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct commit_list waiting, submitted, done;
    struct committer_turns turns; /* without `wait` there is a thread */
    size_t waited;                /* how many waited for a round lately */
    bool idle, early, stopping;
};

/* What the thread has in hand in one round. */
struct round {
    struct commit_list commits; /* those of waiters first */
    size_t waiters, changes;
    struct commit_list leases;
    bool early;
};

static void commit_add(struct commit_list *l, struct commit *commit) {
    commit->next = NULL;
    if (l->last)
        l->last->next = commit;
    else
        l->first = commit;
    l->last = commit;
}

static struct commit *commit_take(struct commit_list *l) {
    struct commit *first = l->first;

    l->first = first->next;
    if (!l->first)
        l->last = NULL;
    return first;
}

static struct waiter *waiter_of(struct commit *commit) {
    return (struct waiter *)(void *)commit;
}

/* ---- the thread ---- */

static bool round_takes(
    const struct committer *c, const struct round *r, const struct commit *next) {
    return next && (!r->changes || r->changes + next->count <= c->batch_max);
}

/* Those who wait come first: they are few, each with one apply, and hold up a whole thread. */
static void round_gather(struct committer *c, struct round *r) {
    while (round_takes(c, r, c->waiting.first)) {
        struct commit *commit = commit_take(&c->waiting);
        r->changes += commit->count;
        r->waiters += commit->count ? 1 : 0;
        commit_add(commit->count ? &r->commits : &r->leases, commit);
    }
    while (round_takes(c, r, c->submitted.first)) {
        struct commit *commit = commit_take(&c->submitted);
        r->changes += commit->count;
        commit_add(&r->commits, commit);
    }
}

static void round_apply(struct committer *c, const struct round *r) {
    struct store *store = c->store;
    size_t at = 0;

    if (!r->commits.first)
        return;
    /* One alone, also one larger than a batch, needs no copy. */
    if (r->commits.first == r->commits.last) {
        store->kind->apply(store, r->commits.first->changes, r->changes);
        return;
    }
    for (struct commit *i = r->commits.first; i; at += i->count, i = i->next)
        memcpy(c->batch + at, i->changes, i->count * sizeof *c->batch);
    store->kind->apply(store, c->batch, at);
    at = 0;
    for (struct commit *i = r->commits.first; i; i = i->next)
        for (size_t k = 0; k < i->count; k++)
            i->changes[k].kept = c->batch[at++].kept;
}

/* The waiter's stack may be gone as soon as the lock is given back. */
static void waiter_wake(struct committer *c, struct commit *commit) {
    waiter_of(commit)->done = true;
    if (!c->turns.wait)
        pthread_cond_signal(&waiter_of(commit)->ready);
}

static void round_publish(struct committer *c, struct round *r) {
    for (; r->waiters; r->waiters--)
        waiter_wake(c, commit_take(&r->commits));
    /* The descriptor is readable exactly while something is done and not collected. */
    if (r->commits.first && !c->done.first && !c->turns.wait && eventfd_write(c->fd, 1))
        abort();
    while (r->commits.first)
        commit_add(&c->done, commit_take(&r->commits));
    if (c->turns.turn)
        c->turns.turn(c->turns.self);
}

static void round_leases(struct committer *c, const struct round *r) {
    for (struct commit *i = r->leases.first; i; i = i->next) {
        struct waiter *w = waiter_of(i);
        w->result = c->store->kind->lease(c->store, w->mem, w->now, w->until, w->limit, w->out);
    }
}

enum { STRAGGLERS_US = 50, STRAGGLERS_NAPS = 3, STRAGGLERS_MIN = 4 };

/* Those who waited for the last commit are about to come back with their next change: a commit for
 * the first of them alone would hold up all others for the length of a disk's flush. */
static bool round_is_thin(const struct committer *c) {
    size_t count = 0;

    if (c->submitted.first || c->stopping || c->waited < STRAGGLERS_MIN)
        return false;
    for (const struct commit *i = c->waiting.first; i; i = i->next)
        count++;
    return count < c->waited;
}

/* Waits for work; false when there is none and there will be none. */
static bool round_begin(struct committer *c, struct round *r) {
    *r = (struct round){0};
    while (!c->waiting.first && !c->submitted.first) {
        if (c->stopping)
            return false;
        c->idle = true;
        pthread_cond_wait(&c->work, &c->lock);
    }
    c->idle = false;
    for (int i = 0; i < STRAGGLERS_NAPS && round_is_thin(c); i++) {
        pthread_mutex_unlock(&c->lock);
        usleep(STRAGGLERS_US);
        pthread_mutex_lock(&c->lock);
    }
    r->early = c->early;
    round_gather(c, r);
    c->waited = r->waiters > c->waited ? r->waiters : c->waited ? c->waited - 1 : 0;
    return true;
}

/* ---- the planted bug ---- */

enum { EARLY_US = 2000 };

static struct change change_copy(struct arena *mem, const struct change *c) {
    struct put *puts = arena_array(mem, c->count, sizeof *puts);
    struct change copy = *c;

    for (size_t i = 0; i < c->count; i++) {
        puts[i] = c->puts[i];
        puts[i].part = str_copy(mem, c->puts[i].part);
        puts[i].kind = str_copy(mem, c->puts[i].kind);
        puts[i].key = str_copy(mem, c->puts[i].key);
        puts[i].bytes = str_copy(mem, c->puts[i].bytes);
    }
    copy.puts = puts;
    return copy;
}

/* Says OK and applies afterwards, what its owners may have thrown away by then. */
static void round_early(struct committer *c, struct round *r) {
    struct arena *mem = arena_new((size_t)1 << 30);
    struct change *copies = arena_array(mem, r->changes + 1, sizeof *copies);
    size_t count = 0;

    for (struct commit *i = r->commits.first; i; i = i->next)
        for (size_t k = 0; k < i->count; k++) {
            copies[count++] = change_copy(mem, &i->changes[k]);
            i->changes[k].kept = KEPT_OK;
        }
    pthread_mutex_lock(&c->lock);
    round_publish(c, r);
    pthread_mutex_unlock(&c->lock);
    /* Time for the word to get out before a kill at the first write. */
    usleep(EARLY_US);
    if (count)
        c->store->kind->apply(c->store, copies, count);
    arena_free(mem);
}

/* Called with the lock held, returns with it held. */
static void round_do(struct committer *c, struct round *r) {
    pthread_mutex_unlock(&c->lock);
    if (r->early)
        round_early(c, r);
    else
        round_apply(c, r);
    pthread_mutex_lock(&c->lock);
    round_publish(c, r);
    if (!r->leases.first)
        return;
    pthread_mutex_unlock(&c->lock);
    round_leases(c, r);
    pthread_mutex_lock(&c->lock);
    while (r->leases.first)
        waiter_wake(c, commit_take(&r->leases));
    if (c->turns.turn)
        c->turns.turn(c->turns.self);
}

static void *committer_run(void *owner) {
    struct committer *c = owner;
    struct round r;

    pthread_mutex_lock(&c->lock);
    while (round_begin(c, &r))
        round_do(c, &r);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

bool committer_round(struct committer *c) {
    struct round r = {0};

    pthread_mutex_lock(&c->lock);
    round_gather(c, &r);
    bool any = r.commits.first || r.leases.first;
    if (any)
        round_do(c, &r);
    pthread_mutex_unlock(&c->lock);
    return any;
}

/* ---- from other threads ---- */

static void committer_add(struct committer *c, struct commit_list *list, struct commit *commit) {
    commit_add(list, commit);
    if (c->idle)
        pthread_cond_signal(&c->work);
    c->idle = false;
    if (c->turns.turn)
        c->turns.turn(c->turns.self);
}

static void committer_block(struct committer *c, struct waiter *w) {
    if (c->turns.wait) {
        committer_add(c, &c->waiting, &w->commit);
        c->turns.wait(c->turns.self, &w->done);
        return;
    }
    pthread_cond_init(&w->ready, NULL);
    pthread_mutex_lock(&c->lock);
    committer_add(c, &c->waiting, &w->commit);
    while (!w->done)
        pthread_cond_wait(&w->ready, &c->lock);
    pthread_mutex_unlock(&c->lock);
    pthread_cond_destroy(&w->ready);
}

static void committer_apply(struct store *base, struct change *changes, size_t count) {
    struct waiter w = {.commit = {.changes = changes, .count = count}};

    if (count)
        committer_block((struct committer *)(void *)base, &w);
}

static err committer_lease(struct store *base, struct arena *mem, instant now, instant until,
    size_t limit, struct row_list *out) {
    struct waiter w = {.mem = mem, .now = now, .until = until, .limit = limit, .out = out};

    committer_block((struct committer *)(void *)base, &w);
    return w.result;
}

static err committer_get(
    struct store *base, struct arena *mem, str part, str kind, str key, struct row *out) {
    struct store *store = ((struct committer *)(void *)base)->store;

    return store->kind->get(store, mem, part, kind, key, out);
}

static err committer_list(
    struct store *base, struct arena *mem, const struct query *q, struct row_list *out) {
    struct store *store = ((struct committer *)(void *)base)->store;

    return store->kind->list(store, mem, q, out);
}

void committer_submit(struct committer *c, struct commit *commit) {
    pthread_mutex_lock(&c->lock);
    committer_add(c, &c->submitted, commit);
    pthread_mutex_unlock(&c->lock);
}

int committer_fd(const struct committer *c) {
    return c->fd;
}

struct commit *committer_done(struct committer *c) {
    eventfd_t count;

    pthread_mutex_lock(&c->lock);
    struct commit *first = c->done.first;
    if (first && !c->turns.wait && eventfd_read(c->fd, &count))
        abort();
    c->done = (struct commit_list){0};
    pthread_mutex_unlock(&c->lock);
    return first;
}

void committer_acknowledge_early(struct committer *c) {
    pthread_mutex_lock(&c->lock);
    c->early = true;
    pthread_mutex_unlock(&c->lock);
}

/* ---- from new to free ---- */

enum { BATCH_DEFAULT = 512 };

struct store *committer_store(struct committer *c) {
    return &c->base;
}

/* The store behind it is the caller's, and so is the end of the committer. */
static void committer_close(struct store *base) {}

static const struct store_kind committer_kind = {
    .name = "committer",
    .get = committer_get,
    .list = committer_list,
    .apply = committer_apply,
    .lease = committer_lease,
    .close = committer_close,
};

static struct committer *committer_make(struct store *store, size_t batch_max) {
    struct committer *c = calloc(1, sizeof *c);
    size_t batch = batch_max ? batch_max : BATCH_DEFAULT;
    struct change *changes = calloc(batch, sizeof *changes);

    if (!c || !changes)
        abort();
    *c = (struct committer){
        .base.kind = &committer_kind,
        .store = store,
        .batch_max = batch,
        .batch = changes,
        .fd = -1,
    };
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->work, NULL);
    return c;
}

static void committer_drop(struct committer *c) {
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->work);
    if (c->fd >= 0)
        close(c->fd);
    free(c->batch);
    free(c);
}

static err committer_ready(struct committer *c, bool ready, struct committer **out) {
    if (ready) {
        *out = c;
        return OK_ERR;
    }
    committer_drop(c);
    return err_make(ERR_BUSY, S("no thread or descriptor left for the committer"));
}

err committer_new(struct store *store, size_t batch_max, struct committer **out) {
    struct committer *c = committer_make(store, batch_max);

    c->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return committer_ready(
        c, c->fd >= 0 && !pthread_create(&c->thread, NULL, committer_run, c), out);
}

err committer_new_turns(struct store *store, size_t batch_max, const struct committer_turns *turns,
    struct committer **out) {
    struct committer *c = committer_make(store, batch_max);

    c->turns = *turns;
    return committer_ready(c, true, out);
}

void committer_free(struct committer *c) {
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_signal(&c->work);
    pthread_mutex_unlock(&c->lock);
    if (!c->turns.wait)
        pthread_join(c->thread, NULL);
    committer_drop(c);
}
