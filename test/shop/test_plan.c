#include "base/fill.h"
#include "base/json.h"
#include "base/limits.h"
#include "check.h"
#include "fixture.h"
#include "shop/plan.h"
#include "shop/reader.h"
#include "suites.h"

static void test_steps(struct arena *mem, const struct shop *shop) {
    static const struct {
        int line;
        const char *id, *does;
        enum step_state state;
        const char *needs;
        int64_t due; /* after paying; -1: none */
    } want[] = {
        {0, "invitation", "academy.invite", STEP_READY, "null", 0},
        {0, "purchase", "kit.http", STEP_READY, "null", 0},
        {0, "welcome", "kit.http", STEP_WAITING, "[\"invitation\"]", -1},
        {-1, "access", "mail", STEP_WAITING, "[\"invitation\"]", -1},
        {-1, "late", "mail", STEP_READY, "null", 15 * TIME_MINUTE},
        {-1, "sold", "mail", STEP_READY, "null", 0},
    };
    struct order *o = fixture_paid(mem, shop);
    CHECK_INT("count", o->step_count, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        const struct step *s = fixture_step(o, want[i].line, want[i].id);
        CHECK(want[i].id, s != NULL);
        if (!s)
            continue;
        CHECK_STR(want[i].id, s->does, str_of(want[i].does));
        CHECK_INT(want[i].id, s->state, want[i].state);
        CHECK_INT(want[i].id, s->due, want[i].due < 0 ? 0 : o->paid_at + want[i].due);
        CHECK_STR(
            want[i].id, s->needs ? json_write(mem, s->needs) : S("null"), str_of(want[i].needs));
        CHECK_STR(want[i].id, s->key, step_key(mem, shop->secret, o->id, want[i].line, s->id));
    }
    CHECK_STR("settle of the connector",
        tree_get(fixture_step(o, 0, "purchase")->with, S("settle")), S("5m"));
    o->lines[0].product = S("gone");
    o->step_count = 0;
    plan_steps(mem, shop, o, NOW);
    CHECK("a product that is gone", fixture_step(o, 0, "invitation") != NULL);
    o->lines[0].product = S("book");
    o->step_count = 0;
    plan_steps(mem, shop, o, NOW);
    CHECK("only the product's steps",
        !fixture_step(o, 0, "invitation") && fixture_step(o, 0, "purchase"));
    CHECK("access waits for nothing then", fixture_step(o, -1, "access")->state == STEP_READY);
}

/* A buyer who presses the buttons of his page every day, and a mail server that has much to say. */
static void test_letters_end(const struct shop *shop) {
    struct arena *mem = arena_new(256 << 20);
    struct order *o = fixture_paid(mem, shop);
    char words[300];
    memset(words, '"', sizeof(words));
    size_t made = 0;
    for (int i = 0; i < 400; i++) {
        bool more = plan_again(mem, shop, o, i % 2 ? S("access") : S("links"), NOW + i * TIME_DAY);
        struct step *last = &o->steps[o->step_count - 1];
        if (more)
            *last = (struct step){.line = -1,
                .id = last->id,
                .does = last->does,
                .key = last->key,
                .state = STEP_DONE,
                .attempts = 1,
                .first_at = NOW + i * TIME_DAY,
                .started_at = NOW,
                .finished_at = NOW,
                .digest = S("0123456789abcdef"),
                .receipt = {words, sizeof(words)}};
        made += more;
    }
    CHECK("letters for more than a week of asking", made >= 20);
    CHECK("and the order still fits into its row, with room", order_write(mem, o).len < LIMIT_ROW);
    arena_free(mem);
}

static void finish(struct order *o, int line, const char *id, enum step_state state) {
    struct step *s = fixture_step(o, line, id);
    s->state = state;
    s->finished_at = NOW;
}

static void test_life(struct arena *mem, const struct shop *shop) {
    struct order *o = fixture_paid(mem, shop);
    finish(o, 0, "invitation", STEP_DONE);
    step_wake(o->steps, o->step_count, NOW);
    CHECK("welcome wakes", fixture_step(o, 0, "welcome")->state == STEP_READY);
    CHECK("access wakes", fixture_step(o, -1, "access")->state == STEP_READY);
    finish(o, 0, "purchase", STEP_POISON);
    plan_alarms(mem, shop, o, NOW);
    plan_alarms(mem, shop, o, NOW);
    order_settle(o, NOW);
    CHECK_INT("one alarm", o->step_count, 7);
    CHECK("alarm", fixture_step(o, -1, "needs-you.1.purchase") != NULL);
    CHECK("marks", o->marks == MARK_POISON);
    finish(o, -1, "needs-you.1.purchase", STEP_POISON);
    plan_alarms(mem, shop, o, NOW);
    CHECK_INT("no alarm for an alarm", o->step_count, 7);
    finish(o, -1, "needs-you.1.purchase", STEP_DONE);
    finish(o, -1, "access", STEP_HOLD);
    order_settle(o, NOW);
    CHECK("both marks", o->marks == (MARK_POISON | MARK_HELD));
    finish(o, -1, "access", STEP_DONE);
    finish(o, 0, "welcome", STEP_DONE);
    order_settle(o, NOW);
    CHECK("late still waits", fixture_step(o, -1, "late")->state == STEP_READY);
    finish(o, 0, "purchase", STEP_DROPPED);
    order_settle(o, NOW + 1);
    CHECK("late is skipped", fixture_step(o, -1, "late")->state == STEP_SKIPPED);
    CHECK("not fulfilled while the owner is unwritten", order_state(o) == ORDER_PAID && !o->marks);
    finish(o, -1, "sold", STEP_DONE);
    order_settle(o, NOW + 2);
    CHECK("fulfilled", order_state(o) == ORDER_FULFILLED && o->fulfilled_at == NOW + 2);
    order_settle(o, NOW + 3);
    CHECK("once", o->fulfilled_at == NOW + 2);
}

