#include "app/checkout.h"

#include "app/account.h"
#include "app/call.h"
#include "app/orders.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/json.h"
#include "http/form.h"
#include "page/view.h"
#include "shop/typo.h"
#include "shop/words.h"

/* What is remembered between the form and the word of the store. */
struct placing {
    struct order *order;
    struct put order_put, key_put;
    struct change changes[1];
};

/* ---- the form ---- */

/* A JSON body: scalars are fields as they stand; anything else is no field. */
static err fields_json(struct arena *mem, str body, struct tree **out) {
    const struct tree *t = NULL;
    TRY(json_read(mem, body, &t));
    if (!tree_is(t, TREE_MAP))
        return err_make(ERR_INVALID, S("The body must be a JSON object of fields."));
    struct tree *fields = tree_map(mem);
    for (const struct tree *f = t->first; f; f = f->next)
        if (f->kind == TREE_TEXT || f->kind == TREE_NUMBER)
            tree_put_text(mem, fields, f->name, f->text);
        else if (f->kind == TREE_BOOL && f->truth)
            tree_put_text(mem, fields, f->name, S("on"));
        else if (f->kind == TREE_LIST || f->kind == TREE_MAP)
            return err_make(ERR_INVALID, JOIN(mem, S("`"), f->name, S("` must be text.")));
    *out = fields;
    return OK_ERR;
}

static bool type_is(const struct request *r, str type) {
    str got = request_header(r, S("content-type"));
    str bare = {0};
    if (!str_cut(&got, ';', &bare))
        return false;
    return str_is_like(str_trim(bare), type);
}

static err fields_read(const struct flow *f, struct tree **fields, struct tree **twice) {
    const struct request *r = f->request;
    if (type_is(r, S("application/json")))
        return fields_json(f->mem, r->body, fields);
    if (type_is(r, S("application/x-www-form-urlencoded")))
        return form_read(f->mem, r->body, fields, twice);
    return err_make(ERR_INVALID, S("Send the form as application/x-www-form-urlencoded or JSON."));
}

/* ---- answers ---- */

static void answer_order(const struct flow *f, const struct order *o, struct reply *reply) {
    reply->changes = NULL;
    reply->order = o->id;
    if (!request_wants_json(f->request)) {
        reply->response = response_go(o->link);
        return;
    }
    struct tree *t = tree_map(f->mem);
    tree_put_text(f->mem, t, S("id"), o->id);
    tree_put_text(f->mem, t, S("state"), str_of(order_state_name(order_state(o))));
    tree_put_text(f->mem, t, S("link"), o->link);
    tree_put_text(f->mem, t, S("page"), call_page(f->mem, f->shop, o));
    reply->response = response_json(201, json_write(f->mem, t));
}

static void answer_wrong(const struct flow *f, err e, const struct tree *fields,
    const struct tree *wrong, struct reply *reply) {
    const struct product *p = shop_product(f->shop, tree_get(fields, S("product")));
    flow_refused(f, METER_WRONG_FIELDS);
    if (request_wants_json(f->request) || !p || p->draft) {
        str first = wrong && wrong->first ? tree_str(wrong->first) : e.what;
        if (!request_wants_json(f->request)) {
            reply->response = flow_error(f, e, first);
            reply->response.status = 422;
            return;
        }
        reply->response = response_problem(f->mem, err_make(e.code, first), wrong, f->request->ref);
        reply->response.status = 422;
        return;
    }
    struct tree *whole = tree_map(f->mem); /* no field's: said of all of it */
    if (!wrong)
        tree_put_text(f->mem, whole, S(""), e.what);
    const struct tree *view =
        view_buy(f->mem, f->shop, f->theme, p, fields, wrong ? wrong : whole);
    reply->response = flow_page(f, 422, S("buy.html"), view);
}

/* A form that comes back once, for an e-mail that is near to another. Programs are not asked. */
static bool is_doubtful(const struct flow *f, const struct order *o, const struct tree *fields) {
    if (request_wants_json(f->request))
        return false;
    struct typo t = typo_of(f->mem, o->buyer.email, fields);
    return t.meant.len && !t.asked;
}

