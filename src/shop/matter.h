/* matter: what the owner is told by a letter of its own, because it belongs to no order that is
 * here. A kept row (kind "matter") with the letter as a step in it, so that a crash is as harmless
 * as anywhere (shop/step.h). The row stays when the letter is out: once per matter.
 */
#ifndef SHOP_MATTER_H
#define SHOP_MATTER_H

#include "shop/order.h"

struct shop;

struct matter {
    str letter;                 /* "stray": the theme's mail/stray.<lang>.txt */
    const struct tree *facts;   /* what the letter is filled from: texts */
    struct step step;           /* the sending of it */
    const struct tree *request; /* frozen at the first attempt; null before */
};

/* A new one; part and key: of its row. */
struct matter matter_new(struct arena *mem, const struct shop *shop, str part, str key);
/* A verified note for no order here; key: of its stray row. The bytes of its row. */
str matter_stray(struct arena *mem, const struct shop *shop, const struct note *n, str key);

/* A gateway of which no note came for that many orders; key: of the matter's row. */
struct silence {
    str gateway, key;
    instant since; /* when the oldest of them was placed */
    int64_t orders;
};
str matter_silence(struct arena *mem, const struct shop *shop, const struct silence *s);

/* What doctor found amiss: maps with the texts check, says, mend. */
str matter_doctor(struct arena *mem, const struct shop *shop, const struct tree *list, str key);

/* The JSON row, and back. */
str matter_write(struct arena *mem, const struct matter *m);
MUST err matter_read(struct arena *mem, str bytes, struct matter *out);

#endif
