#include "app/limit.h"
#include "app/orders.h"
#include "base/limits.h"
#include "check.h"
#include "world.h"

/* ---- what fits no row ---- */

static err name_grow(struct orders_edit *e, struct arena *mem, struct order *o) {
    o->buyer.name = *(const str *)e->state;
    return OK_ERR;
}

void suite_larger_than_a_row(void) {
    struct arena *mem = arena_new(256u << 20);
    struct world *w = world_new(mem);
    char *bytes = memset(arena_take(mem, LIMIT_ROW), 'x', LIMIT_ROW);
    str big = {bytes, LIMIT_ROW};
    struct tree *data = tree_map(mem);
    tree_put_text(mem, data, S("big"), big);
    w->house.shop->products[0].data = data;
    const struct shop_step *badge = shop_step(w->house.shop, S("badge"));
    struct tree *email =
        (struct tree *)(uintptr_t)tree_find(tree_find(badge->with, S("body")), S("email"));
    email->text = S("{{product.big}}");
    struct response r = world_ask(w, "POST", S("/api/order"),
        S("application/x-www-form-urlencoded"),
        S("product=course&email=anna%40example.com&name=Anna+Nowak&consent_terms=on"));
    str id = world_order_id(w, &r);
    struct order *o = world_order(w, id);
    r = world_pay(w, o, "pay");
    world_run(w, TIME_DAY);
    o = world_order(w, id);
    CHECK_INT("nothing of it was sent", w->effects[OPAQUE], 0);
    const struct step *s = orders_step_by_key(o, S("1/badge"));
    CHECK_INT("a request that is too large is refused", s->state, STEP_POISON);
    CHECK("in words", str_find(s->error, S("60 KiB")) < s->error.len);
    s = orders_step_by_key(o, S("1/invitation"));
    CHECK_INT("all else goes on", s->state, STEP_DONE);
    struct orders_edit e = {.work = &w->work, .id = id, .edit = name_grow, .state = &big};
    CHECK_INT("an order that is too large is not written", orders_change(mem, &e, &o).code,
        ERR_TOO_BIG);
    CHECK_STR("and stays as it was", world_order(w, id)->buyer.name, S("Anna Nowak"));
    world_free(w);
    arena_free(mem);
}

/* ---- how often ---- */

/* Somebody counted to his end, and a stranger with ever new names. */
void suite_limits_hold(void) {
    struct arena *mem = arena_new(16 << 20);
    struct limit *l = limit_new(mem);
    instant now = 1000 * TIME_MINUTE;
    for (int i = 0; i < 30; i++)
        CHECK("so many", limit_take(l, S("192.0.2.1"), 30, now));
    CHECK("no more", !limit_take(l, S("192.0.2.1"), 30, now));
    for (int i = 0; i < 40000; i++) {
        struct arena_mark mark = arena_mark(mem);
        (void)limit_take(l, JOIN(mem, S("mail "), str_int(mem, i), S("@example.com")), 10, now);
        arena_back(mem, mark);
    }
    CHECK("no other name makes it forget", !limit_take(l, S("192.0.2.1"), 30, now));
    CHECK("but the next minute does", limit_take(l, S("192.0.2.1"), 30, now + TIME_MINUTE));
    arena_free(mem);
}
