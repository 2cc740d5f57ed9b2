/* open: the real doors of one shop folder: store behind its committer, talk, clock, dice, log.
 * For the
 * running program and, when none runs, for a command that takes the lock itself. */
#ifndef APP_OPEN_H
#define APP_OPEN_H

#include "app/doors.h"
#include "app/load.h"
#include "app/work.h"
#include "io/log.h"
#include "store/committer.h"

struct opened {
    struct doors doors; /* store: the committer's, blocking */
    struct work work;
    struct store *store;
    struct committer *committer;
    struct log *log; /* doors.self; its thread is started by the house */
};

MUST err open_doors(struct arena *mem, const struct house_shop *shop, struct opened *out);
/* When a backup was last put in the place of the database; 0: never. */
MUST err open_restored(struct arena *mem, struct doors *d);
void open_close(struct opened *o);

#endif