static void answer_asking(
    const struct flow *f, const struct order *o, const struct tree *fields, struct reply *reply) {
    const struct product *p = shop_product(f->shop, o->lines[0].product);
    flow_refused(f, METER_WRONG_FIELDS);
    reply->response =
        flow_page(f, 422, S("buy.html"), view_buy(f->mem, f->shop, f->theme, p, fields, NULL));
}

static void answer_limited(const struct flow *f, enum meter_count why, struct reply *reply) {
    flow_refused(f, why);
    reply->response =
        flow_error(f, err_make(ERR_TOO_MANY, S("")), words(f->shop->lang, S("too_many")));
    response_header(&reply->response, S("Retry-After"), S("60"));
}

static void answer_busy(const struct flow *f, struct reply *reply) {
    flow_refused(f, METER_ORDER_BUSY);
    reply->response = flow_error(f, err_make(ERR_BUSY, S("")), words(f->shop->lang, S("busy")));
}

/* ---- the key of a script: the same key with the same fields is the same order ---- */

static str key_part(const struct flow *f, const struct order *o) {
    return JOIN(f->mem, S("key/"), o->key_hash);
}

static err link_make(const struct flow *f, struct order *o) {
    const struct shop_gateway *g = shop_gateway(f->shop, o->gateway);
    const struct gateway *code = g ? gateway_find(g->use) : NULL;
    struct account a;
    if (!code)
        return err_make(ERR_SETUP, S("the order's gateway is not in shop.yml"));
    TRY(account_new(f->mem, f->shop, g, o, &a));
    o->reference = order_reference(f->mem, f->shop->secret, o->id);
    return code->link(f->mem, &a, o, &o->link);
}

/* Of two presses at once, the other one has just placed the order under the id that their key had
 * reserved. */
static bool is_placed(const struct flow *f, struct reply *reply) {
    const struct order *mine = ((const struct placing *)reply->state)->order;
    struct order *theirs = NULL;
    err e = orders_get(f->mem, f->doors->store, mine->id, &theirs);
    if (e.code != ERR_NONE || !mine->key_hash.len || !str_is(theirs->key_hash, mine->key_hash))
        return false;
    meter_add(f->doors->meter, METER_ORDER_AGAIN, 1);
    answer_order(f, theirs, reply);
    return true;
}

static void order_kept(const struct flow *f, struct reply *reply) {
    struct placing *p = reply->state;
    switch (p->changes[0].kept) {
    case KEPT_OK:
        f->doors->crash(f->doors->self, CRASH_ORDER_KEPT);
        meter_add(f->doors->meter, METER_ORDER_PLACED, 1);
        answer_order(f, p->order, reply);
        return;
    case KEPT_FULL:
        flow_refused(f, METER_ORDER_FULL);
        reply->response = flow_error(f, err_make(ERR_FULL, S("")), words(f->shop->lang, S("full")));
        break;
    case KEPT_KNOWN:
        if (!is_placed(f, reply))
            answer_busy(f, reply);
        break;
    case KEPT_CONFLICT:
    case KEPT_UNKNOWN: answer_busy(f, reply); break;
    }
    reply->changes = NULL;
}

static void order_put(const struct flow *f, struct reply *reply) {
    struct placing *p = reply->state;
    p->order_put = (struct put){.part = p->order->id,
        .kind = S("order"),
        .version = PUT_NEW,
        .bytes = order_write(f->mem, p->order)};
    p->changes[0] = (struct change){.puts = &p->order_put, .count = 1};
    reply->changes = p->changes;
    reply->change_count = 1;
    reply->kept = order_kept;
}

/* The key was there: its order is the answer. When a crash came between key and order, the order
 * is placed
 * now under the id that the key had reserved. */
