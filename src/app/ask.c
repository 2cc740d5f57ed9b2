#include "app/ask.h"

#include "app/belongings.h"
#include "app/call.h"
#include "app/orders.h"
#include "base/json.h"
#include "http/form.h"
#include "page/view.h"
#include "shop/plan.h"
#include "shop/wish.h"
#include "shop/words.h"

enum { FINDS_PER_ADDRESS = 10, ASKS_PER_ORDER = 10 };

/* What is remembered between the question and the word of the store. */
struct asking {
    struct put put;
    struct change change;
    struct response answer;
};

static void kept(const struct flow *f, struct reply *reply) {
    const struct asking *a = reply->state;
    reply->changes = NULL;
    bool fine = a->change.kept == KEPT_OK;
    if (!fine)
        flow_refused(f, METER_ASK_BUSY);
    reply->response =
        fine ? a->answer
             : flow_error(f, err_make(ERR_BUSY, S("")), words(f->shop->lang, S("not_asked")));
}

static void ask(const struct flow *f, struct put put, struct response answer, struct reply *reply) {
    struct asking *a = NEW(f->mem, struct asking);
    put.kind = S("ask");
    put.version = PUT_ANY;
    put.due = f->request->at;
    *a = (struct asking){.put = put, .answer = answer};
    a->change = (struct change){.puts = &a->put, .count = 1};
    reply->changes = &a->change;
    reply->change_count = 1;
    reply->kept = kept;
    reply->state = a;
}

static void too_many(const struct flow *f, struct reply *reply) {
    flow_refused(f, METER_ASK_MANY);
    reply->response =
        flow_error(f, err_make(ERR_TOO_MANY, S("")), words(f->shop->lang, S("too_often")));
    response_header(&reply->response, S("Retry-After"), S("60"));
}

/* The sentence for an e-mail that cannot be one; "" when it can. */
static str email_wrong(const struct flow *f, str email, str lang) {
    str fault = email_fault(email);
    return fault.len ? words(lang.len ? lang : f->shop->lang, fault) : S("");
}

/* ---- send me my links ---- */

void ask_find(const struct flow *f, const struct route_match *m, struct reply *reply) {
    struct tree *fields = NULL, *twice = NULL;
    if (!limit_take(f->limit, JOIN(f->mem, S("find "), f->request->peer), FINDS_PER_ADDRESS,
            f->request->at)) {
        too_many(f, reply);
        return;
    }
    err e = form_read(f->mem, f->request->body, &fields, &twice);
    if (e.code != ERR_NONE) {
        flow_refused(f, METER_ASK_NO_FORM);
        reply->response = flow_error(f, e, e.what);
        return;
    }
    str email = str_trim(tree_get(fields, S("email")));
    str wrong = email_wrong(f, email, S(""));
    if (wrong.len) {
        flow_refused(f, METER_ASK_FIELDS);
        const struct tree *view = view_find(f->mem, f->shop, f->theme, email, wrong);
        reply->response = flow_page(f, 422, S("find.html"), view);
        return;
    }
    const struct tree *t = theme_words(f->theme, f->shop->lang);
    const struct tree *view = view_message(
        f->mem, f->shop, f->theme, tree_get(t, S("find_done")), tree_get(t, S("find_done_about")));
    struct response done = flow_page(f, 200, S("message.html"), view);
    if (tree_get(fields, S("website")).len) {
        reply->response = done; /* a robot: told the same, and nothing is done */
        return;
    }
    struct tree *what = tree_map(f->mem);
    tree_put_text(f->mem, what, S("email"), email);
    str part = JOIN(f->mem, S("find/"), belongings_hash(f->mem, email));
    ask(f, (struct put){.part = part, .key = S("find"), .bytes = json_write(f->mem, what)}, done,
        reply);
}

/* ---- of an order ---- */

static err order_of(const struct flow *f, const struct route_match *m, struct order **out) {
    if (!order_id_is(m->parts[0]))
        return err_make(ERR_ABSENT, S(""));
    TRY(orders_get(f->mem, f->doors->store, m->parts[0], out));
    if (!order_key_is(f->mem, f->shop->secret, *out, S("page"), m->parts[1]))
        return err_make(ERR_ABSENT, S(""));
    return OK_ERR;
}

static void page_wrong(
    const struct flow *f, const struct order *o, str email, str wrong, struct reply *reply) {
    flow_refused(f, METER_ASK_FIELDS);
    const struct order_look look = {
        .again = call_page(f->mem, f->shop, o), .email = email, .wrong = wrong};
    struct tree *view = view_order(f->mem, f->shop, f->theme, o, &look);
    tree_put(view, S("refresh"), tree_none(f->mem));
    reply->response = flow_page(f, 422, S("order.html"), view);
}

static void order_asked(
    const struct flow *f, const struct order *o, str verb, str email, struct reply *reply) {
    str said = str_is(verb, S("email")) ? S("?said=changed") : S("?said=resent");
    if (plan_letters(o, S("access"), f->request->at) >= PLAN_LETTERS_A_DAY)
        said = S("?said=often");
    struct response back = response_go(JOIN(f->mem, call_page(f->mem, f->shop, o), said));
    if (str_is(said, S("?said=often"))) {
        flow_refused(f, METER_ASK_MANY);
        reply->response = back;
        return;
    }
    struct tree *what = tree_map(f->mem);
    tree_put_text(f->mem, what, S("email"), email);
    ask(f, (struct put){.part = o->id, .key = verb, .bytes = json_write(f->mem, what)}, back,
        reply);
}

