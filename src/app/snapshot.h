/* snapshot: a loaded shop while the program runs: immutable, shared, exchanged as a whole.
 *
 * Each has an arena of its own, in which everything of the shop and the report of its loading live.
 * A request or a job borrows the current one and sees no other until its end; the last one to give
 * an old snapshot back frees it, whichever thread that is.
 */
#ifndef APP_SNAPSHOT_H
#define APP_SNAPSHOT_H

#include "app/load.h"
#include "app/work.h"

#include <pthread.h>
#include <stdatomic.h>

struct snapshot {
    struct house_shop shop;
    struct report report;
    struct arena *mem;
    _Atomic size_t users; /* borrowers, and one for being current or in the maker's hands */
};

struct snapshots {
    pthread_mutex_t lock;
    struct snapshot *now;
};

/* An empty one, in the maker's hands: drop it or put it. */
struct snapshot *snapshot_new(void);
void snapshot_drop(struct snapshot *s);

/* The first one. */
void snapshots_open(struct snapshots *all, struct snapshot *first);
/* From now on this one is borrowed; the one before ends with its last borrower. Any thread. */
void snapshots_put(struct snapshots *all, struct snapshot *s);
/* The current one, until `mem` is reset or freed. Any thread. */
const struct house_shop *snapshots_borrow(struct snapshots *all, struct arena *mem);
/* What a job needs of it. */
struct work snapshots_work(struct snapshots *all, struct arena *mem, const struct doors *doors);
void snapshots_close(struct snapshots *all);

#endif
