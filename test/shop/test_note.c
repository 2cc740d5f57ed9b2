#include "base/limits.h"
#include "check.h"
#include "fixture.h"
#include "suites.h"

enum { NOTES = 4 };

/* One note of a story; what is left out is as it should be. */
struct told {
    const char *event;
    enum order_event what;
    int64_t minor;
    const char *transaction, *currency;
    int64_t asked;
    bool live;
};

#define PAID(event, minor) \
    { event, EVENT_PAID, minor }
#define REFUND(event, minor) \
    { event, EVENT_REFUND, minor }
#define PENDING(event) \
    { event, EVENT_PENDING, 49900 }
#define FAILED(event) \
    { event, EVENT_FAILED, 49900 }

/* What is heard, in turn, of an order of 499.00 PLN in test mode; and what the order says then. */
static const struct {
    const char *row;
    struct told notes[NOTES];
    int paid; /* which note (from 1) made it paid; 0: none */
    unsigned marks;
    size_t payments, refunds, remarks;
} stories[] = {
    {"paid", {PAID("a", 49900)}, 1, 0, 1, 0, 0},
    {"the same note again", {PAID("a", 49900), PAID("a", 49900)}, 1, 0, 1, 0, 0},
    {"pending then paid", {PENDING("a"), PAID("b", 49900)}, 2, 0, 1, 0, 1},
    {"pending again and again", {PENDING("a"), PENDING("a"), PENDING("a")}, 0, 0, 0, 0, 1},
    {"pending after paid", {PAID("a", 49900), PENDING("b")}, 1, 0, 1, 0, 1},
    {"failed after paid", {PAID("a", 49900), FAILED("b")}, 1, 0, 1, 0, 1},
    {"failed then paid", {FAILED("a"), PAID("b", 49900)}, 2, 0, 1, 0, 1},
    {"strange", {{"a", EVENT_STRANGE, 49900}}, 0, 0, 0, 0, 1},
    {"strange after paid", {PAID("a", 49900), {"b", EVENT_STRANGE, 1}}, 1, 0, 1, 0, 1},
    {"paid twice", {PAID("a", 49900), PAID("b", 49900)}, 1, MARK_SURPLUS, 2, 0, 0},
    {"paid twice, one went back", {PAID("a", 49900), PAID("b", 49900), REFUND("c", 49900)}, 1, 0, 2,
        1, 0},
    {"too much", {PAID("a", 50000)}, 1, MARK_SURPLUS, 1, 0, 0},
    {"too little", {PAID("a", 49899)}, 0, MARK_SHORT, 1, 0, 0},
    {"too little, as the gateway says", {{"a", EVENT_SHORT, 30000}}, 0, MARK_SHORT, 1, 0, 0},
    {"the gateway says too little, of enough", {{"a", EVENT_SHORT, 49900}}, 0, MARK_WRONG, 0, 0, 1},
    {"parts that add up", {PAID("a", 20000), PAID("b", 29900)}, 2, 0, 2, 0, 0},
    {"parts that add up to more", {PAID("a", 20000), PAID("b", 49900)}, 2, MARK_SURPLUS, 2, 0, 0},
    {"a part and its refund", {PAID("a", 20000), REFUND("b", 20000)}, 0, MARK_SHORT | MARK_REFUNDED,
        1, 1, 0},
    {"a part, back, then all", {PAID("a", 20000), REFUND("b", 20000), PAID("c", 49900)}, 3, 0, 2, 1,
        0},
    {"parts, one of them back", {PAID("a", 30000), REFUND("b", 30000), PAID("c", 30000)}, 0,
        MARK_SHORT | MARK_PART_REFUNDED, 2, 1, 0},
    {"one transaction told twice", {PAID("a", 49900), {"b", EVENT_PAID, 49900, "a"}}, 1, 0, 1, 0,
        1},
    {"one transaction growing", {PAID("a", 20000), {"b", EVENT_PAID, 49900, "a"}}, 2, 0, 2, 0, 0},
    {"nothing paid", {PAID("a", 0)}, 0, MARK_WRONG, 0, 0, 1},
    {"less than nothing", {PAID("a", -49900)}, 0, MARK_WRONG, 0, 0, 1},
    {"other currency", {{"a", EVENT_PAID, 49900, NULL, "EUR"}}, 0, MARK_WRONG, 0, 0, 1},
    {"other amount asked", {{"a", EVENT_PAID, 49900, NULL, NULL, 100}}, 0, MARK_WRONG, 0, 0, 1},
    {"wrong, then right", {{"a", EVENT_PAID, 49900, NULL, "EUR"}, PAID("b", 49900)}, 2, MARK_WRONG,
        1, 0, 1},
    {"live money for a test order", {{"a", EVENT_PAID, 49900, .live = true}}, 0, MARK_WRONG, 0, 0,
        1},
    {"live refund for a test order", {PAID("a", 49900), {"b", EVENT_REFUND, 49900, .live = true}},
        1, MARK_WRONG, 1, 0, 1},
    {"all back", {PAID("a", 49900), REFUND("b", 49900)}, 1, MARK_REFUNDED, 1, 1, 0},
    {"a part back", {PAID("a", 49900), REFUND("b", 10000)}, 1, MARK_PART_REFUNDED, 1, 1, 0},
    {"a part back, told twice", {PAID("a", 49900), REFUND("b", 10000), REFUND("b", 10000)}, 1,
        MARK_PART_REFUNDED, 1, 1, 0},
    {"two parts back, one transaction",
        {PAID("a", 49900), {"b", EVENT_REFUND, 10000, "a"}, {"c", EVENT_REFUND, 10000, "a"}}, 1,
        MARK_PART_REFUNDED, 1, 2, 0},
    {"parts back till all is", {PAID("a", 49900), REFUND("b", 10000), REFUND("c", 39900)}, 1,
        MARK_REFUNDED, 1, 2, 0},
    {"more back than paid", {PAID("a", 49900), REFUND("b", 59900)}, 1, MARK_REFUNDED | MARK_WRONG,
        1, 1, 1},
    {"back without an amount", {PAID("a", 49900), REFUND("b", 0)}, 1, MARK_REFUNDED, 1, 1, 0},
    {"refund in another currency", {PAID("a", 49900), {"b", EVENT_REFUND, 49900, NULL, "EUR"}}, 1,
        MARK_WRONG, 1, 0, 1},
    {"late paid after refund, same transaction",
        {PAID("a", 49900), REFUND("b", 49900), {"c", EVENT_PAID, 49900, "a"}}, 1, MARK_REFUNDED, 1,
        1, 1},
    {"refund heard before its payment", {REFUND("b", 49900), PAID("a", 49900)}, 0,
        MARK_REFUNDED | MARK_SHORT, 1, 1, 1},
    {"refund of all, no amount, before its payment", {REFUND("b", 0), PAID("a", 49900)}, 0,
        MARK_REFUNDED | MARK_SHORT, 1, 1, 1},
    {"part refund heard before its payment", {REFUND("b", 10000), PAID("a", 49900)}, 2,
        MARK_PART_REFUNDED, 1, 1, 1},
    {"chargeback", {PAID("a", 49900), {"b", EVENT_DISPUTE, 49900}}, 1, MARK_DISPUTED, 1, 1, 0},
    {"chargeback before its payment", {{"b", EVENT_DISPUTE, 49900}, PAID("a", 49900)}, 0,
        MARK_DISPUTED | MARK_SHORT, 1, 1, 1},
    {"nobody sums past the end", {PAID("a", 10000000000000), PAID("b", 10000000000000)}, 1,
        MARK_SURPLUS, 2, 0, 0},
};

