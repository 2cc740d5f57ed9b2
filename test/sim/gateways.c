#include "base/encode.h"
#include "base/hash.h"
#include "sim/sim.h"

/* The two gateways, from their side: they take money, sign notes, and repeat them until they hear
 * their word. Written from the providers' rules, not with the shop's code for them. */

static const str merchant = S_INIT("12345");

static void notice_send(struct sim *s, void *what, uint64_t number);

/* ---- signing ---- */

static str amount_text(struct arena *mem, int64_t minor) {
    str cents = str_int(mem, minor % 100);
    return JOIN(mem, str_int(mem, minor / 100), cents.len < 2 ? S(".0") : S("."), cents);
}

static str sign_tpay(struct sim *s, const struct notice *n, str reference, bool test, str code) {
    static const str words[ORDER_EVENTS] = {[EVENT_PAID] = S_INIT("TRUE"),
        [EVENT_PENDING] = S_INIT("PAID"),
        [EVENT_FAILED] = S_INIT("FALSE"),
        [EVENT_SHORT] = S_INIT("TRUE"),
        [EVENT_REFUND] = S_INIT("CHARGEBACK")};
    str asked = amount_text(s->mem, n->asked);
    str sum = hash_md5_hex(s->mem, JOIN(s->mem, merchant, n->transaction, asked, reference, code));
    return JOIN(s->mem, S("id="), merchant, S("&tr_id="), n->transaction, S("&tr_amount="), asked,
        S("&tr_paid="), amount_text(s->mem, n->amount), S("&tr_crc="), reference, S("&tr_status="),
        words[n->what], S("&tr_error="), n->what == EVENT_SHORT ? S("surcharge") : S("none"),
        test ? S("&test_mode=1") : S(""), S("&md5sum="), sum);
}

static str sign_test(struct sim *s, const struct notice *n, str reference, str currency) {
    static const str words[ORDER_EVENTS] = {[EVENT_PAID] = S_INIT("paid"),
        [EVENT_PENDING] = S_INIT("pending"),
        [EVENT_FAILED] = S_INIT("refused"),
        [EVENT_SHORT] = S_INIT("short"),
        [EVENT_REFUND] = S_INIT("refunded"),
        [EVENT_DISPUTE] = S_INIT("disputed")};
    str key = hash_hmac(s->mem, s->house->shop->secret, S("gateway/test"));
    str body = JOIN(s->mem, S("transaction="), n->transaction, S("&status="), words[n->what],
        S("&ref="), reference, S("&amount="), amount_text(s->mem, n->amount), S("&currency="),
        currency, n->refund.len ? S("&refund=") : S(""), n->refund);
    str mac = hex_write(s->mem,
        hash_hmac(s->mem, (struct hash_key){.bytes = key}, JOIN(s->mem, S("note\n"), body)));
    return JOIN(s->mem, body, S("&mac="), mac);
}

/* ---- telling ---- */

static struct notice *notice_new(struct sim *s, struct ghost_order *o, enum order_event what) {
    if (s->notice_count == SIM_NOTICES)
        return NULL;
    struct notice *n = &s->notices[s->notice_count++];
    *n = (struct notice){.order = o, .what = what, .genuine = true};
    n->gateway = o ? str_of(o->gateway) : S("blik");
    n->amount = n->asked = o ? o->total : 1000;
    return n;
}

static void sign(struct sim *s, struct notice *n, str reference) {
    bool live = s->house->shop->live;
    if (str_is(n->gateway, S("blik")))
        n->body = sign_tpay(s, n, reference, !live, sim_canary);
    else
        n->body = sign_test(s, n, reference, S("EUR"));
}

static int64_t soon(struct sim *s) {
    if (s->script)
        return 0;
    return (int64_t)below(s, below(s, 3) ? 20 * TIME_SECOND : 2 * TIME_DAY);
}

static void tell(struct sim *s, struct notice *n) {
    s->totals->notes++;
    event_add(s, s->now + soon(s), notice_send, n, 0);
}

/* In the last moment before the order expires, now and then. */
static void tell_money(struct sim *s, struct notice *n) {
    bool last = !s->script && n->what == EVENT_PAID && n->order->expires_at > s->now;
    if (!last || below(s, 32)) {
        tell(s, n);
        return;
    }
    s->totals->notes++;
    event_add(s, n->order->expires_at, notice_send, n, 0);
}

/* L1: until it is acknowledged; forged ones are not believed however often they come. */
static void again(struct sim *s, struct notice *n) {
    if (!n->genuine && ++n->tries > 2)
        return;
    int64_t wait = s->phase == PHASE_KIND ? TIME_MINUTE : (int64_t)below(s, 3 * TIME_HOUR);
    event_add(s, s->now + 1000 + wait, notice_send, n, 0);
}

