#include "app/pool.h"

#include "app/facts.h"
#include "base/limits.h"
#include "io/world.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { THREADS_MAX = 64, LEASE_AT_ONCE = 64, IDLE_MS = 500, FRESH_MS = 60 * 1000 };

struct pool {
    const struct doors *doors;
    struct snapshots *shops;
    pthread_mutex_t lock;
    pthread_cond_t wake, ended;
    struct arena *leased; /* the rows of `rows` live here */
    struct row_list rows;
    size_t next; /* of rows to be taken */
    bool leasing, hinted, easing, stopping;
    struct errand *first, *last, *done_first, *done_last;
    instant swept_at, looked_at; /* by the steady clock */
    int fd;
    size_t running, resting;
    _Atomic int64_t count;
    pthread_t threads[THREADS_MAX];
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

static void rest(struct pool *p) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)IDLE_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    p->resting++;
    pthread_cond_timedwait(&p->wake, &p->lock, &until);
    p->resting--;
}

/* The steps of one order are due together, and two threads that change one order at once undo each
 * other's work: so first one job of every order, then the second ones. While partners are slow they
 * still run side by side. */
static struct row_list rows_deal(struct arena *mem, const struct row_list *rows) {
    struct row *dealt = arena_array(mem, rows->count + 1, sizeof(*dealt));
    size_t *before = arena_array(mem, rows->count + 1, sizeof(*before));
    struct row_list out = *rows;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t k = 0; k < i; k++)
            before[i] += str_is(rows->rows[k].part, rows->rows[i].part);
    size_t count = 0;
    for (size_t round = 0; count < rows->count; round++)
        for (size_t i = 0; i < rows->count; i++)
            if (before[i] == round)
                dealt[count++] = rows->rows[i];
    out.rows = dealt;
    return out;
}

/* Leases more; the lock is let go meanwhile, and only one thread leases at a time. */
static void lease_more(struct pool *p) {
    p->leasing = true;
    p->hinted = false;
    p->looked_at = clock_steady();
    pthread_mutex_unlock(&p->lock);
    struct row_list got = {0};
    struct store *s = p->doors->store;
    instant now = now_of(p);
    arena_reset(p->leased);
    err e = s->kind->lease(s, p->leased, now, now + WORK_LEASE_MS, LEASE_AT_ONCE, &got);
    if (e.code != ERR_NONE)
        doors_log(p->doors, S("error"), e.what);
    else {
        facts_beat(p->doors->facts, clock_steady());
        got = rows_deal(p->leased, &got);
    }
    pthread_mutex_lock(&p->lock);
    p->rows = e.code == ERR_NONE ? got : (struct row_list){0};
    p->next = 0;
    p->leasing = false;
    if (p->rows.count > 1)
        pthread_cond_broadcast(&p->wake);
}

static bool row_take(struct pool *p, struct arena *mem, struct row *out) {
    if (p->next == p->rows.count)
        return false;
    const struct row *r = &p->rows.rows[p->next++];
    *out = *r;
    out->part = str_copy(mem, r->part);
    out->kind = str_copy(mem, r->kind);
    out->key = str_copy(mem, r->key);
    out->bytes = str_copy(mem, r->bytes);
    return true;
}

/* ---- doing: without the lock ---- */

static void do_job(struct pool *p, struct arena *mem, const struct row *row) {
    /* Waited too long in our hands for a partner's time-out to fit into the lease: leave it to
     * the next. */
    if (row->due - now_of(p) < WORK_LEASE_MS - FRESH_MS)
        return;
    struct work work = snapshots_work(p->shops, mem, p->doors);
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
    if (pthread_create(&p->threads[p->thread_count], NULL, worker, p))
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
static void step_once(struct pool *p, struct arena *mem) {
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
            do_job(p, mem, &row);
        else
            do_sweep(p, mem);
        pthread_mutex_lock(&p->lock);
        p->hinted = true; /* it may have made something ready */
        return;
    }
    if (p->stopping)
        return;
    if (p->easing) {
        rest(p);
        return;
    }
    if (!p->leasing && (p->hinted || clock_steady() - p->looked_at >= IDLE_MS))
        lease_more(p);
    /* While another thread leases there is nothing to do but to let the lock go. */
    if (p->leasing || (p->next == p->rows.count && !p->hinted && !p->first))
        rest(p);
}

static void *worker(void *self) {
    struct pool *p = self;
    struct arena *mem = arena_new(LIMIT_JOB_ARENA);
    pthread_mutex_lock(&p->lock);
    while (!p->stopping || p->first) {
        step_once(p, mem);
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
    p->leased = arena_new(LIMIT_JOB_ARENA);
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
    if (ended)
        arena_free(p->leased);
    return ended;
}