static struct note note_of(const struct told *t) {
    struct note n = fixture_note(t->event, t->what, t->minor);
    if (t->transaction)
        n.transaction = str_of(t->transaction);
    if (t->currency)
        n.amount = money_of(t->minor, str_of(t->currency));
    if (t->asked)
        n.asked = money_of(t->asked, S("PLN"));
    n.test = !t->live;
    return n;
}

static void test_stories(struct arena *mem, const struct shop *shop) {
    for (size_t i = 0; i < COUNT(stories); i++) {
        struct order *o = fixture_order(mem, shop);
        int became = 0, times = 0;
        for (int k = 0; k < NOTES && stories[i].notes[k].event; k++) {
            struct note n = note_of(&stories[i].notes[k]);
            bool paid = true;
            order_hear(mem, o, &n, &paid);
            became = paid ? k + 1 : became;
            times += paid;
        }
        CHECK_INT(stories[i].row, became, stories[i].paid);
        CHECK_INT(stories[i].row, times, stories[i].paid ? 1 : 0);
        CHECK_INT(stories[i].row, order_state(o), stories[i].paid ? ORDER_PAID : ORDER_PLACED);
        CHECK_INT(stories[i].row, o->marks, stories[i].marks);
        CHECK_INT(stories[i].row, o->payment_count, stories[i].payments);
        CHECK_INT(stories[i].row, o->refund_count, stories[i].refunds);
        CHECK_INT(stories[i].row, o->remark_count, stories[i].remarks);
    }
}

