#include "app/belongings.h"

#include "app/call.h"
#include "app/orders.h"
#include "base/hash.h"
#include "page/view.h"
#include "shop/words.h"

enum { HASH_SHOWN = 32 };

str belongings_hash(struct arena *mem, str email) {
    return hash_sha256_hex(mem, str_lower(mem, email));
}

str belongings_part(struct arena *mem, str hash) {
    return JOIN(mem, S("mail/"), hash);
}

static bool belongs(struct arena *mem, const struct order *o, str hash) {
    enum order_state state = order_state(o);
    /* It may have been corrected since: the index keeps the former address. */
    return (state == ORDER_PAID || state == ORDER_FULFILLED) && !(o->marks & MARK_REFUNDED)
           && str_starts(belongings_hash(mem, o->buyer.email), hash);
}

/* hash: whole, or its beginning as a link has it. */
err belongings_read(struct arena *mem, struct store *store, str hash, struct belongings *out) {
    struct row_list rows;
    struct query q = {.kind = S("mail"),
        .part_from = belongings_part(mem, hash),
        .part_to = JOIN(mem, belongings_part(mem, hash), S("g")), /* behind every hex digit */
        .newest_first = true,
        .limit = BELONGINGS_ORDERS};
    TRY(store->kind->list(store, mem, &q, &rows));
    *out = (struct belongings){
        .hash = hash, .orders = arena_array(mem, rows.count + 1, sizeof(void *))};
    for (size_t i = 0; i < rows.count; i++) {
        struct order *o = NULL;
        err e = orders_get(mem, store, rows.rows[i].key, &o);
        if (e.code == ERR_ABSENT)
            continue;
        TRY(e);
        if (!belongs(mem, o, hash))
            continue;
        out->orders[out->count++] = o;
        out->turns += o->turn;
    }
    return OK_ERR;
}

/* ---- the link: "all-<hash>-<mac>", under /a/ ---- */

static str token_of(struct arena *mem, const struct shop *shop, const struct belongings *s) {
    str hash = str_part(s->hash, 0, HASH_SHOWN);
    return JOIN(mem, S("all-"), hash, S("-"), access_belongings(mem, shop->secret, hash, s->turns));
}

bool belongings_token_is(str token) {
    return str_starts(token, S("all-"));
}

static struct tree *view_of(struct arena *mem, const struct shop *shop, const struct theme *theme,
    const struct belongings *s, str lang) {
    struct tree *pages = tree_list(mem);
    for (size_t i = 0; i < s->count; i++)
        tree_add(pages, tree_text(mem, call_page(mem, shop, s->orders[i])));
    const struct view_orders orders = {s->orders, s->count, pages, lang};
    return theme ? view_belongings(mem, shop, theme, &orders) : view_links(mem, shop, &orders);
}

static bool hash_reads(str token, str *hash) {
    *hash = str_part(token, 4, HASH_SHOWN);
    for (size_t i = 0; i < hash->len; i++)
        if (!(hash->ptr[i] >= '0' && hash->ptr[i] <= '9')
            && !(hash->ptr[i] >= 'a' && hash->ptr[i] <= 'f'))
            return false;
    return hash->len == HASH_SHOWN;
}

void belongings_page(const struct flow *f, str token, struct reply *reply) {
    struct belongings s = {0};
    str hash = {0};
    err e = hash_reads(token, &hash) ? belongings_read(f->mem, f->doors->store, hash, &s)
                                     : err_make(ERR_ABSENT, S(""));
    if (e.code == ERR_NONE && (!s.count || !hash_is(token_of(f->mem, f->shop, &s), token)))
        e = err_make(ERR_ABSENT, S(""));
    if (e.code != ERR_NONE) {
        bool gone = e.code == ERR_ABSENT;
        if (!gone)
            doors_log(f->doors, S("error"), e.what);
        reply->response = flow_gone(f, e, gone ? words(f->shop->lang, S("no_belongings")) : S(""));
        return;
    }
    str lang = s.orders[0]->buyer.lang;
    reply->response =
        flow_page(f, 200, S("belongings.html"), view_of(f->mem, f->shop, f->theme, &s, lang));
}

err belongings_letter(
    struct arena *mem, const struct work *w, const struct order *o, const struct tree **out) {
    struct belongings s;
    TRY(belongings_read(mem, w->doors->store, belongings_hash(mem, o->buyer.email), &s));
    if (!s.count)
        return err_make(ERR_ABSENT, S("nothing of what was bought is left to link to"));
    struct tree *view = view_of(mem, w->shop, NULL, &s, o->buyer.lang);
    tree_put_text(mem, view, S("belongings"),
        JOIN(mem, w->shop->api, S("/a/"), token_of(mem, w->shop, &s), S("/")));
    *out = view;
    return OK_ERR;
}
