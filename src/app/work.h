/* work: job -> order + note -> steps -> receipts.
 *
 * One call of work_job does one leased job to its end, in a straight line, and then goes on with
 * the order in hand: the write that ends one step (or applies a note) begins the next one that
 * nobody has begun, so that an order costs one write a step and is read once. Whatever happens to
 * the process at any point, another call with a later lease of the same job goes on rightly. Rows
 * with a due time: kind "note" (part: the order's id, key gateway/event) and kind "job" (part: the
 * order's id, key <line>/<step>, empty: the order row has the truth).
 */
#ifndef APP_WORK_H
#define APP_WORK_H

#include "app/doors.h"

#define WORK_LEASE_MS (90 * TIME_SECOND)

/* Jobs that were leased together with the one that is done, and that nobody has taken up: a step of
 * the same order is begun by the worker that has it in hand. What is found may be taken up by
 * another thread before it is begun here: the versions of the rows decide. */
struct tray {
    void *self;
    bool (*is_open)(void *self); /* false: the program is about to end, nothing new is begun */
    bool (*find)(void *self, struct arena *mem, str part, str key, struct row *out);
    void (*begun)(void *self, str part, str key);
    /* More of the order in hand, that are leased now; hold copies what it takes of `room`. */
    size_t (*room)(void *self);
    void (*hold)(void *self, const struct row *rows, size_t count);
};

struct work {
    const struct doors *doors;
    const struct shop *shop;
    const struct theme *theme;
    const struct tray *tray; /* null: only the job itself is done */
};

/* mem is the job's; *job follows to the step that is in hand, at last the last one. Errors are the
 * store's or a kept row that does not read: the lease runs out and the job is done again; nothing
 * is lost. */
MUST err work_job(struct arena *mem, const struct work *w, struct row *job);
/* Ends unpaid orders and notices a gateway that is silent: call every minute. How far it got is
 * kept in the store (part "shop", kind "sweep"). */
MUST err work_sweep(struct arena *mem, const struct work *w);

#endif
