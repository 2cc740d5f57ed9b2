#include "check.h"
#include "world.h"

static struct order *sold(struct world *w) {
    struct response r =
        world_ask(w, "POST", S("/api/order"), S("application/x-www-form-urlencoded"),
            S("product=course&email=anna%40example.com&name=Anna+Nowak&consent_terms=on"));
    str id = world_order_id(w, &r);
    world_pay(w, world_order(w, id), "pay");
    world_run(w, TIME_DAY);
    return world_order(w, id);
}

/* Placed, paid, two writes for each of six steps that are sent and one for the one that is
 * computed; in hand, a step is begun by the write that ends the one before. */
void suite_order_in_hand(void) {
    for (size_t i = 0; i < WORLD_PACES; i++) {
        struct arena *mem = arena_new(256u << 20);
        struct world *w = world_new(mem);
        const struct pace *p = w->pace = &world_paces[i];
        struct order *o = sold(w);
        CHECK_STR(p->name, str_of(order_state_name(order_state(o))), S("fulfilled"));
        for (int k = 0; k < MAILS; k++)
            CHECK_INT(p->name, w->effects[k], 1);
        CHECK_INT(p->name, w->mails->count, 2);
        CHECK_INT(p->name, o->version, p->writes);
        for (size_t k = 0; k < o->step_count; k++)
            CHECK("no outcome is unknown", !o->steps[k].unknowns);
        world_free(w);
        arena_free(mem);
    }
}
