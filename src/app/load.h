/* load: data files to one immutable shop. Every mistake of every file is in the report. */
#ifndef APP_LOAD_H
#define APP_LOAD_H

#include "base/report.h"
#include "page/site.h"
#include "shop/shop.h"

struct certificate;

struct house_shop {
    str dir;
    struct shop *shop;
    struct site site;
    struct certificate *certificate; /* of `tls`; null: plain HTTP */
    struct shelf *shelf; /* the event thread's; everything else is for all and does not change */
};

/* Finds shop.yml in `dir` or above it, as git does. ERR_SETUP says what to type. */
MUST err load_find(struct arena *mem, str dir, str *out);
/* Reads and checks. `secrets`: also resolve ${NAME}; what is not set is a mistake at its place. The
 * result is there also with mistakes, for showing. */
void load(struct arena *mem, str dir, bool secrets, struct report *report, struct house_shop *out);
/* The same, with secrets, after an edit that left courses and pictures alone; `before` was without
 * mistakes: courses and pictures of the products that are as they were are not looked at again. */
void load_edited(struct arena *mem, str dir, const struct shop *before, struct report *report,
    struct house_shop *out);

/* var/, where all that the program keeps lies. */
MUST err load_var(struct arena *mem, str dir);
/* ERR_SETUP when root would make files in a var/ that is another user's. */
MUST err load_owner(struct arena *mem, str dir);
/* The name of the database under `dir`: of shop.yml nothing else is asked. ERR_SETUP: it does not
 * read, and so nobody knows. */
MUST err load_store(struct arena *mem, str dir, str *out);
/* The shop secret: GROSZ_SECRET, else var/secret, made once: never for a shop that has orders. */
MUST err load_secret(struct arena *mem, str dir, struct shop *shop);

#endif
