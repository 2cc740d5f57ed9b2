/* fixture: a shop, its theme and orders in every state, made by hand, for the tests of pages. */
#ifndef TEST_PAGE_FIXTURE_H
#define TEST_PAGE_FIXTURE_H

#include "page/site.h"

/* What buyers typed; "x" or something hostile. */
const struct theme *fixture_theme(struct arena *mem);
struct shop *fixture_shop(struct arena *mem, str lang, bool live);
/* state: "placed", "paid", "delivered", "held", "refused", "expired", "refunded", "surplus". */
struct order *fixture_order(struct arena *mem, const struct shop *shop, str state, str typed);
/* What somebody typed into the form, and what is wrong with it. */
struct tree *fixture_fields(struct arena *mem, str typed);
struct tree *fixture_wrong(struct arena *mem);

/* Every page and letter that there is, by name: "order-held", "buy-wrong", "letter-access" … */
size_t fixture_count(void);
str fixture_name(size_t i);
/* The template and the view of page i, with what buyers typed. */
struct tree *fixture_view(struct arena *mem, const struct shop *shop, size_t i, str typed);
str fixture_template(struct arena *mem, const struct shop *shop, size_t i);

#endif
