/* checkout: form -> order -> link -> 303. POST /api/order, HTML or JSON. */
#ifndef APP_CHECKOUT_H
#define APP_CHECKOUT_H

#include "app/flow.h"

void checkout(const struct flow *f, struct reply *reply);

#endif