void ask_order(const struct flow *f, const struct route_match *m, struct reply *reply) {
    struct order *o = NULL;
    struct tree *fields = NULL, *twice = NULL;
    str verb = m->parts[2];
    bool known = str_is(verb, S("email")) || str_is(verb, S("resend"));
    err e = known ? order_of(f, m, &o) : err_make(ERR_ABSENT, S(""));
    if (e.code == ERR_NONE && (o->expired_at || (o->marks & MARK_REFUNDED)))
        e = err_make(ERR_ABSENT, S(""));
    if (e.code == ERR_NONE)
        e = form_read(f->mem, f->request->body, &fields, &twice);
    if (e.code != ERR_NONE) {
        bool absent = e.code == ERR_ABSENT;
        flow_refused(f, absent ? METER_WRONG_KEY : METER_ASK_NO_FORM);
        reply->response = flow_error(f, e, absent ? words(f->shop->lang, S("no_order")) : e.what);
        return;
    }
    if (!limit_take(f->limit, JOIN(f->mem, S("ask "), o->id), ASKS_PER_ORDER, f->request->at)) {
        too_many(f, reply);
        return;
    }
    str email = str_trim(tree_get(fields, S("email")));
    str wrong = str_is(verb, S("email")) ? email_wrong(f, email, o->buyer.lang) : S("");
    if (wrong.len)
        page_wrong(f, o, email, wrong, reply);
    else
        order_asked(f, o, verb, email, reply);
}

/* ---- doing it ---- */

struct doing {
    struct row *job;
    str verb, email;
};

static const struct step *access_of(const struct order *o) {
    for (size_t i = 0; i < o->step_count; i++)
        if (str_is(o->steps[i].id, S("access")))
            return &o->steps[i];
    return NULL;
}

/* The letter that is already written goes on to where it was meant; another one follows. */
static void write_again(struct arena *mem, const struct work *w, struct order *o) {
    const struct step *access = access_of(o);
    if (access && (access->digest.len || !step_is_open(access)))
        plan_again(mem, w->shop, o, S("access"), w->doors->now(w->doors->self));
}

static err do_edit(struct orders_edit *e, struct arena *mem, struct order *o) {
    const struct doing *d = e->state;
    e->also[e->also_count++] = (struct put){
        .kind = d->job->kind, .key = d->job->key, .version = d->job->version, .drop = true};
    if (o->expired_at || (o->marks & (MARK_REFUNDED | MARK_ERASED)))
        return OK_ERR;
    if (str_is(d->verb, S("email")))
        o->buyer.email = d->email;
    write_again(mem, e->work, o);
    return OK_ERR;
}

/* Before the order has the new address: where to find it by that. A row too many is harmless. */
static err index_put(struct arena *mem, const struct work *w, const struct order *o, str email) {
    struct put put = {.part = belongings_part(mem, belongings_hash(mem, email)),
        .kind = S("mail"),
        .key = o->id,
        .version = PUT_ANY};
    struct change change = {.puts = &put, .count = 1, .reserve = true};
    if (!o->paid_at)
        return OK_ERR;
    w->doors->store->kind->apply(w->doors->store, &change, 1);
    return change.kept == KEPT_OK ? OK_ERR
                                  : err_make(ERR_BUSY, S("the index of an order was not kept"));
}

static err drop(const struct work *w, const struct row *job) {
    struct put put = {.part = job->part,
        .kind = job->kind,
        .key = job->key,
        .version = job->version,
        .drop = true};
    struct change change = {.puts = &put, .count = 1, .reserve = true};
    w->doors->store->kind->apply(w->doors->store, &change, 1);
    if (change.kept == KEPT_CONFLICT)
        return err_make(ERR_CONFLICT, S("it was asked for again meanwhile"));
    return change.kept == KEPT_OK ? OK_ERR : err_make(ERR_BUSY, S("a done question was not kept"));
}

static err links_edit(struct orders_edit *e, struct arena *mem, struct order *o) {
    instant now = e->work->doors->now(e->work->doors->self);
    return plan_again(mem, e->work->shop, o, S("links"), now)
               ? OK_ERR
               : err_make(ERR_ABSENT, S("enough letters went out today"));
}

/* One letter for all orders of the address: a step of the newest. A crash between the step and the
 * dropped row makes a second letter at worst, and the day's limit counts it. */
static err do_find(struct arena *mem, const struct work *w, struct row *job, str email) {
    struct belongings s;
    struct order *o = NULL;
    TRY(belongings_read(mem, w->doors->store, belongings_hash(mem, email), &s));
    if (s.count) {
        struct orders_edit e = {.work = w, .id = s.orders[0]->id, .edit = links_edit};
        err got = orders_change(mem, &e, &o);
        if (got.code != ERR_NONE && got.code != ERR_ABSENT)
            return got;
    }
    return drop(w, job);
}

err ask_work(struct arena *mem, const struct work *w, struct row *job) {
    const struct tree *what = NULL;
    struct order *o = NULL;
    TRY(json_read(mem, job->bytes, &what));
    struct doing d = {.job = job, .verb = job->key, .email = tree_get(what, S("email"))};
    if (str_is(d.verb, S("find")))
        return do_find(mem, w, job, d.email);
    err got = orders_get(mem, w->doors->store, job->part, &o);
    if (got.code == ERR_ABSENT)
        return drop(w, job);
    TRY(got);
    if (str_is(d.verb, S("email")))
        TRY(index_put(mem, w, o, d.email));
    struct orders_edit e = {.work = w, .id = job->part, .edit = do_edit, .state = &d, .job = job};
    return orders_change(mem, &e, &o);
}
