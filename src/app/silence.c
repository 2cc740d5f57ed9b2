#include "app/silence.h"

#include "app/matter.h"
#include "base/json.h"
#include "shop/order.h"

/* The first page mostly decides; seven, each twice as long as the last, are a thousand. */
enum { PAGE = 8, PAGES = 7 };
#define PATIENCE (3 * TIME_HOUR)

/* What the latest orders say about one gateway. */
struct ear {
    str gateway;
    bool heard;
    size_t unheard; /* of those that had time enough */
    instant since;  /* when the oldest of them was placed */
};

static bool is_decided(const struct ear *e) {
    return e->heard || e->unheard == SILENCE_ORDERS;
}

static void order_count(struct ear *e, const struct order_glance *o, instant now) {
    if (!str_is(e->gateway, o->gateway) || is_decided(e))
        return;
    e->heard = o->heard;
    if (e->heard || o->placed_at > now - PATIENCE)
        return;
    e->unheard++;
    e->since = o->placed_at;
}

static bool is_open(const struct ear *ears, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!is_decided(&ears[i]))
            return true;
    return false;
}

/* An order that does not read is others' business: it must not end the sweep. */
static void page_count(
    struct arena *mem, const struct row_list *rows, struct ear *ears, size_t count, instant now) {
    for (size_t i = 0; i < rows->count && is_open(ears, count); i++) {
        struct order_glance o;
        bool reads = order_glance(mem, rows->rows[i].bytes, &o);
        for (size_t k = 0; reads && k < count; k++)
            order_count(&ears[k], &o, now);
    }
}

/* Newest first, until each gateway is decided; bounded. */
static err listen(struct arena *mem, const struct work *w, struct ear *ears, size_t count) {
    struct store *s = w->doors->store;
    str before = {0};
    struct row_list rows = {.more = true};
    for (int i = 0; i < PAGES && rows.more && is_open(ears, count); i++) {
        struct query q = {.kind = S("order"),
            .part_from = S("o"),
            .part_to = S("p"),
            .after_part = before,
            .newest_first = true,
            .limit = PAGE << i};
        TRY(s->kind->list(s, mem, &q, &rows));
        page_count(mem, &rows, ears, count, w->doors->now(w->doors->self));
        before = rows.count ? rows.rows[rows.count - 1].part : before;
    }
    return OK_ERR;
}

/* ---- what follows ---- */

/* KEPT_KNOWN: told already, by whichever process. */
static err tell(struct arena *mem, const struct work *w, const struct ear *e) {
    instant now = w->doors->now(w->doors->self);
    str key = JOIN(mem, e->gateway, S("/"), str_int(mem, e->since));
    struct tree *row = tree_map(mem);
    tree_put_text(mem, row, S("gateway"), e->gateway);
    tree_put_text(mem, row, S("since"), time_iso(mem, e->since));
    struct put puts[2] = {{.part = S("silence"),
                              .kind = S("silence"),
                              .key = e->gateway,
                              .version = PUT_NEW,
                              .bytes = json_write(mem, row)},
        matter_put(S("silence"), key,
            matter_silence(mem, w->shop,
                &(struct silence){.gateway = e->gateway,
                    .since = e->since,
                    .orders = SILENCE_ORDERS,
                    .key = key}),
            now)};
    struct change change = {.puts = puts, .count = COUNT(puts), .reserve = true};
    w->doors->store->kind->apply(w->doors->store, &change, 1);
    if (change.kept == KEPT_OK)
        doors_log(w->doors, S("error"),
            JOIN(mem, S("the gateway "), e->gateway,
                S(" tells nothing of the latest orders; `grosz doctor` says what to look at")));
    return change.kept == KEPT_OK || change.kept == KEPT_KNOWN
               ? OK_ERR
               : err_make(ERR_BUSY, S("that a gateway is silent was not kept"));
}

static err forget(struct arena *mem, const struct work *w, str gateway) {
    struct store *s = w->doors->store;
    struct row row;
    err e = s->kind->get(s, mem, S("silence"), S("silence"), gateway, &row);
    if (e.code == ERR_ABSENT)
        return OK_ERR;
    TRY(e);
    struct put put = {
        .part = row.part, .kind = row.kind, .key = row.key, .version = row.version, .drop = true};
    struct change change = {.puts = &put, .count = 1, .reserve = true};
    s->kind->apply(s, &change, 1);
    return change.kept == KEPT_OK || change.kept == KEPT_CONFLICT
               ? OK_ERR
               : err_make(ERR_BUSY, S("that a gateway speaks again was not kept"));
}

err silence_look(struct arena *mem, const struct work *w) {
    const struct shop *shop = w->shop;
    if (!shop->live || !shop->gateway_count)
        return OK_ERR;
    struct ear *ears = arena_array(mem, shop->gateway_count, sizeof(*ears));
    size_t count = 0;
    /* The test gateway has no say in a live shop, and would never be decided. */
    for (size_t i = 0; i < shop->gateway_count; i++)
        if (!str_is(shop->gateways[i].use, S("test")))
            ears[count++].gateway = shop->gateways[i].name;
    TRY(listen(mem, w, ears, count));
    for (size_t i = 0; i < count; i++) {
        if (ears[i].heard)
            TRY(forget(mem, w, ears[i].gateway));
        else if (ears[i].unheard == SILENCE_ORDERS)
            TRY(tell(mem, w, &ears[i]));
    }
    return OK_ERR;
}
