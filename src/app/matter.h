/* matter: a letter to the owner about what belongs to no order (shop/matter.h): its row is its job.
 * Begun, sent and finished as a step is; the row stays afterwards, so that the same matter is not
 * told twice. */
#ifndef APP_MATTER_H
#define APP_MATTER_H

#include "app/work.h"
#include "shop/matter.h"

/* The new row; KEPT_KNOWN with it in a change: this was told already. */
struct put matter_put(str part, str key, str bytes, instant now);
/* Of the table of jobs in app/work. */
MUST err matter_work(struct arena *mem, const struct work *w, struct row *job);

#endif
