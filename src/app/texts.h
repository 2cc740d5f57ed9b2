/* texts: what was offered, kept once by its hash. An order names the hashes only. */
#ifndef APP_TEXTS_H
#define APP_TEXTS_H

#include "shop/shop.h"
#include "store/store.h"

/* Durable before the first order can name them. `before`: a shop whose texts are kept already, or
 * null. Waits for the store. */
MUST err texts_keep(struct store *store, const struct shop *shop, const struct shop *before);

#endif
