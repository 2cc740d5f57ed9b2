#include "base/encode.h"
#include "sim/sim.h"

/* Buyers: they press twice, come back with the same key, pay late, or never. */

enum { TRIES_MOST = 6 };

static void form_send(struct sim *s, void *what, uint64_t number);

/* Where the link leads: ref= of the test gateway, crc= of tpay. */
static str reference_of(const struct response *r) {
    for (size_t i = 0; i < r->header_count; i++) {
        str link = r->headers[i].value;
        if (!str_is_like(r->headers[i].name, S("Location")))
            continue;
        size_t at = str_find(link, S("ref="));
        if (at == link.len)
            at = str_find(link, S("crc="));
        if (at < link.len)
            return str_part(link, at + 4, 27);
    }
    return S("");
}

static void later(struct sim *s, struct buyer_form *b) {
    if (b->keyed && !b->order && !s->script && b->tries < TRIES_MOST)
        event_add(s, s->now + (int64_t)below(s, 30 * TIME_SECOND), form_send, b, 0);
}

static void pays(struct sim *s, void *what, uint64_t number) {
    gateway_takes(s, what);
}

/* S16: the same key and the same body give the same order, another body another one. */
static void same_order(struct sim *s, const struct buyer_form *b, const struct ghost_order *o) {
    bool fresh = s->now - b->first_at < 12 * TIME_HOUR && !s->rate[FAULT_CLOCK];
    if (b->order && !b->order->lost && b->order != o && fresh)
        violate(s, "S16", "one key, one form, two orders: %s and %s", b->order->id, o->id);
    if (b->mended && b->mended->order == o)
        violate(s, "S16", "one key, two forms, one order: %s", o->id);
}

static int64_t pay_after(struct sim *s) {
    if (s->script)
        return 1000;
    return (int64_t)below(s, below(s, 4) ? 10 * TIME_MINUTE : 8 * TIME_DAY);
}

/* S1, the part at the moment of the acknowledgement: the order is in the store. */
static void acknowledged(struct sim *s, struct ask *a, const struct response *r) {
    struct buyer_form *b = a->who;
    str reference = reference_of(r);
    if (r->status != 303 || !reference.len) {
        if (r->status < 500)
            violate(s, "S1", "a good form was answered with %d", r->status);
        later(s, b);
        return;
    }
    struct ghost_order *o = ghost_order(s, str_part(reference, 0, 19), false);
    if (!o || !o->kept) {
        violate(s, "S1", "order %.*s was acknowledged and is not kept", 19, reference.ptr);
        return;
    }
    o->acked = true;
    memcpy(o->reference, reference.ptr, reference.len);
    if (b->keyed)
        same_order(s, b, o);
    if (strikes(s, FAULT_UNHEARD)) {
        later(s, b);
        return;
    }
    if (!b->order && b->pays)
        event_add(s, s->now + pay_after(s), pays, o, 0);
    b->order = o;
}

/* Whoever has no answer after a while presses again, and now and then who has one. */
static void form_check(struct sim *s, void *what, uint64_t number) {
    const struct buyer_form *b = what;
    if (!b->order || (!s->script && !below(s, 4)))
        form_send(s, what, 0);
}

static void form_send(struct sim *s, void *what, uint64_t number) {
    struct buyer_form *b = what;
    struct ask *a = NEW(s->mem, struct ask);
    b->tries++;
    *a = (struct ask){.method = "POST",
        .target = S("/api/order"),
        .type = S("application/x-www-form-urlencoded"),
        .body = b->body,
        .answered = acknowledged,
        .who = b};
    if (s->script && b->tries < TRIES_MOST)
        event_add(s, s->now + 10 * TIME_SECOND, form_check, b, 0);
    if (!ask_send(s, a))
        later(s, b);
    else if (b->keyed && !s->script && b->tries < TRIES_MOST)
        event_add(s, s->now + 5 * TIME_SECOND + (int64_t)below(s, TIME_MINUTE), form_check, b, 0);
    if (b->keyed && strikes(s, FAULT_TWICE))
        event_add(s, s->now, form_send, b, 0);
}

static const struct {
    str id, price;
} products[] = {
    {S_INIT("course"), S_INIT("499.00+PLN")},
    {S_INIT("badge"), S_INIT("10.00+PLN")},
    {S_INIT("talk"), S_INIT("79.00+EUR")},
    {S_INIT("letter"), S_INIT("5.00+EUR")},
    {S_INIT("seat"), S_INIT("7.00+EUR")},
    {S_INIT("ticket"), S_INIT("6.00+EUR")},
    {S_INIT("news"), S_INIT("4.00+EUR")},
};
enum { LIVE_PRODUCTS = 2 }; /* their currency has a gateway that takes live money */

static str form_body(struct sim *s, size_t product, bool keyed, str name, str host) {
    str body = JOIN(s->mem, S("product="), products[product].id, S("&email="), name, host,
        S("&name=Anna+Nowak&price="), products[product].price, S("&consent_terms=on"));
    return keyed ? JOIN(s->mem, body, S("&key=0123456789abcdef"), name) : body;
}

void buyer_comes(struct sim *s, void *nothing, uint64_t number) {
    struct buyer_form *b = NEW(s->mem, struct buyer_form);
    size_t product = below(s, s->house->shop->live ? LIVE_PRODUCTS : COUNT(products));
    str name = base32_number(s->mem, number, 4);
    if (s->script)
        product = (size_t)s->product;
    b->keyed = s->script || below(s, 2);
    b->pays = s->script || below(s, 1024) < (uint64_t)s->pays;
    b->first_at = s->now;
    b->body = form_body(s, product, b->keyed, name, S("%40example.com"));
    if (b->keyed && strikes(s, FAULT_MENDED)) {
        b->mended = NEW(s->mem, struct buyer_form);
        *b->mended = (struct buyer_form){.keyed = true,
            .pays = below(s, 2),
            .first_at = s->now,
            .body = form_body(s, product, true, name, S("%40example.org")),
            .mended = b};
        event_add(s, s->now + (int64_t)below(s, TIME_MINUTE), form_send, b->mended, 0);
    }
    if (s->script)
        s->script->form = b;
    form_send(s, b, 0);
    if (--s->buyers_left > 0)
        event_add(s, s->now + (int64_t)below(s, number & 1 ? 2 * TIME_SECOND : 3 * TIME_HOUR),
            buyer_comes, NULL, number + 1);
}
