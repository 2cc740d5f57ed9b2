/* work: job -> order + note -> steps -> receipts.
 *
 * One call of work_job does one leased job to its end, in a straight line. Whatever happens to the
 * process at any point, another call with a later lease of the same job goes on rightly. Rows
 * with a
 * due time: kind "note" (part: the order's id, key gateway/event) and kind "job" (part: the order's
 * id, key <line>/<step>, empty: the order row has the truth).
 */
#ifndef APP_WORK_H
#define APP_WORK_H

#include "app/doors.h"

#define WORK_LEASE_MS (90 * TIME_SECOND)

struct work {
    const struct doors *doors;
    const struct shop *shop;
    const struct theme *theme;
};

/* mem is the job's. Errors are the store's or a kept row that does not read: the lease runs out
 * and the job is
 * done again; nothing is lost. */
MUST err work_job(struct arena *mem, const struct work *w, const struct row *job);
/* Ends unpaid orders and notices a gateway that is silent: call every minute. How far it got is
 * kept in the store (part "shop", kind "sweep"). */
MUST err work_sweep(struct arena *mem, const struct work *w);

#endif