static void test_time(struct arena *mem, const struct shop *shop) {
    struct order *o = fixture_order(mem, shop);
    struct note n = fixture_note("a", EVENT_PAID, 49900);
    bool paid = false;
    CHECK("too early", !order_expire(o, o->expires_at - 1));
    CHECK("expires", order_expire(o, o->expires_at));
    CHECK("once", !order_expire(o, o->expires_at + 1));
    CHECK("erased", !o->buyer.email.len && !o->buyer.name.len && (o->marks & MARK_ERASED));
    CHECK("state", order_state(o) == ORDER_EXPIRED);
    order_hear(mem, o, &n, &paid);
    CHECK("paid all the same", paid && order_state(o) == ORDER_PAID);
    CHECK("late", o->marks & MARK_LATE);
    CHECK("paid never expires", !order_expire(o, NOW + 100 * TIME_DAY));
    o = fixture_order(mem, shop);
    n.at = o->expires_at + 1;
    order_hear(mem, o, &n, &paid);
    CHECK("late though no sweep came", paid && (o->marks & MARK_LATE));
    CHECK("keeps who bought", o->buyer.email.len > 0);
}

static void test_modes(struct arena *mem, const struct shop *shop) {
    struct order *o = fixture_order(mem, shop);
    struct note n = fixture_note("a", EVENT_PAID, 49900);
    bool paid = false;
    o->mode = S("live");
    order_hear(mem, o, &n, &paid);
    CHECK("test money for a live order", !paid && o->marks == MARK_WRONG && !o->payment_count);
    n.test = false;
    n.event = S("b");
    order_hear(mem, o, &n, &paid);
    CHECK("live money for a live order", paid);
    for (int i = 0; i < 200; i++) {
        n = fixture_note("x", EVENT_PENDING, 1);
        n.event = str_int(mem, i);
        order_hear(mem, o, &n, &paid);
    }
    CHECK("remarks end somewhere", o->remark_count <= 40);
    n = fixture_note("same", EVENT_PAID, 49900);
    n.test = false;
    n.gateway = S("card");
    n.event = S("b");
    n.transaction = S("b");
    order_hear(mem, o, &n, &paid);
    CHECK("another gateway's event of the same name",
        o->payment_count == 2 && o->marks & MARK_SURPLUS);
}

static void test_kept(struct arena *mem) {
    struct note n = fixture_note("a", EVENT_DISPUTE, 49900), back = {0};
    n.raw = S("raw\n\"body\"");
    n.detail = S("x");
    n.reference = S("ref");
    CHECK("reads", note_read(mem, note_write(mem, &n), &back).code == ERR_NONE);
    CHECK("what", back.what == EVENT_DISPUTE && back.test && back.at == n.at);
    CHECK("money", money_is(back.amount, n.amount) && money_is(back.asked, n.asked));
    CHECK_STR("raw", back.raw, n.raw);
    CHECK_STR("event", back.event, n.event);
    CHECK_STR("transaction", back.transaction, n.transaction);
    CHECK_STR("reference", back.reference, n.reference);
    CHECK_STR("status", back.status, n.status);
    CHECK_STR("gateway", back.gateway, n.gateway);
    CHECK_STR("detail", back.detail, n.detail);
    char long_raw[60 * 1024];
    memset(long_raw, 1, sizeof(long_raw));
    n.raw = (str){long_raw, sizeof(long_raw)};
    str row = note_write(mem, &n);
    CHECK("a raw body that fits no row is cut", row.len <= LIMIT_ROW);
    CHECK("and what was read of it is whole", note_read(mem, row, &back).code == ERR_NONE
        && back.what == EVENT_DISPUTE && str_is(back.event, n.event) && back.raw.len > 4096);
    CHECK("cut off", note_read(mem, S("{\"gateway\":\"x\""), &back).code == ERR_CORRUPT);
    CHECK("something behind", note_read(mem, S("{\"gateway\":\"x\"}}"), &back).code == ERR_CORRUPT);
    CHECK("not a map", note_read(mem, S("[]"), &back).code == ERR_CORRUPT);
}

void suite_note(void) {
    struct arena *mem = arena_new(16 << 20);
    struct shop *shop = fixture_shop(mem);
    test_stories(mem, shop);
    test_time(mem, shop);
    test_modes(mem, shop);
    test_kept(mem);
    arena_free(mem);
}
