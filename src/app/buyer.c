#include "app/buyer.h"

#include "app/account.h"
#include "app/call.h"
#include "app/notify.h"
#include "app/orders.h"
#include "base/json.h"
#include "http/form.h"
#include "page/view.h"
#include "shop/words.h"

static void nothing_here(const struct flow *f, struct reply *reply) {
    flow_refused(f, METER_WRONG_KEY);
    reply->response =
        flow_gone(f, err_make(ERR_ABSENT, S("")), words(f->shop->lang, S("no_order")));
}

/* ---- the order's page ---- */

static struct tree *order_short(const struct flow *f, const struct order *o) {
    const struct tree *all = order_view(f->mem, o);
    static const str shown[] = {S_INIT("id"), S_INIT("mode"), S_INIT("state"), S_INIT("marks"),
        S_INIT("placed_at"), S_INIT("paid_at"), S_INIT("total"), S_INIT("currency")};
    struct tree *t = tree_map(f->mem);
    for (size_t i = 0; i < COUNT(shown); i++)
        if (tree_find(all, shown[i]))
            tree_put(t, shown[i], tree_copy(f->mem, tree_find(all, shown[i])));
    struct tree *steps = tree_put(t, S("steps"), tree_list(f->mem));
    for (size_t i = 0; i < o->step_count; i++) {
        if (o->steps[i].line < 0)
            continue;
        struct tree *s = tree_add(steps, tree_map(f->mem));
        tree_put_text(f->mem, s, S("id"), o->steps[i].id);
        tree_put_text(f->mem, s, S("state"), str_of(step_state_name(o->steps[i].state)));
        if (o->steps[i].values)
            tree_put(s, S("values"), tree_copy(f->mem, o->steps[i].values));
    }
    return t;
}

/* What the button just pressed did, as its 303 says. */
static str said(const struct flow *f) {
    static const str words[][2] = {{S_INIT("resent"), S_INIT("said_resent")},
        {S_INIT("changed"), S_INIT("said_changed")}, {S_INIT("often"), S_INIT("said_often")}};
    str word = request_query(f->mem, f->request, S("said"));
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_is(words[i][0], word))
            return words[i][1];
    return S("");
}

void buyer_page(const struct flow *f, const struct route_match *m, struct reply *reply) {
    struct order *o = NULL;
    err e = order_id_is(m->parts[0]) ? orders_get(f->mem, f->doors->store, m->parts[0], &o)
                                     : err_make(ERR_ABSENT, S(""));
    if (e.code == ERR_NONE && !order_key_is(f->mem, f->shop->secret, o, S("page"), m->parts[1]))
        e = err_make(ERR_ABSENT, S(""));
    if (e.code == ERR_ABSENT) {
        nothing_here(f, reply);
        return;
    }
    if (e.code != ERR_NONE) {
        doors_log(f->doors, S("error"), e.what);
        reply->response = flow_error(f, e, S(""));
        return;
    }
    if (request_wants_json(f->request)) {
        reply->response = response_json(200, json_write(f->mem, order_short(f, o)));
        return;
    }
    /* The page counts in its address how often it has looked, and gives up politely. */
    str looks = request_query(f->mem, f->request, S("n"));
    str again = JOIN(f->mem, call_page(f->mem, f->shop, o), looks.len ? S("?n=") : S(""), looks);
    const struct order_look look = {.again = again, .said = said(f)};
    const struct tree *view = view_order(f->mem, f->shop, f->theme, o, &look);
    reply->response = flow_page(f, 200, S("order.html"), view);
}

/* ---- the test gateway's page ---- */

static err pay_read(const struct flow *f, str name, struct account *a, struct test_payment *p) {
    const struct shop_gateway *g = shop_gateway(f->shop, name);
    if (!g || !str_is(g->use, S("test")))
        return err_make(ERR_ABSENT, S("There is no test gateway of that name."));
    TRY(account_new(f->mem, f->shop, g, NULL, a));
    return gateway_test_payment(f->mem, a, f->request->query, p);
}

void buyer_pay(const struct flow *f, const struct route_match *m, struct reply *reply) {
    struct account a;
    struct test_payment p;
    err e = pay_read(f, m->parts[0], &a, &p);
    if (e.code != ERR_NONE) {
        reply->response = flow_error(f, e, e.what);
        return;
    }
    const struct tree *view =
        view_test_payment(f->mem, f->shop, f->theme, p.product, p.amount, f->request->target);
    reply->response = flow_page(f, 200, S("pay.html"), view);
}

/* What a button of the test page makes the "provider" do: notes sent, and where the buyer goes. */
struct button {
    str name;
    bool paid;
    int notes;
    bool back;
};

static const struct button buttons[] = {
    {S_INIT("pay"), true, 1, true},
    {S_INIT("refuse"), false, 1, true},
    {S_INIT("nothing"), true, 1, false},
    {S_INIT("twice"), true, 2, true},
};

struct paying {
    struct account account;
    struct test_payment payment;
    const struct button *button;
    int sent;
    struct request request;
    struct flow flow;
    struct reply inner;
};

static void pay_next(const struct flow *f, struct reply *reply);

static void pay_end(const struct flow *f, struct reply *reply) {
    struct paying *p = reply->state;
    reply->changes = NULL;
    if (p->inner.response.status != 200)
        reply->response = flow_error(f, err_make(ERR_BUSY, S("")), words(f->shop->lang, S("busy")));
    else if (p->button->back)
        reply->response = response_go(p->payment.back);
    else
        reply->response = flow_page(f, 200, S("message.html"),
            view_message(f->mem, f->shop, f->theme, S(""), words(f->shop->lang, S("never_back"))));
}

/* The note goes the way of every note; when it is kept, the next one, then the buyer goes back. */
static void pay_kept(const struct flow *f, struct reply *reply) {
    struct paying *p = reply->state;
    if (p->inner.kept)
        p->inner.kept(&p->flow, &p->inner);
    if (p->inner.response.status == 200 && p->sent < p->button->notes)
        pay_next(f, reply);
    else
        pay_end(f, reply);
}

static void pay_next(const struct flow *f, struct reply *reply) {
    struct paying *p = reply->state;
    p->sent++;
    p->request = *f->request;
    p->request.body = gateway_test_note(f->mem, &p->account, &p->payment, p->button->paid, p->sent);
    p->flow = *f;
    p->flow.request = &p->request;
    p->inner = (struct reply){0};
    notify(&p->flow, p->account.name, &p->inner);
    reply->changes = p->inner.changes;
    reply->change_count = p->inner.change_count;
    reply->kept = pay_kept;
    if (!reply->changes)
        pay_end(f, reply);
}

static const struct button *button_read(const struct flow *f) {
    struct tree *fields = NULL, *twice = NULL;
    if (form_read(f->mem, f->request->body, &fields, &twice).code != ERR_NONE)
        return NULL;
    for (size_t i = 0; i < COUNT(buttons); i++)
        if (str_is(tree_get(fields, S("do")), buttons[i].name))
            return &buttons[i];
    return NULL;
}

void buyer_paid(const struct flow *f, const struct route_match *m, struct reply *reply) {
    struct paying *p = NEW(f->mem, struct paying);
    err e = pay_read(f, m->parts[0], &p->account, &p->payment);
    p->button = button_read(f);
    if (e.code == ERR_NONE && !p->button)
        e = err_make(ERR_INVALID, S("Choose one of the buttons."));
    if (e.code != ERR_NONE) {
        reply->response = flow_error(f, e, e.what);
        return;
    }
    reply->state = p;
    pay_next(f, reply);
}