/* What becomes of an order, and which letter to the owner it adds; "" is none. */
static void test_money(struct arena *mem, const struct shop *shop) {
    static const struct {
        const char *name, *letter;
        enum order_event what;
        int64_t minor;
    } rows[] = {
        {"too little", "money.short.1", EVENT_PAID, 100},
        {"too little again: the same matter", "", EVENT_PAID, 100},
        {"the rest", "", EVENT_PAID, 49700},
        {"paid twice", "money.surplus.4", EVENT_PAID, 49900},
        {"a part of it back: the same matter", "", EVENT_REFUND, 100},
        {"and once more", "money.surplus.5", EVENT_PAID, 49900},
        {"charged back", "money.disputed.1", EVENT_DISPUTE, 49900},
        {"and the other", "money.disputed.2", EVENT_DISPUTE, 49900},
        {"nothing", "money.wrong.1", EVENT_PAID, 0},
        {"pending", "", EVENT_PENDING, 49900},
    };
    struct order *o = fixture_order(mem, shop);
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool paid = false;
        struct note n = fixture_note(rows[i].name, rows[i].what, rows[i].minor);
        n.transaction = str_of(rows[i].name);
        order_hear(mem, o, &n, &paid);
        size_t before = o->step_count;
        plan_alarms(mem, shop, o, NOW);
        plan_alarms(mem, shop, o, NOW);
        CHECK_INT(rows[i].name, o->step_count - before, rows[i].letter[0] ? 1 : 0);
        if (rows[i].letter[0])
            CHECK(rows[i].name,
                fixture_step(o, -1, rows[i].letter) && plan_is_owners(str_of(rows[i].letter)));
    }
}

static void test_undelivered(struct arena *mem, const struct shop *shop) {
    static const struct {
        const char *name;
        enum step_state late, invitation;
        bool told;
    } rows[] = {
        {"in time", STEP_READY, STEP_READY, false},
        {"late, and still tried", STEP_SENDING, STEP_READY, true},
        {"late, and nobody knows", STEP_SENDING, STEP_UNKNOWN, true},
        {"late, and on hold: told already", STEP_SENDING, STEP_HOLD, false},
        {"late long ago, tried again by a person", STEP_DONE, STEP_READY, false},
        {"not late", STEP_SKIPPED, STEP_DONE, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct order *o = fixture_paid(mem, shop);
        for (size_t k = 0; k < o->step_count; k++)
            o->steps[k].state = STEP_DONE;
        fixture_step(o, -1, "late")->state = rows[i].late;
        fixture_step(o, 0, "invitation")->state = rows[i].invitation;
        plan_alarms(mem, shop, o, NOW);
        plan_alarms(mem, shop, o, NOW);
        int count = 0;
        for (size_t k = 0; k < o->step_count; k++)
            count += str_is(o->steps[k].id, S("undelivered"));
        CHECK_INT(rows[i].name, count, rows[i].told ? 1 : 0);
    }
}

static void test_view(struct arena *mem, const struct shop *shop) {
    struct order *o = fixture_paid(mem, shop);
    struct step *invitation = fixture_step(o, 0, "invitation"),
                *welcome = fixture_step(o, 0, "welcome");
    struct tree *out = NULL;
    str text = {0};
    const struct tree *view = plan_view(mem, shop, o, welcome);
    CHECK("not done yet", fill_tree(mem, welcome->with, view, FILL_TEXT, &out).code == ERR_INVALID);
    invitation->state = STEP_DONE;
    invitation->values = fixture_fields(mem, "link=https://x/1");
    view = plan_view(mem, shop, o, welcome);
    CHECK("done", fill_tree(mem, welcome->with, view, FILL_TEXT, &out).code == ERR_NONE);
    CHECK_STR("link", tree_str(tree_path(out, S("body.link"))), S("https://x/1"));
    CHECK_STR("email", tree_str(tree_path(out, S("body.to"))), S("anna@example.com"));
    CHECK("gross is a number", tree_path(view, S("line.gross"))->kind == TREE_NUMBER);
    size_t count = 0;
    const struct hole_root *roots = hole_roots(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < roots[i].count; k++) {
            str name = JOIN(mem, S("{{"), roots[i].name, S("."), roots[i].keys[k], S("}}"));
            CHECK(str_cz(mem, name), fill_text(mem, name, view, FILL_TEXT, &text).code == ERR_NONE);
        }
    order_erase(o);
    view = plan_view(mem, shop, o, welcome);
    CHECK("an erased buyer is nobody",
        fill_text(mem, S("{{buyer.email}}"), view, FILL_TEXT, &text).code == ERR_INVALID);
    CHECK("today's settings", plan_with(shop, o, welcome) == shop_step(shop, S("welcome"))->with);
    struct step gone = {.id = S("gone")};
    CHECK("no such step today", plan_with(shop, o, &gone) == NULL);
}

void suite_plan(void) {
    struct arena *mem = arena_new(8 << 20);
    struct shop *shop = fixture_shop(mem);
    test_letters_end(shop);
    test_steps(mem, shop);
    test_life(mem, shop);
    test_money(mem, shop);
    test_undelivered(mem, shop);
    test_view(mem, shop);
    arena_free(mem);
}
