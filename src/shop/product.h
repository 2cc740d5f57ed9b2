/* product: what is described in the data file and can be bought. Plain data of the loaded shop. */
#ifndef SHOP_PRODUCT_H
#define SHOP_PRODUCT_H

#include "base/report.h"
#include "base/tree.h"
#include "shop/money.h"

struct product {
    str id, name;
    money price;
    str tax; /* rate as text */
    str summary, description, image;
    const struct tree *files; /* list of names below academy/<id>/; null when none */
    const struct tree *steps; /* list of step ids, or null: all of the shop's */
    const struct tree *data;  /* the owner's, for steps: {{product.x}} */
    const struct tree *extra; /* keys we do not know: {{extra.x}} */
    bool draft;
    str hash; /* SHA-256 hex of text_kept */
    str text; /* what is kept once by hash: canonical JSON of what was offered */
    struct place at;
    const struct tree *source; /* its map in the file, for the places of what is in it */
};

#endif
