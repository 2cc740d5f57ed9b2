/* limit: how many orders an address or an e-mail may place in a minute. Counts in memory, per
 * process,
 * in a table of fixed size: strangers cannot make it grow. Belongs to the event thread. */
#ifndef APP_LIMIT_H
#define APP_LIMIT_H

#include "base/time.h"

struct limit;

struct limit *limit_new(struct arena *mem);
/* Counts one; false when `most` (0: no limit) were already counted in the current minute. */
bool limit_take(struct limit *l, str who, int64_t most, instant now);

#endif
