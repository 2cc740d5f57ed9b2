#include "shop/order.h"

/* The documented JSON of an order (design 7): decimal text, ISO times, `null` for what has not
 * been. */

static void put_time(struct arena *mem, struct tree *t, str name, instant at) {
    tree_put(t, name, at ? tree_text(mem, time_iso(mem, at)) : tree_none(mem));
}

static void put_money(struct arena *mem, struct tree *t, str name, money m) {
    tree_put_text(mem, t, name, money_amount(mem, m));
}

static struct tree *buyer_view(struct arena *mem, const struct order *o) {
    struct tree *t = tree_map(mem);
    tree_put_text(mem, t, S("email"), o->buyer.email);
    tree_put_text(mem, t, S("name"), o->buyer.name);
    tree_put_text(mem, t, S("country"), o->buyer.country);
    return t;
}

static struct tree *company_view(struct arena *mem, const struct order *o) {
    if (!o->company.name.len)
        return tree_none(mem);
    struct tree *t = tree_map(mem);
    tree_put_text(mem, t, S("name"), o->company.name);
    tree_put_text(mem, t, S("tax_id"), o->company.tax_id);
    tree_put_text(mem, t, S("street"), o->company.street);
    tree_put_text(mem, t, S("postcode"), o->company.postcode);
    tree_put_text(mem, t, S("city"), o->company.city);
    return t;
}

static struct tree *lines_view(struct arena *mem, const struct order *o) {
    struct tree *list = tree_list(mem);
    for (size_t i = 0; i < o->line_count; i++) {
        const struct line *l = &o->lines[i];
        struct tree *t = tree_add(list, tree_map(mem));
        tree_put_text(mem, t, S("product"), l->product);
        tree_put_text(mem, t, S("name"), l->name);
        tree_put_int(mem, t, S("quantity"), l->quantity);
        tree_put_text(mem, t, S("tax"), l->tax);
        put_money(mem, t, S("net"), l->net);
        put_money(mem, t, S("gross"), l->gross);
    }
    return list;
}

static struct tree *consents_view(struct arena *mem, const struct order *o) {
    struct tree *list = tree_list(mem);
    for (size_t i = 0; i < o->consent_count; i++) {
        const struct consent_given *c = &o->consents[i];
        struct tree *t = tree_add(list, tree_map(mem));
        tree_put_text(mem, t, S("id"), c->id);
        tree_put_text(mem, t, S("version"), c->version);
        tree_put_text(mem, t, S("hash"), c->hash);
        put_time(mem, t, S("at"), c->at);
    }
    return list;
}

static struct tree *payments_view(struct arena *mem, const struct order *o) {
    struct tree *list = tree_list(mem);
    for (size_t i = 0; i < o->payment_count; i++) {
        const struct payment *p = &o->payments[i];
        struct tree *t = tree_add(list, tree_map(mem));
        tree_put_text(mem, t, S("gateway"), p->gateway);
        tree_put_text(mem, t, S("transaction"), p->transaction);
        put_money(mem, t, S("amount"), p->amount);
        put_time(mem, t, S("at"), p->at);
    }
    return list;
}

static struct tree *refunds_view(struct arena *mem, const struct order *o) {
    struct tree *list = tree_list(mem);
    for (size_t i = 0; i < o->refund_count; i++) {
        const struct refund *r = &o->refunds[i];
        struct tree *t = tree_add(list, tree_map(mem));
        tree_put_text(mem, t, S("gateway"), r->gateway);
        tree_put_text(mem, t, S("transaction"), r->transaction);
        put_money(mem, t, S("amount"), r->amount);
        put_time(mem, t, S("at"), r->at);
        tree_put_bool(mem, t, S("dispute"), r->dispute);
    }
    return list;
}

static struct tree *remarks_view(struct arena *mem, const struct order *o) {
    struct tree *list = tree_list(mem);
    for (size_t i = 0; i < o->remark_count; i++) {
        const struct remark *r = &o->remarks[i];
        struct tree *t = tree_add(list, tree_map(mem));
        tree_put_text(mem, t, S("gateway"), r->gateway);
        tree_put_text(mem, t, S("event"), r->event);
        tree_put_text(mem, t, S("what"), r->what);
        put_time(mem, t, S("at"), r->at);
    }
    return list;
}

static struct tree *steps_view(struct arena *mem, const struct order *o) {
    struct tree *list = tree_list(mem);
    for (size_t i = 0; i < o->step_count; i++) {
        const struct step *s = &o->steps[i];
        struct tree *t = tree_add(list, tree_map(mem));
        tree_put_text(mem, t, S("id"), s->id);
        tree_put_int(mem, t, S("line"), s->line + 1);
        tree_put_text(mem, t, S("do"), s->does);
        tree_put_text(mem, t, S("state"), str_of(step_state_name(s->state)));
        tree_put_int(mem, t, S("attempts"), s->attempts);
        put_time(mem, t, S("due"), s->due);
        tree_put_text(mem, t, S("receipt"), s->receipt);
        tree_put(t, S("values"), s->values ? tree_copy(mem, s->values) : tree_map(mem));
        tree_put_text(mem, t, S("error"), s->error);
    }
    return list;
}

struct tree *order_view(struct arena *mem, const struct order *o) {
    struct tree *t = tree_map(mem);
    tree_put_text(mem, t, S("id"), o->id);
    tree_put_text(mem, t, S("mode"), o->mode);
    tree_put_text(mem, t, S("state"), str_of(order_state_name(order_state(o))));
    tree_put(t, S("marks"), order_marks(mem, o));
    put_time(mem, t, S("placed_at"), o->placed_at);
    put_time(mem, t, S("paid_at"), o->paid_at);
    tree_put(t, S("buyer"), buyer_view(mem, o));
    tree_put(t, S("company"), company_view(mem, o));
    tree_put(t, S("lines"), lines_view(mem, o));
    put_money(mem, t, S("total"), o->total);
    tree_put_text(mem, t, S("currency"), str_copy(mem, str_of(o->total.currency)));
    tree_put_text(mem, t, S("gateway"), o->gateway);
    tree_put_text(mem, t, S("ref"), o->ref);
    tree_put_text(mem, t, S("link"), o->link);
    tree_put(t, S("consents"), consents_view(mem, o));
    tree_put(t, S("payments"), payments_view(mem, o));
    tree_put(t, S("refunds"), refunds_view(mem, o));
    tree_put(t, S("remarks"), remarks_view(mem, o));
    tree_put(t, S("steps"), steps_view(mem, o));
    return t;
}
