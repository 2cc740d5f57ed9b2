/* committer: one thread in front of a store that gathers what waits into one apply.
 *
 * It is a store itself: its apply and lease block the caller until the commit is done, so a worker
 * writes straight-line code; get and list pass through. The event loop must not block: it uses
 * committer_submit, and collects what is done when its eventfd becomes readable. Nothing is
 * reported as kept before the apply that holds it said so.
 */
#ifndef STORE_COMMITTER_H
#define STORE_COMMITTER_H

#include "store/store.h"

struct committer;

/* Owned by the submitter until it comes back from committer_done. Changes lie side by side. */
struct commit {
    struct change *changes;
    size_t count;
    void *owner;
    struct commit *next;
};

/* batch_max: changes in one apply (0: 512). Starts the thread. The store stays the caller's. */
MUST err committer_new(struct store *store, size_t batch_max, struct committer **out);
/* For a world of one thread, the simulator's: no thread is started, who waits gives up its turn,
 * and there is no descriptor. */
struct committer_turns {
    void *self;
    void (*wait)(void *self, const bool *done); /* comes back when *done */
    void (*turn)(void *self);                   /* there is work, or something is done */
};
MUST err committer_new_turns(struct store *store, size_t batch_max,
    const struct committer_turns *turns, struct committer **out);
/* What the thread does again and again; false: there was nothing to do. */
bool committer_round(struct committer *c);
/* The committer as a store, blocking; freed with it. */
struct store *committer_store(struct committer *c);
void committer_submit(struct committer *c, struct commit *commit);
/* An eventfd that becomes readable when commits are done. */
int committer_fd(const struct committer *c);
/* All that are done, linked by next, oldest first; null when none. Call from one thread only. */
struct commit *committer_done(struct committer *c);
/* Finishes what is waiting, ends the thread. */
void committer_free(struct committer *c);
/* Test only: acknowledge before the commit (the planted bug of the crash test). */
void committer_acknowledge_early(struct committer *c);

#endif