/* S3: the word is said only when the note is kept. S4, its door: no word for what is forged. */
static void heard(struct sim *s, struct ask *a, const struct response *r) {
    struct notice *n = a->who;
    str word = str_is(n->gateway, S("blik")) ? S("TRUE") : S("OK");
    bool said = r->status == 200 && str_is(r->body, word);
    if (said && !n->genuine)
        violate(s, "S4", "a forged note was answered with the word: %.*s", (int)n->body.len,
            n->body.ptr);
    if (said && n->genuine && !ghost_note(s, n->body))
        violate(s, "S3", "a note was acknowledged and is not kept: %.*s", (int)n->body.len,
            n->body.ptr);
    if (r->status != 200 && r->status < 500 && n->genuine)
        violate(s, "L1", "a genuine note was refused with %d: %.*s", r->status, (int)n->body.len,
            n->body.ptr);
    if (said && n->genuine)
        n->acked = true;
    if (n->genuine && n->acked && strikes(s, FAULT_TWICE))
        again(s, n);
    if (n->genuine && n->acked && strikes(s, FAULT_MONTH))
        event_add(s, s->now + (int64_t)below(s, 30 * TIME_DAY), notice_send, n, 0);
    if (n->genuine && strikes(s, FAULT_UNHEARD))
        again(s, n);
}

/* The owner asks for all notes of some days. */
void notice_again(struct sim *s, struct notice *n) {
    n->acked = false;
    n->tries = 0;
    event_add(s, s->now + (int64_t)below(s, TIME_HOUR), notice_send, n, 0);
}

/* Whether it is heard or not, a gateway that has no word comes again. */
static void notice_check(struct sim *s, void *what, uint64_t number) {
    struct notice *n = what;
    if (!n->acked && n->genuine)
        notice_send(s, n, 0);
}

static void notice_send(struct sim *s, void *what, uint64_t number) {
    struct notice *n = what;
    if (n->gone)
        return;
    struct ask *a = NEW(s->mem, struct ask);
    *a = (struct ask){.method = "POST",
        .target = JOIN(s->mem, S("/api/payment/"), n->gateway),
        .type = S("application/x-www-form-urlencoded"),
        .body = n->body,
        .answered = heard,
        .who = n};
    if (!ask_send(s, a)) {
        again(s, n);
        return;
    }
    if (n->genuine && n->tries++ < 100)
        event_add(
            s, s->now + 30 * TIME_SECOND + (int64_t)below(s, 2 * TIME_HOUR), notice_check, n, 0);
}

/* ---- money ---- */

static void wrong(struct sim *s, struct ghost_order *o) {
    bool tpay = str_is(str_of(o->gateway), S("blik"));
    struct notice *n = NULL;
    str reference = str_of(o->reference);
    if (strikes(s, FAULT_CHEAP) && (n = notice_new(s, o, EVENT_PAID))) {
        n->amount = n->asked = 100;
        n->transaction = JOIN(s->mem, S("cheap-"), reference);
        sign(s, n, reference);
        tell(s, n);
    }
    if (!tpay && strikes(s, FAULT_CURRENCY) && (n = notice_new(s, o, EVENT_PAID))) {
        n->transaction = JOIN(s->mem, S("zloty-"), reference);
        n->body = sign_test(s, n, reference, S("PLN"));
        tell(s, n);
    }
    if (tpay && strikes(s, FAULT_MODE) && (n = notice_new(s, o, EVENT_PAID))) {
        n->transaction = JOIN(s->mem, S("mode-"), reference);
        n->body = sign_tpay(s, n, reference, s->house->shop->live, sim_canary);
        tell(s, n);
    }
}

static void charge(
    struct sim *s, struct ghost_order *o, enum order_event what, str transaction, int64_t amount) {
    struct notice *n = notice_new(s, o, what);
    if (!n)
        return;
    n->transaction = transaction;
    n->good = true;
    if (amount)
        n->amount = amount;
    if (what == EVENT_REFUND && str_is(n->gateway, S("test")))
        n->refund = JOIN(s->mem, S("r"), str_int(s->mem, (int64_t)s->notice_count));
    if (what == EVENT_REFUND)
        n->asked = n->amount;
    sign(s, n, str_of(o->reference));
    if (what == EVENT_PAID)
        o->taken += n->amount;
    n->untold = strikes(s, FAULT_NEVER);
    if (!n->untold)
        tell_money(s, n);
}

