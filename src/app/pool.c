#include "app/pool.h"

#include "app/facts.h"
#include "base/limits.h"
#include "io/world.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    THREADS_MAX = 64,
    LEASE_AT_ONCE = 64,
    TRAYS = 4,
    IDLE_MS = 500,
    COURTESY_MS = 50,
    FRESH_MS = 60 * 1000
};

/* What one lease brought, or one thread holds. The steps of one order are due together, and two
 * threads that change one order at once undo each other's work: so who has an order in hand may go
 * on with it, and only when that takes longer (free_at, by the steady clock) do others take its
 * jobs. */
struct leased {
    struct arena *mem;
    const struct row *rows;
    size_t count, left;
    bool taken[LEASE_AT_ONCE];
    instant free_at[LEASE_AT_ONCE];
};

/* A thread, and what it holds. */
struct worker {
    struct pool *pool;
    struct leased *own;
};

struct pool {
    const struct doors *doors;
    struct snapshots *shops;
    pthread_mutex_t lock;
    pthread_cond_t wake, ended;
    struct leased leased[TRAYS + THREADS_MAX]; /* from TRAYS on: of each thread, what it holds */
    bool leasing, hinted, easing, stopping;
    struct errand *first, *last, *done_first, *done_last;
    instant swept_at, looked_at; /* by the steady clock */
    int fd;
    size_t running, resting;
    _Atomic int64_t count;
    pthread_t threads[THREADS_MAX];
    struct worker workers[THREADS_MAX];
    size_t thread_count, thread_limit;
};

static instant now_of(const struct pool *p) {
    return p->doors->now(p->doors->self);
}

/* ---- taking: called with the lock held ---- */

static struct errand *errand_take(struct pool *p) {
    struct errand *e = p->first;
    if (e)
        p->first = e->next;
    return e;
}

static void rest(struct pool *p, int64_t most_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)most_ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    p->resting++;
    pthread_cond_timedwait(&p->wake, &p->lock, &until);
    p->resting--;
}

static struct leased *leased_empty(struct pool *p) {
    for (size_t i = 0; i < TRAYS; i++)
        if (!p->leased[i].left)
            return &p->leased[i];
    return NULL;
}

static struct leased *leased_end(struct pool *p) {
    return p->leased + TRAYS + p->thread_count;
}

static bool is_waiting(struct pool *p) {
    for (const struct leased *l = p->leased; l < leased_end(p); l++)
        if (l->left)
            return true;
    return false;
}

/* Leases more; the lock is let go meanwhile, and only one thread leases at a time. */
static void lease_more(struct pool *p, struct leased *l) {
    p->leasing = true;
    p->hinted = false;
    p->looked_at = clock_steady();
    pthread_mutex_unlock(&p->lock);
    struct row_list got = {0};
    struct store *s = p->doors->store;
    instant now = now_of(p);
    arena_reset(l->mem);
    err e = s->kind->lease(s, l->mem, now, now + WORK_LEASE_MS, LEASE_AT_ONCE, &got);
    if (e.code != ERR_NONE)
        doors_log(p->doors, S("error"), e.what);
    else
        facts_beat(p->doors->facts, clock_steady());
    pthread_mutex_lock(&p->lock);
    l->rows = got.rows;
    l->count = l->left = e.code == ERR_NONE ? got.count : 0;
    memset(l->taken, 0, sizeof(l->taken));
    memset(l->free_at, 0, sizeof(l->free_at));
    p->leasing = false;
    if (l->count > 1)
        pthread_cond_broadcast(&p->wake);
}

/* Of the jobs that wait, those of one order: `until` then nobody else takes them. */
static void order_keep(struct pool *p, str part, instant until) {
    for (struct leased *l = p->leased; l < leased_end(p); l++)
        for (size_t i = 0; l->left && i < l->count; i++)
            if (!l->taken[i] && str_is(l->rows[i].part, part))
                l->free_at[i] = until;
}

static bool row_take(struct pool *p, struct arena *mem, struct row *out) {
    instant now = is_waiting(p) ? clock_steady() : 0;
    for (struct leased *l = p->leased; l < leased_end(p); l++)
        for (size_t i = 0; l->left && i < l->count; i++) {
            if (l->taken[i] || l->free_at[i] > now)
                continue;
            *out = row_copy(mem, &l->rows[i]);
            l->taken[i] = true;
            l->left--;
            order_keep(p, out->part, now + COURTESY_MS);
            return true;
        }
    return false;
}

/* ---- what waits, for the worker that has its order in hand ---- */

static bool tray_is_open(void *self) {
    struct pool *p = ((struct worker *)self)->pool;
    pthread_mutex_lock(&p->lock);
    bool open = !p->easing;
    pthread_mutex_unlock(&p->lock);
    return open;
}

