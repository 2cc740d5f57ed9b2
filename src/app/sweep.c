#include "app/matter.h"
#include "app/orders.h"
#include "app/silence.h"

enum { SWEEP_ROWS = 500 };

/* Where the sweep of unpaid orders has got to: everything placed before is paid or expired. */
struct sweep {
    str at;
    int64_t version;
};

static err sweep_read(struct arena *mem, const struct work *w, str key, struct sweep *out) {
    struct row row;
    struct store *s = w->doors->store;
    err e = s->kind->get(s, mem, S("shop"), S("sweep"), key, &row);
    if (e.code == ERR_ABSENT) {
        *out = (struct sweep){.version = PUT_NEW};
        return OK_ERR;
    }
    TRY(e);
    *out = (struct sweep){.at = row.bytes, .version = row.version};
    return OK_ERR;
}

static err sweep_write(const struct work *w, str key, struct sweep s) {
    struct put put = {
        .part = S("shop"), .kind = S("sweep"), .key = key, .version = s.version, .bytes = s.at};
    struct change change = {.puts = &put, .count = 1, .reserve = true};
    w->doors->store->kind->apply(w->doors->store, &change, 1);
    if (change.kept == KEPT_UNKNOWN)
        return err_make(ERR_UNKNOWN, S("how far the sweep got was not kept"));
    return OK_ERR;
}

static err expire_edit(struct orders_edit *e, struct arena *mem, struct order *o) {
    instant now = e->work->doors->now(e->work->doors->self);
    return order_expire(o, now) ? OK_ERR : err_make(ERR_ABSENT, S("not to expire"));
}

/* *early: it was placed under a longer `expire:`, its time has not come; the sweep waits for it. */
static err expire(struct arena *mem, const struct work *w, const struct row *row, bool *early) {
    struct order *o = NULL;
    *early = false;
    if (order_is_over(mem, row->bytes))
        return OK_ERR;
    TRY(orders_read(mem, row, &o));
    struct orders_edit e = {.work = w, .id = row->part, .edit = expire_edit, .known = o};
    *early = order_state(o) == ORDER_PLACED && o->expires_at > w->doors->now(w->doors->self);
    if (*early || order_state(o) != ORDER_PLACED)
        return OK_ERR;
    err got = orders_change(mem, &e, &o);
    /* Paid meanwhile, or the clock went back: the sweep looks at it again before it goes on. */
    *early = got.code == ERR_ABSENT;
    return *early ? OK_ERR : got;
}

/* ---- what does not read ---- */

enum { UNREAD_NAMED = 20 };

/* Damage at one order is no reason to leave those behind it: the owner is told, once, and they go
 * on. */
static void unread_add(struct arena *mem, const struct work *w, struct tree *list, str id, err e) {
    doors_log(w->doors, S("error"), JOIN(mem, S("the sweep passes by: "), e.what));
    if (list->count == UNREAD_NAMED)
        return;
    struct tree *t = tree_add(list, tree_map(mem));
    tree_put_text(mem, t, S("check"), S("order"));
    tree_put_text(mem, t, S("says"), e.what);
    tree_put_text(mem, t, S("mend"),
        JOIN(mem, S("grosz order show "), id,
            S("; grosz restore puts a backup back in which it reads")));
}

/* KEPT_KNOWN: told already. */
static err unread_tell(
    struct arena *mem, const struct work *w, const struct tree *list, str first) {
    instant now = w->doors->now(w->doors->self);
    str key = JOIN(mem, S("order/"), first);
    if (!list->count)
        return OK_ERR;
    struct put put = matter_put(S("doctor"), key, matter_doctor(mem, w->shop, list, key), now);
    struct change change = {.puts = &put, .count = 1, .reserve = true};
    w->doors->store->kind->apply(w->doors->store, &change, 1);
    return change.kept == KEPT_OK || change.kept == KEPT_KNOWN
               ? OK_ERR
               : err_make(ERR_BUSY, S("that an order does not read was not kept"));
}

/* One stretch of orders that are old enough, of one mode. A clock that was ahead for longer than
 * orders live has led past ids of orders that are still to come: back to what is old by ours. */
static err sweep_mode(struct arena *mem, const struct work *w, bool live) {
    struct store *store = w->doors->store;
    instant now = w->doors->now(w->doors->self);
    str key = live ? S("live") : S("test");
    str old = order_id_from(mem, live, now - w->shop->expire_ms);
    struct sweep s;
    struct row_list list;
    TRY(sweep_read(mem, w, key, &s));
    str kept = s.at;
    if (str_order(s.at, old) > 0)
        s.at = old;
    struct query q = {.kind = S("order"),
        .part_from = s.at.len ? s.at : order_id_from(mem, live, 0),
        .part_to = old,
        .after_part = s.at,
        .limit = SWEEP_ROWS};
    TRY(store->kind->list(store, mem, &q, &list));
    str reached = s.at, unread = {0};
    struct tree *amiss = tree_list(mem);
    for (size_t i = 0; i < list.count; i++) {
        bool early = false;
        str id = list.rows[i].part;
        err e = expire(mem, w, &list.rows[i], &early);
        if (e.code == ERR_CORRUPT) {
            unread = unread.len ? unread : id;
            unread_add(mem, w, amiss, id, e);
            e = OK_ERR;
        }
        TRY(e);
        if (early)
            break;
        reached = id;
    }
    TRY(unread_tell(mem, w, amiss, unread));
    if (str_is(reached, kept))
        return OK_ERR;
    s.at = reached;
    return sweep_write(w, key, s);
}

err work_sweep(struct arena *mem, const struct work *w) {
    TRY(sweep_mode(mem, w, true));
    TRY(sweep_mode(mem, w, false));
    return silence_look(mem, w);
}