static void key_known(const struct flow *f, struct reply *reply) {
    struct placing *p = reply->state;
    struct store *s = f->doors->store;
    struct row row;
    struct order *before = NULL;
    err e = s->kind->get(s, f->mem, key_part(f, p->order), S("key"), S(""), &row);
    if (e.code == ERR_NONE)
        e = orders_get(f->mem, s, row.bytes, &before);
    if (e.code == ERR_NONE) {
        meter_add(f->doors->meter, METER_ORDER_AGAIN, 1);
        answer_order(f, before, reply);
        return;
    }
    reply->changes = NULL;
    if (e.code == ERR_ABSENT && order_id_is(row.bytes)) {
        p->order->id = row.bytes;
        e = link_make(f, p->order);
        if (e.code == ERR_NONE) {
            order_put(f, reply);
            return;
        }
    }
    doors_log(f->doors, S("error"), e.what);
    answer_busy(f, reply);
}

static void key_kept(const struct flow *f, struct reply *reply) {
    struct placing *p = reply->state;
    if (p->changes[0].kept == KEPT_OK)
        order_put(f, reply);
    else if (p->changes[0].kept == KEPT_KNOWN)
        key_known(f, reply);
    else
        order_kept(f, reply);
}

static void key_put(const struct flow *f, struct reply *reply) {
    struct placing *p = reply->state;
    p->key_put = (struct put){.part = key_part(f, p->order),
        .kind = S("key"),
        .version = PUT_NEW,
        .bytes = p->order->id,
        .due = f->request->at + TIME_DAY};
    p->changes[0] = (struct change){.puts = &p->key_put, .count = 1};
    reply->changes = p->changes;
    reply->change_count = 1;
    reply->kept = key_kept;
}

/* ---- the flow ---- */

static err place(const struct flow *f, const struct tree *fields, const struct tree *twice,
    struct order **order, struct tree **wrong) {
    uint64_t dice = f->doors->dice(f->doors->self);
    str address = hash_hmac(f->mem, f->shop->secret, JOIN(f->mem, S("address/"), f->request->peer));
    struct order_wish wish = {.fields = fields,
        .twice = twice,
        .lang = f->shop->lang,
        .address_hash = hex_write(f->mem, str_part(address, 0, 8))};
    TRY(order_place(f->mem, f->shop, &wish, f->request->at, dice, wrong, order));
    const struct shop_gateway *g = shop_gateway_for(f->shop, str_of((*order)->total.currency));
    if (!g)
        return err_make(ERR_SETUP, S("no gateway of shop.yml takes this currency"));
    (*order)->gateway = g->name;
    (*order)->ref = f->request->ref;
    return link_make(f, *order);
}

static bool limits_pass(const struct flow *f, const struct order *o) {
    instant now = f->request->at;
    str mail = JOIN(f->mem, S("mail "), str_lower(f->mem, o->buyer.email));
    return limit_take(f->limit, mail, f->shop->orders_per_email, now);
}

void checkout(const struct flow *f, struct reply *reply) {
    struct tree *fields = NULL, *twice = NULL, *wrong = NULL;
    struct placing *p = NEW(f->mem, struct placing);
    if (!limit_take(f->limit, f->request->peer, f->shop->orders_per_address, f->request->at)) {
        answer_limited(f, METER_BY_ADDRESS, reply);
        return;
    }
    err e = fields_read(f, &fields, &twice);
    if (e.code != ERR_NONE) {
        flow_refused(f, METER_NO_FIELDS);
        reply->response = flow_error(f, e, e.what);
        return;
    }
    e = place(f, fields, twice, &p->order, &wrong);
    if (e.code == ERR_INVALID || e.code == ERR_REFUSED) {
        answer_wrong(f, e, fields, wrong, reply);
        return;
    }
    if (e.code != ERR_NONE) {
        flow_refused(f, METER_ORDER_SETUP);
        doors_log(f->doors, S("error"), e.what);
        reply->response = flow_error(f, e, S(""));
        return;
    }
    if (is_doubtful(f, p->order, fields)) {
        answer_asking(f, p->order, fields, reply);
        return;
    }
    if (!limits_pass(f, p->order)) {
        answer_limited(f, METER_BY_EMAIL, reply);
        return;
    }
    reply->state = p;
    if (p->order->key_hash.len)
        key_put(f, reply);
    else
        order_put(f, reply);
}