static struct leased *leased_find(struct pool *p, str part, str key, size_t *at) {
    for (struct leased *l = p->leased; l < leased_end(p); l++)
        for (*at = 0; l->left && *at < l->count; ++*at) {
            const struct row *r = &l->rows[*at];
            if (!l->taken[*at] && str_is(r->key, key) && str_is(r->part, part)
                && str_is(r->kind, S("job")))
                return l;
        }
    return NULL;
}

static bool tray_find(void *self, struct arena *mem, str part, str key, struct row *out) {
    struct pool *p = ((struct worker *)self)->pool;
    size_t at = 0;
    pthread_mutex_lock(&p->lock);
    const struct leased *l = leased_find(p, part, key, &at);
    if (l)
        *out = row_copy(mem, &l->rows[at]);
    pthread_mutex_unlock(&p->lock);
    return l;
}

static void tray_begun(void *self, str part, str key) {
    struct pool *p = ((struct worker *)self)->pool;
    size_t at = 0;
    pthread_mutex_lock(&p->lock);
    struct leased *l = leased_find(p, part, key, &at);
    if (l) {
        l->taken[at] = true;
        l->left--;
        atomic_fetch_add(&p->count, 1);
    }
    order_keep(p, part, clock_steady() + COURTESY_MS);
    pthread_mutex_unlock(&p->lock);
}

/* One order at a time: what it holds of another one is still to be done. */
static size_t tray_room(void *self) {
    const struct worker *w = self;
    pthread_mutex_lock(&w->pool->lock);
    size_t room = w->own->left ? 0 : LEASE_AT_ONCE;
    pthread_mutex_unlock(&w->pool->lock);
    return room;
}

static void tray_hold(void *self, const struct row *rows, size_t count) {
    const struct worker *w = self;
    struct leased *own = w->own;
    pthread_mutex_lock(&w->pool->lock);
    arena_reset(own->mem);
    struct row *held = arena_array(own->mem, count, sizeof(*held));
    for (size_t i = 0; i < count; i++) {
        held[i] = row_copy(own->mem, &rows[i]);
        own->taken[i] = false;
        own->free_at[i] = clock_steady() + COURTESY_MS;
    }
    own->rows = held;
    own->count = own->left = count;
    pthread_cond_signal(&w->pool->wake);
    pthread_mutex_unlock(&w->pool->lock);
}

/* ---- doing: without the lock ---- */

static void do_job(struct pool *p, struct worker *self, struct arena *mem, struct row *row) {
    /* Waited too long in our hands for a partner's time-out to fit into the lease: leave it to
     * the next. */
    if (row->due - now_of(p) < WORK_LEASE_MS - FRESH_MS)
        return;
    struct work work = snapshots_work(p->shops, mem, p->doors);
    struct tray tray = {self, tray_is_open, tray_find, tray_begun, tray_room, tray_hold};
    work.tray = &tray;
    err e = work_job(mem, &work, row);
    atomic_fetch_add(&p->count, 1);
    if (e.code == ERR_NONE)
        facts_beat(p->doors->facts, clock_steady());
    else
        doors_log(p->doors, S("error"),
            JOIN(mem, S("job "), row->part, S("/"), row->key, S(" will be tried again: "), e.what));
}

static void do_errand(struct pool *p, struct errand *e) {
    e->run(e->state);
    e->next = NULL;
    pthread_mutex_lock(&p->lock);
    if (p->done_first)
        p->done_last->next = e;
    else
        p->done_first = e;
    p->done_last = e;
    pthread_mutex_unlock(&p->lock);
    uint64_t one = 1;
    if (write(p->fd, &one, sizeof(one)) < 0)
        doors_log(p->doors, S("error"), S("an errand's end could not be signalled"));
}

static void do_sweep(struct pool *p, struct arena *mem) {
    struct work work = snapshots_work(p->shops, mem, p->doors);
    err e = work_sweep(mem, &work);
    if (e.code == ERR_NONE)
        e = facts_look(mem, &work, p->doors->facts, clock_steady());
    if (e.code != ERR_NONE)
        doors_log(p->doors, S("error"), JOIN(mem, S("the sweep ended early: "), e.what));
}

static void *worker(void *self);

static bool thread_add(struct pool *p) {
    struct worker *w = &p->workers[p->thread_count];
    *w = (struct worker){p, leased_end(p)};
    if (!w->own->mem)
        w->own->mem = arena_new(LIMIT_JOB_ARENA);
    if (pthread_create(&p->threads[p->thread_count], NULL, worker, w))
        return false;
    p->thread_count++;
    p->running++;
    return true;
}

/* Who takes something up leaves one thread behind that waits for the next, as far as the limit
 * goes. A system that gives no more threads leaves as many as there are. */
