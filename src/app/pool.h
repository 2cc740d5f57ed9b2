/* pool: the threads that work jobs off and run a person's errands.
 *
 * Each leases what is due, does it, and looks again; a hint wakes them at once, a sweep every
 * minute finds what a lost hint missed. Errands (commands over the control socket) run here because
 * they wait for the store; what is done comes back through an eventfd to the event thread. Threads
 * are made as they are needed: one always waits, until there are as many as was asked for.
 */
#ifndef APP_POOL_H
#define APP_POOL_H

#include "app/snapshot.h"

struct pool;

struct errand {
    void (*run)(void *state);  /* in the pool */
    void (*done)(void *state); /* then, in the event thread */
    void *state;
    struct errand *next;
};

/* Every job is done with the shop that is current when it begins; at most so many threads. */
MUST err pool_new(struct arena *mem, const struct doors *doors, struct snapshots *shops,
    size_t threads, struct pool **out);
/* There is something due. From any thread. */
void pool_hint(struct pool *p);
void pool_send(struct pool *p, struct errand *errand);
int pool_fd(const struct pool *p);
struct errand *pool_done(struct pool *p);
/* Jobs done since the start. */
int64_t pool_count(const struct pool *p);
/* No new job and no new lease from now on; errands are still run. */
void pool_ease(struct pool *p);
/* As pool_ease, and waits at most wait_ms for what is under way. False: something still hangs. */
bool pool_stop(struct pool *p, int64_t wait_ms);

#endif