/* Two refunds of the same sum are two: at tpay they cannot be told apart, so it has one. */
static void refunds(struct sim *s, struct ghost_order *o, str transaction) {
    bool test = str_is(str_of(o->gateway), S("test"));
    int64_t part = below(s, 2) ? o->total / 4 : o->total;
    if (below(s, 8))
        return;
    charge(s, o, EVENT_REFUND, transaction, part);
    if (test && part < o->total)
        charge(s, o, EVENT_REFUND, transaction, part);
}

static void rumours(struct sim *s, struct ghost_order *o, str transaction) {
    static const enum order_event words[] = {EVENT_PENDING, EVENT_FAILED};
    for (size_t i = 0; i < COUNT(words); i++) {
        struct notice *n = below(s, 4) ? NULL : notice_new(s, o, words[i]);
        if (!n)
            continue;
        n->transaction = transaction;
        sign(s, n, str_of(o->reference));
        tell(s, n);
    }
}

/* Too little, and never the rest. */
static void half(struct sim *s, struct ghost_order *o, str transaction) {
    struct notice *n = notice_new(s, o, EVENT_SHORT);
    if (!n)
        return;
    n->transaction = transaction;
    n->amount = o->total / 2;
    n->good = true;
    o->taken = n->amount;
    sign(s, n, str_of(o->reference));
    tell(s, n);
}

/* First too little, then the rest: tpay's surcharge, with one transaction. `alone`: of the rest
 * nobody tells. */
static void in_two(struct sim *s, struct ghost_order *o, str transaction, bool alone) {
    struct notice *n = notice_new(s, o, EVENT_SHORT);
    if (!n)
        return;
    n->transaction = transaction;
    n->amount = o->total / 2;
    n->good = alone;
    sign(s, n, str_of(o->reference));
    tell(s, n);
}

void gateway_takes(struct sim *s, struct ghost_order *o) {
    str number = str_int(s->mem, (int64_t)s->notice_count);
    str transaction = JOIN(s->mem, S("TR-"), str_of(o->reference), S("-"), number);
    if (o->taken)
        return;
    if (!s->script && str_is(str_of(o->gateway), S("blik")) && !below(s, 16)) {
        half(s, o, transaction);
        return;
    }
    charge(s, o, EVENT_PAID, transaction, 0);
    bool untold = s->notices[s->notice_count - 1].untold;
    if (s->script)
        charge(s, o, EVENT_PAID, JOIN(s->mem, transaction, S("-2")), 0);
    if (s->script)
        return;
    if (str_is(str_of(o->gateway), S("blik")) && !below(s, 8))
        in_two(s, o, transaction, untold);
    if (!below(s, 16))
        charge(s, o, EVENT_PAID, JOIN(s->mem, transaction, S("-2")), 0);
    rumours(s, o, transaction);
    refunds(s, o, transaction);
    wrong(s, o);
}

/* ---- strangers ---- */

static void forge(struct sim *s, struct notice *n, str reference) {
    str codes[] = {S(""), S("guess"), sim_canary};
    size_t how = below(s, 4);
    n->genuine = false;
    n->transaction = S("TR-forged");
    n->body = sign_tpay(s, n, reference, !s->house->shop->live, codes[how % 3]);
    if (how == 2) /* signed for 1.00 by somebody, and then changed */
        n->body = JOIN(s->mem, str_part(n->body, 0, n->body.len - 1),
            n->body.ptr[n->body.len - 1] == '0' ? S("1") : S("0"));
    if (how == 3)
        n->body = str_part(n->body, 0, n->body.len - 32);
}

void gateway_forges(struct sim *s, void *nothing, uint64_t number) {
    struct ghost_order *o = s->order_count ? &s->orders[below(s, s->order_count)] : NULL;
    struct notice *n = NULL;
    if (o && o->reference[0] && strikes(s, FAULT_FORGED) && (n = notice_new(s, o, EVENT_PAID))) {
        n->gateway = S("blik");
        forge(s, n, str_of(o->reference));
        tell(s, n);
    }
    if (strikes(s, FAULT_STRAY) && (n = notice_new(s, NULL, EVENT_PAID))) {
        str id = order_id_new(s->mem, s->house->shop->live, s->now, roll(s));
        n->transaction = JOIN(s->mem, S("stray-"), id);
        /* Of an order that was lost, or of another shop of the same owner. */
        sign(s, n, below(s, 2) ? order_reference(s->mem, s->house->shop->secret, id) : id);
        tell(s, n);
    }
    if (number > 1)
        event_add(s, s->now + (int64_t)below(s, 6 * TIME_HOUR), gateway_forges, NULL, number - 1);
}
