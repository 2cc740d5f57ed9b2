#include "shop/order.h"

/* A gateway may repeat "pending" for ever; the raw notes are rows of their own anyway. */
enum { REMARKS_MAX = 40 };

/* One note being heard: the order, the note, and what adding it would mean. */
struct hearing {
    struct arena *mem;
    struct order *o;
    const struct note *n;
    bool *paid;
};

#define IN(event) (1u << (event))
#define MONEY_IN  (IN(EVENT_PAID) | IN(EVENT_SHORT))
#define MONEY_OUT (IN(EVENT_REFUND) | IN(EVENT_DISPUTE))
#define MONEY     (MONEY_IN | MONEY_OUT)
#define ANY       (MONEY | IN(EVENT_PENDING) | IN(EVENT_FAILED) | IN(EVENT_STRANGE))

/* ---- sums ---- */

static int64_t payments_sum(const struct order *o) {
    money sum = money_of(0, str_of(o->total.currency));
    for (size_t i = 0; i < o->payment_count; i++)
        sum = money_add(sum, o->payments[i].amount);
    return sum.minor;
}

/* What went back; disputes apart, for a chargeback is not a refund that we gave. */
static int64_t refunds_sum(const struct order *o, bool disputes) {
    money sum = money_of(0, str_of(o->total.currency));
    for (size_t i = 0; i < o->refund_count; i++)
        if (!o->refunds[i].dispute || disputes)
            sum = money_add(sum, o->refunds[i].amount);
    return sum.minor;
}

/* Counted already under this transaction of this gateway. */
static int64_t transaction_sum(const struct hearing *h) {
    int64_t sum = 0;
    for (size_t i = 0; i < h->o->payment_count && h->n->transaction.len; i++) {
        const struct payment *p = &h->o->payments[i];
        if (str_is(p->gateway, h->n->gateway) && str_is(p->transaction, h->n->transaction))
            sum += p->amount.minor;
    }
    return sum;
}

static bool currency_is(const struct order *o, money m) {
    return str_is(str_of(o->total.currency), str_of(m.currency));
}

/* ---- conditions ---- */

static bool same(str gateway, str event, const struct note *n) {
    return str_is(gateway, n->gateway) && str_is(event, n->event);
}

static bool is_repeated(const struct hearing *h) {
    const struct order *o = h->o;
    for (size_t i = 0; i < o->payment_count; i++)
        if (same(o->payments[i].gateway, o->payments[i].event, h->n))
            return true;
    for (size_t i = 0; i < o->refund_count; i++)
        if (same(o->refunds[i].gateway, o->refunds[i].event, h->n))
            return true;
    for (size_t i = 0; i < o->remark_count; i++)
        if (same(o->remarks[i].gateway, o->remarks[i].event, h->n))
            return true;
    return false;
}

static bool is_always(const struct hearing *h) {
    return true;
}

static bool is_test_in_live(const struct hearing *h) {
    return h->n->test && !str_is(h->o->mode, S("test"));
}

static bool is_live_in_test(const struct hearing *h) {
    return !h->n->test && str_is(h->o->mode, S("test"));
}

static bool is_other_currency(const struct hearing *h) {
    return h->n->amount.currency[0] && !currency_is(h->o, h->n->amount);
}

static bool is_other_asked(const struct hearing *h) {
    return h->n->asked.currency[0] && !money_is(h->n->asked, h->o->total);
}

static bool is_nothing(const struct hearing *h) {
    return h->n->amount.minor <= 0;
}

static bool is_enough(const struct hearing *h) {
    return h->n->amount.minor >= h->o->total.minor;
}

static bool is_counted(const struct hearing *h) {
    int64_t sum = transaction_sum(h);
    return sum > 0 && h->n->amount.minor <= sum;
}

static bool is_more_than_paid(const struct hearing *h) {
    int64_t paid = payments_sum(h->o);
    return paid > 0 && h->n->amount.minor > paid - refunds_sum(h->o, true);
}

static bool is_before_payment(const struct hearing *h) {
    return h->o->payment_count == 0;
}

/* ---- actions ---- */

static void *grown(struct arena *mem, const void *items, size_t count, size_t size) {
    void *more = arena_array(mem, count + 1, size);
    if (count)
        memcpy(more, items, count * size);
    return more;
}

static void remark_add(const struct hearing *h, str why) {
    struct order *o = h->o;
    const struct note *n = h->n;
    if (o->remark_count >= REMARKS_MAX)
        return;
    str status = n->status.len ? JOIN(h->mem, S(" ("), n->status, S(")")) : S("");
    o->remarks = grown(h->mem, o->remarks, o->remark_count, sizeof(*o->remarks));
    o->remarks[o->remark_count++] = (struct remark){
        .gateway = n->gateway, .event = n->event, .what = JOIN(h->mem, why, status), .at = n->at};
}

/* Marks that say how money and total compare follow from the facts, each time anew. */
static void marks_follow(struct order *o) {
    int64_t paid = payments_sum(o), back = refunds_sum(o, false), left = paid - back;
    unsigned follow = 0;
    if (back > 0 && left <= 0)
        follow |= MARK_REFUNDED;
    if (back > 0 && left > 0 && left < o->total.minor)
        follow |= MARK_PART_REFUNDED;
    if (left > o->total.minor)
        follow |= MARK_SURPLUS;
    if (paid > 0 && !o->paid_at)
        follow |= MARK_SHORT;
    o->marks &= ~(unsigned)(MARK_REFUNDED | MARK_PART_REFUNDED | MARK_SURPLUS | MARK_SHORT);
    o->marks |= follow;
}

