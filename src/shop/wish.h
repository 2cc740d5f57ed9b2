/* wish: the fields of the order form, checked one by one; what a buyer typed to what an order
 * holds.
 *
 * wish_check reads every known field once (a table in wish.c has them, with their limits) and
 * adds a sentence in the buyer's language for each mistake. It decides nothing about prices or
 * products: that is order_place. Values are trimmed views of the wish.
 */
#ifndef SHOP_WISH_H
#define SHOP_WISH_H

#include "shop/order.h"
#include "shop/shop.h"

enum wish_field {
    WISH_PRODUCT,
    WISH_EMAIL,
    WISH_NAME,
    WISH_COUNTRY,
    WISH_LANG,
    WISH_PRICE,
    WISH_CODE,
    WISH_AMOUNT,
    WISH_AS_COMPANY,
    WISH_COMPANY,
    WISH_TAX_ID,
    WISH_STREET,
    WISH_POSTCODE,
    WISH_CITY,
    WISH_KEY,
    WISH_WEBSITE,
    WISH_FIELDS
};

struct wish {
    struct arena *mem;
    const struct shop *shop;
    const struct order_wish *wish;
    str values[WISH_FIELDS];
    str lang;           /* of the sentences */
    struct tree *wrong; /* field -> sentence; null while all is well */
};

/* Whether the shop knows it: it has made no codes, so only none passes. */
bool wish_code_is(str code);
/* Reads and checks everything but product, price, code and amount, and fills buyer, company,
 * origin. */
void wish_check(struct wish *f, struct order *o);
/* The sentence of that name at that field; the first one stays. `what` fills its %s. */
void wish_wrong(struct wish *f, str field, str name, str what);
/* Is a box of that name ticked? */
bool wish_ticked(const struct wish *f, str name);
/* SHA-256 hex over `key` and all fields; "" without a key. */
str wish_key_hash(const struct wish *f);

/* One @, a name and a domain with a dot, ASCII, nothing that a mail header could trip over. */
bool email_is(str text);
/* The name of the sentence (shop/words) that says what is wrong with it; "" when it is one. */
str email_fault(str text);
/* A Polish tax number: blanks, dashes and "PL" are left out of *digits; ten, the last checks. */
bool nip_read(struct arena *mem, str text, str *digits);

#endif
