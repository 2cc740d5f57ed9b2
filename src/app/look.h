/* look: what a doctor asks the store. */
#ifndef APP_LOOK_H
#define APP_LOOK_H

#include "base/time.h"
#include "base/tree.h"
#include "store/store.h"

/* When the newest order was placed; *newest stays as it is when there is none. */
MUST err look_newest(struct arena *mem, struct store *store, instant *newest);
/* The gateways that tell nothing (app/silence), as their rows have it, are added to the list. */
MUST err look_silent(struct arena *mem, struct store *store, struct tree *out);

#endif
