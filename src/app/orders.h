/* orders: an order out of the store and back, together with the rows that hang on it; what flows
 * and a
 * person's commands share.
 *
 * The order row (kind "order", part: its id) is the truth. Beside it, in the same part and
 * written by
 * the same change: a "job" row for each step with something to do (key <line>/<step>, due then), a
 * "stuck" row for each step that waits for a person, an "open" row while something is owed, a
 * "sent"
 * row for each frozen request, a "note" row for each note. Every change of an order goes by its
 * version, so two
 * workers on two steps of one order never undo each other.
 */
#ifndef APP_ORDERS_H
#define APP_ORDERS_H

#include "app/work.h"
#include "shop/order.h"

enum { ORDERS_ALSO = 4, ORDERS_NEXT = 4, ORDERS_HELD = 8 };

MUST err orders_get(struct arena *mem, struct store *store, str id, struct order **out);
/* Of its row, as it was got or listed: it borrows the row's bytes. */
MUST err orders_read(struct arena *mem, const struct row *row, struct order **out);

/* One change of one order: read, edit, write by version, again when someone else was faster. */
struct orders_edit {
    const struct work *work;
    str id;
    /* Changes o, and may add puts in the same part. ERR_ABSENT: there is nothing to write. It may
       run
     * several times, each time on the order as it is then. */
    err (*edit)(struct orders_edit *e, struct arena *mem, struct order *o);
    void *state;
    struct put also[ORDERS_ALSO];
    size_t also_count;
    /* The order as just read or written by the caller, or null: saves the first reading. When
     * someone has changed it since, the write finds out and it is read after all. */
    struct order *known;
    /* The leased job this is done for, or null: fences the write. Its version follows what is
       written;
     * a step's job row is put or dropped as its state wants. */
    struct row *job;
    /* Null, or: called when all that follows from edit is done. May begin steps that nobody has
     * begun, for a worker that has the order in hand anyway; their job rows are `next`: as they are
     * leased, or PUT_NEW for a step that had no job before (had_job: by index), due at the end of
     * the lease. Not called in a second try: someone else is at this order. */
    void (*then)(struct orders_edit *e, struct arena *mem, struct order *o);
    struct row next[ORDERS_NEXT];
    size_t next_count;
    uint64_t had_job;
    /* Also by `then`: new jobs that are due, and are leased to this worker; rows as above. */
    struct row held[ORDERS_HELD];
    size_t held_count;
};
/* ERR_CONFLICT: the lease is lost. ERR_TOO_BIG: as it would be, it fits no row; nothing is written.
 * ERR_FULL, ERR_UNKNOWN. The order as written is in *out. */
MUST err orders_change(struct arena *mem, struct orders_edit *e, struct order **out);

/* The step of a job id "<order>/<line>/<id>"; ERR_ABSENT says which part does not exist. */
MUST err orders_step(
    struct arena *mem, struct store *store, str job, struct order **order, struct step **step);
/* The step whose job row has this key ("<line>/<id>"); null when there is none. */
struct step *orders_step_by_key(struct order *o, str key);
str orders_step_row(struct arena *mem, const struct step *s);

/* A person's verb on the job id of a step: "retry", "anew", "done", "drop". text: evidence or
 * reason. */
MUST err orders_verb(
    struct arena *mem, const struct work *w, str job, str verb, str text, struct order **out);

#endif
