/* fixture: one shop in YAML, and what the tests of this room make with it. */
#ifndef TEST_SHOP_FIXTURE_H
#define TEST_SHOP_FIXTURE_H

#include "shop/order.h"
#include "shop/shop.h"

#define NOW ((instant)1795600800123) /* 2026-11-25T10:00:00.123Z */

/* Reads both texts as shop.yml and products.yml; the report may be null. */
struct shop *fixture_read(
    struct arena *mem, const char *settings, const char *products, struct report *report);
/* The shop of most tests: test mode, PLN, academy + two http steps, three products. */
struct shop *fixture_shop(struct arena *mem);
/* "a=b&c=d" to fields, no escapes. */
struct tree *fixture_fields(struct arena *mem, const char *pairs);
/* A placed order of `guide` at 499.00 PLN. */
struct order *fixture_order(struct arena *mem, const struct shop *shop);
/* The same, paid and planned. */
struct order *fixture_paid(struct arena *mem, const struct shop *shop);
struct note fixture_note(const char *event, enum order_event what, int64_t minor);
struct step *fixture_step(struct order *o, int line, const char *id);

extern const char fixture_settings[], fixture_products[];

#endif
