/* account: a gateway of shop.yml as its code wants it: secrets filled, addresses whole. */
#ifndef APP_ACCOUNT_H
#define APP_ACCOUNT_H

#include "partner/gateway.h"

/* o may be null when only notes are read: `back` is then empty. ERR_SETUP: a secret is not set. */
MUST err account_new(struct arena *mem, const struct shop *shop, const struct shop_gateway *g,
    const struct order *o, struct account *out);

#endif
