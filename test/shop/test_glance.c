#include "check.h"
#include "fixture.h"
#include "suites.h"

/* A glance at a row says what reading all of it would. */
static void glance_is(const char *name, struct arena *mem, const struct order *o) {
    str bytes = order_write(mem, o);
    struct order *all = NULL;
    struct order_glance g;
    CHECK(name, order_read(mem, bytes, &all).code == ERR_NONE);
    CHECK(name, order_is_over(mem, bytes) == (order_state(all) != ORDER_PLACED));
    CHECK(name, order_glance(mem, bytes, &g));
    CHECK_STR(name, g.gateway, all->gateway);
    CHECK_INT(name, g.placed_at, all->placed_at);
    CHECK(name, g.heard == (all->payment_count || all->refund_count || all->remark_count));
}

void suite_glance(void) {
    static const char *const broken[] = {"", "[]", "{", "{\"id\":\"t", "{\"placed_at\":1}",
        "{\"placed_at\":1,\"gateway\":7}", "{\"gateway\":\"g\"}", "{\"x\":{\"paid_at\":1}}"};
    struct arena *mem = arena_new(16 << 20);
    struct shop *shop = fixture_shop(mem);
    struct order *o = fixture_order(mem, shop);
    struct note n = fixture_note("p", EVENT_PENDING, 1);
    struct order_glance g;
    bool paid;
    glance_is("placed", mem, o);
    order_hear(mem, o, &n, &paid);
    glance_is("waits", mem, o);
    CHECK("expires", order_expire(o, o->expires_at));
    glance_is("expired", mem, o);
    glance_is("paid", mem, fixture_paid(mem, shop));
    o = fixture_paid(mem, shop);
    n = fixture_note("r1", EVENT_DISPUTE, 100);
    order_hear(mem, o, &n, &paid);
    o->fulfilled_at = o->paid_at + 1;
    glance_is("fulfilled, and disputed", mem, o);
    for (size_t i = 0; i < COUNT(broken); i++)
        CHECK(broken[i],
            !order_is_over(mem, str_of(broken[i])) && !order_glance(mem, str_of(broken[i]), &g));
    arena_free(mem);
}
