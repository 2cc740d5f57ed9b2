/* belongings: all that was bought with one e-mail: the page behind a link that only a letter to
 * that address carries, and that letter. An order's own page never shows another order: whoever
 * orders may type any address, only the letter proves whose it is.
 */
#ifndef APP_BELONGINGS_H
#define APP_BELONGINGS_H

#include "app/flow.h"
#include "http/route.h"
#include "shop/order.h"

struct work;

/* Its paid orders that were not paid back, newest first; at most BELONGINGS_ORDERS. */
enum { BELONGINGS_ORDERS = 100 };
struct belongings {
    str hash; /* of the address */
    const struct order **orders;
    size_t count;
    int64_t turns; /* of all their keys */
};
/* The part of the store where an address finds its orders. */
str belongings_part(struct arena *mem, str hash);
str belongings_hash(struct arena *mem, str email);
MUST err belongings_read(struct arena *mem, struct store *store, str hash, struct belongings *out);

bool belongings_token_is(str token);
void belongings_page(const struct flow *f, str token, struct reply *reply);
/* The letter "links" and its view; ERR_ABSENT when nothing is left to link to. */
MUST err belongings_letter(
    struct arena *mem, const struct work *w, const struct order *o, const struct tree **out);

#endif
