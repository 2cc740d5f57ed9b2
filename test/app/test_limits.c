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

enum { MANY_STEPS = LIMIT_CHANGE_PUTS };

/* With the order's own row one more than a change can hold. */
static err steps_grow(struct orders_edit *e, struct arena *mem, struct order *o) {
    o->steps = arena_array(mem, MANY_STEPS, sizeof(*o->steps));
    o->step_count = MANY_STEPS;
    for (size_t i = 0; i < MANY_STEPS; i++) {
        struct step *s = &o->steps[i];
        s->line = 0;
        s->id = JOIN(mem, S("step-"), str_int(mem, (int64_t)i));
        s->does = S("mail");
        s->state = STEP_READY;
        s->due = e->work->doors->now(e->work->doors->self) + TIME_DAY;
    }
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
    size_t steps = world_order(w, id)->step_count;
    e.edit = steps_grow;
    CHECK_INT("a change of too many rows is not made", orders_change(mem, &e, &o).code,
        ERR_TOO_BIG);
    CHECK_INT("nor half of it", (int64_t)world_order(w, id)->step_count, (int64_t)steps);
    world_free(w);
    arena_free(mem);
}

/* The middle one of three unpaid orders is damaged: those beside it expire all the same, and the
 * owner is told once. */
void suite_unreadable_order(void) {
    struct arena *mem = arena_new(256u << 20);
    struct world *w = world_new(mem);
    str ids[3];
    for (size_t i = 0; i < COUNT(ids); i++) {
        struct response r = world_ask(w, "POST", S("/api/order"),
            S("application/x-www-form-urlencoded"),
            S("product=course&email=anna%40example.com&name=Anna+Nowak&consent_terms=on"));
        ids[i] = world_order_id(w, &r);
        w->now += TIME_MINUTE;
    }
    struct put put = {
        .part = ids[1], .kind = S("order"), .version = PUT_ANY, .bytes = S("{\"id\":\"t")};
    struct change change = {.puts = &put, .count = 1};
    w->real->kind->apply(w->real, &change, 1);
    w->now += 30 * TIME_DAY;
    for (int i = 0; i < 3; i++) {
        err e = work_sweep(mem, &w->work);
        CHECK_STR("the sweep goes on", e.what, S(""));
    }
    CHECK("the one before expires", world_order(w, ids[0])->expired_at);
    CHECK("the one behind too", world_order(w, ids[2])->expired_at);
    world_run(w, TIME_DAY);
    CHECK_INT("the owner has one letter", w->effects[MAILS], 1);
    world_free(w);
    arena_free(mem);
}

/* What a partner answers once, and how many values of it are kept. */
static const struct {
    const char *name;
    int values;
    size_t size;
    enum step_state state;
    const char *error;
} answers[] = {
    {"all that fits", 10, 4096, STEP_DONE, ""},
    {"more than a row", 20, 4096, STEP_HOLD, "more than an order can keep"},
    {"more than is ever written", 200, 4096, STEP_HOLD, "more than an order can keep"},
    {"a value that is too long", 1, 4097, STEP_POISON, "/invitation/url is longer than 4096"},
};

void suite_larger_answers(void) {
    for (size_t i = 0; i < COUNT(answers); i++) {
        const char *name = answers[i].name;
        struct arena *mem = arena_new(256u << 20);
        struct world *w = world_new(mem);
        const struct shop_step *invitation = shop_step(w->house.shop, S("invitation"));
        const struct tree *values = tree_find(invitation->with, S("values"));
        for (int k = 1; k < answers[i].values; k++)
            tree_put_text(mem, (struct tree *)(uintptr_t)values,
                JOIN(mem, S("v"), str_int(mem, k)), S("/invitation/url"));
        char *bytes = memset(arena_take(mem, answers[i].size), 'x', answers[i].size);
        w->link = (str){bytes, answers[i].size};
        struct response r = world_ask(w, "POST", S("/api/order"),
            S("application/x-www-form-urlencoded"),
            S("product=course&email=anna%40example.com&name=Anna+Nowak&consent_terms=on"));
        str id = world_order_id(w, &r);
        world_pay(w, world_order(w, id), "pay");
        world_run(w, TIME_DAY);
        struct order *o = world_order(w, id);
        const struct step *s = orders_step_by_key(o, S("1/invitation"));
        CHECK_INT(name, s->state, answers[i].state);
        CHECK(name, str_find(s->error, str_of(answers[i].error)) < s->error.len || !s->error.len);
        CHECK_INT(name, s->error.len > 0, answers[i].state != STEP_DONE);
        CHECK_INT(name, w->effects[ASKABLE], 1);
        CHECK_INT(name, s->attempts, 1);
        CHECK_INT(name, orders_step_by_key(o, S("1/badge"))->state, STEP_DONE);
        world_free(w);
        arena_free(mem);
    }
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