static void leave_one_behind(struct pool *p) {
    if (!p->resting && !p->stopping && p->thread_count < p->thread_limit && !thread_add(p)) {
        p->thread_limit = p->thread_count;
        doors_log(p->doors, S("warn"), S("the system gives no more threads; the shop goes on with "
                                         "those it has"));
    }
}

/* One thing, or a rest. Called with the lock held, returns with it held. */
static void step_once(struct pool *p, struct worker *self, struct arena *mem) {
    struct row row;
    struct errand *e = errand_take(p);
    bool job = !e && !p->easing && row_take(p, mem, &row);
    bool sweep = !e && !job && !p->easing && clock_steady() - p->swept_at > TIME_MINUTE;
    if (sweep)
        p->swept_at = clock_steady();
    if (e || job || sweep) {
        leave_one_behind(p);
        pthread_mutex_unlock(&p->lock);
        if (e)
            do_errand(p, e);
        else if (job)
            do_job(p, self, mem, &row);
        else
            do_sweep(p, mem);
        pthread_mutex_lock(&p->lock);
        if (job)
            order_keep(p, row.part, 0);
        p->hinted = true; /* it may have made something ready */
        return;
    }
    if (p->stopping)
        return;
    if (p->easing) {
        rest(p, IDLE_MS);
        return;
    }
    struct leased *empty = leased_empty(p);
    bool looks = empty && !p->leasing && (p->hinted || clock_steady() - p->looked_at >= IDLE_MS);
    if (looks)
        lease_more(p, empty);
    /* While another thread leases there is nothing to do but to let the lock go. What waits is
     * courtesy's; what was just leased is not. */
    if (p->leasing || (!looks && !p->first) || (!is_waiting(p) && !p->hinted && !p->first))
        rest(p, is_waiting(p) ? COURTESY_MS : IDLE_MS);
}

static void *worker(void *self) {
    struct worker *w = self;
    struct pool *p = w->pool;
    struct arena *mem = arena_new(LIMIT_JOB_ARENA);
    pthread_mutex_lock(&p->lock);
    while (!p->stopping || p->first) {
        step_once(p, w, mem);
        arena_reset(mem);
    }
    p->running--;
    pthread_cond_broadcast(&p->ended);
    pthread_mutex_unlock(&p->lock);
    arena_free(mem);
    return NULL;
}

/* ---- from outside ---- */

err pool_new(struct arena *mem, const struct doors *doors, struct snapshots *shops, size_t threads,
    struct pool **out) {
    struct pool *p = NEW(mem, struct pool);
    pthread_condattr_t steady;
    p->doors = doors;
    p->shops = shops;
    p->swept_at = clock_steady() - TIME_DAY;
    for (size_t i = 0; i < TRAYS; i++)
        p->leased[i].mem = arena_new(LIMIT_JOB_ARENA);
    p->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (p->fd < 0)
        return err_make(ERR_SETUP, S("the system has no more descriptors"));
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&p->wake, &steady);
    pthread_cond_init(&p->ended, &steady);
    p->thread_limit = threads < THREADS_MAX ? threads : THREADS_MAX;
    pthread_mutex_lock(&p->lock);
    bool begun = thread_add(p);
    pthread_mutex_unlock(&p->lock);
    *out = p;
    return begun ? OK_ERR : err_make(ERR_SETUP, S("the system gives no more threads"));
}

void pool_hint(struct pool *p) {
    pthread_mutex_lock(&p->lock);
    p->hinted = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

void pool_send(struct pool *p, struct errand *e) {
    e->next = NULL;
    pthread_mutex_lock(&p->lock);
    if (p->first)
        p->last->next = e;
    else
        p->first = e;
    p->last = e;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

int pool_fd(const struct pool *p) {
    return p->fd;
}

struct errand *pool_done(struct pool *p) {
    uint64_t count;
    if (read(p->fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
        return NULL;
    pthread_mutex_lock(&p->lock);
    struct errand *e = p->done_first;
    p->done_first = p->done_last = NULL;
    pthread_mutex_unlock(&p->lock);
    return e;
}

int64_t pool_count(const struct pool *p) {
    return atomic_load(&p->count);
}

void pool_ease(struct pool *p) {
    pthread_mutex_lock(&p->lock);
    p->easing = true;
    pthread_mutex_unlock(&p->lock);
}

bool pool_stop(struct pool *p, int64_t wait_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += wait_ms % 1000 * 1000000;
    until.tv_sec += wait_ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&p->lock);
    p->easing = p->stopping = true;
    pthread_cond_broadcast(&p->wake);
    while (p->running && pthread_cond_timedwait(&p->ended, &p->lock, &until) != ETIMEDOUT)
        ;
    bool ended = !p->running;
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; ended && i < p->thread_count; i++)
        pthread_join(p->threads[i], NULL);
    for (size_t i = 0; ended && i < COUNT(p->leased); i++)
        if (p->leased[i].mem)
            arena_free(p->leased[i].mem);
    return ended;
}