/* Covered, and not all of it is back: a late "paid" must not raise an order that was refunded,
 * while a part that went back early does not take the purchase away. */
static bool is_covered(const struct hearing *h) {
    int64_t total = h->o->total.minor;
    int64_t left = payments_sum(h->o) - refunds_sum(h->o, true);
    return left >= total || (left > 0 && h->n->amount.minor >= total);
}

static void pay(const struct hearing *h) {
    struct order *o = h->o;
    const struct note *n = h->n;
    money amount = n->amount;
    amount.minor -= transaction_sum(h);
    o->payments = grown(h->mem, o->payments, o->payment_count, sizeof(*o->payments));
    o->payments[o->payment_count++] = (struct payment){.gateway = n->gateway,
        .transaction = n->transaction,
        .event = n->event,
        .amount = amount,
        .at = n->at,
        .ref = n->ref};
    if (o->paid_at || !is_covered(h))
        return;
    o->paid_at = n->at;
    *h->paid = true;
    if (o->expired_at || n->at > o->expires_at)
        o->marks |= MARK_LATE;
}

/* A refund that names no amount is of everything that is left, or will come. */
static money refund_amount(const struct hearing *h) {
    const struct order *o = h->o;
    if (h->n->amount.minor > 0)
        return h->n->amount;
    int64_t paid = o->payment_count ? payments_sum(o) : o->total.minor;
    int64_t left = paid - refunds_sum(o, true);
    return money_of(left > 0 ? left : 0, str_of(o->total.currency));
}

static void refund(const struct hearing *h) {
    struct order *o = h->o;
    const struct note *n = h->n;
    bool dispute = n->what == EVENT_DISPUTE;
    o->refunds = grown(h->mem, o->refunds, o->refund_count, sizeof(*o->refunds));
    o->refunds[o->refund_count++] = (struct refund){.gateway = n->gateway,
        .transaction = n->transaction,
        .event = n->event,
        .amount = refund_amount(h),
        .at = n->at,
        .dispute = dispute};
    if (dispute)
        o->marks |= MARK_DISPUTED;
}

static void nothing(const struct hearing *h) {}

/* ---- the table: the first row that fits says what a note does. Pitfalls 17-28 of payments ---- */

/* clang-format off */
static const struct rule {
    unsigned events;
    bool (*when)(const struct hearing *h);
    void (*act)(const struct hearing *h);
    unsigned mark;
    str remark; /* "" adds none */
} rules[] = {
    {ANY,                is_repeated,       nothing, 0,          S_INIT("")},
    {MONEY,              is_test_in_live,   nothing, MARK_WRONG,
        S_INIT("a test payment for a live order: not counted")},
    {MONEY,              is_live_in_test,   nothing, MARK_WRONG,
        S_INIT("real money for a test order: not counted, give it back")},
    {IN(EVENT_PENDING),  is_always,         nothing, 0,
        S_INIT("the gateway is waiting for the money")},
    {IN(EVENT_FAILED),   is_always,         nothing, 0,
        S_INIT("a payment did not succeed")},
    {IN(EVENT_STRANGE),  is_always,         nothing, 0,
        S_INIT("a status that this program does not know: not counted, look at it")},
    {MONEY,              is_other_currency, nothing, MARK_WRONG,
        S_INIT("another currency than the order's: not counted")},
    {MONEY_IN,           is_other_asked,    nothing, MARK_WRONG,
        S_INIT("the payment asked for another amount than the order: not counted")},
    {MONEY_IN,           is_nothing,        nothing, MARK_WRONG,
        S_INIT("a payment of nothing: not counted")},
    {IN(EVENT_SHORT),    is_enough,         nothing, MARK_WRONG,
        S_INIT("the gateway says too little was paid, yet names enough: not counted")},
    {MONEY_IN,           is_counted,        nothing, 0,
        S_INIT("this transaction is counted already")},
    {MONEY_IN,           is_always,         pay,     0,          S_INIT("")},
    {MONEY_OUT,          is_before_payment, refund,  0,
        S_INIT("money went back before its payment was heard of")},
    {MONEY_OUT,          is_more_than_paid, refund,  MARK_WRONG,
        S_INIT("more went back than was paid")},
    {MONEY_OUT,          is_always,         refund,  0,          S_INIT("")},
};
/* clang-format on */

void order_hear(struct arena *mem, struct order *o, const struct note *n, bool *paid) {
    struct hearing h = {.mem = mem, .o = o, .n = n, .paid = paid};
    *paid = false;
    for (size_t i = 0; i < COUNT(rules); i++) {
        if (!(rules[i].events & IN(n->what)) || !rules[i].when(&h))
            continue;
        str remark = rules[i].remark;
        o->marks |= rules[i].mark;
        rules[i].act(&h);
        if (remark.len)
            remark_add(&h, remark);
        marks_follow(o);
        return;
    }
}
