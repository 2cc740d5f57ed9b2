#include "shop/order.h"
#include "shop/wish.h"
#include "shop/words.h"

/* ---- the product, at our own price ---- */

static void price_check(struct wish *f, const struct product *p, str lang) {
    str code = str_of(p->price.currency);
    str shown = f->values[WISH_PRICE], amount = f->values[WISH_AMOUNT];
    money was = {0};
    if (shown.len
        && (money_read_shown(shown, code, &was).code != ERR_NONE || !money_is(was, p->price)))
        wish_wrong(f, S("price"), S("price_changed"), money_show(f->mem, p->price, lang));
    if (amount.len
        && (money_read_shown(amount, code, &was).code != ERR_NONE || !money_is(was, p->price)))
        wish_wrong(f, S("amount"), S("amount_fixed"), money_show(f->mem, p->price, lang));
    if (!wish_code_is(f->values[WISH_CODE]))
        wish_wrong(f, S("code"), S("code_unknown"), S(""));
}

static err line_make(struct arena *mem, const struct product *p, struct order *o) {
    money tax;
    TRY(money_tax(p->price, p->tax, &tax));
    o->total = p->price;
    o->line_count = 1;
    o->lines = NEW(mem, struct line);
    *o->lines = (struct line){.product = p->id,
        .name = p->name,
        .hash = p->hash,
        .quantity = 1,
        .tax = p->tax,
        .gross = p->price,
        .tax_amount = tax,
        .net = p->price};
    o->lines->net.minor -= tax.minor;
    return OK_ERR;
}

/* ---- consents ---- */

static void consents_take(struct wish *f, instant now, struct order *o) {
    const struct shop *shop = f->shop;
    o->consents = arena_array(f->mem, shop->consent_count, sizeof(*o->consents));
    for (size_t i = 0; i < shop->consent_count; i++) {
        const struct consent *c = &shop->consents[i];
        str field = JOIN(f->mem, S("consent_"), c->id);
        if (wish_ticked(f, field))
            o->consents[o->consent_count++] = (struct consent_given){
                .id = c->id, .version = c->version, .hash = c->hash, .at = now};
        else if (c->required)
            wish_wrong(f, field, S("consent_missing"), S(""));
    }
}

/* ---- placing ---- */

err order_place(struct arena *mem, const struct shop *shop, const struct order_wish *wish,
    instant now, uint64_t dice, struct tree **wrong, struct order **out) {
    struct wish f = {.mem = mem, .shop = shop, .wish = wish};
    struct order *o = NEW(mem, struct order);
    wish_check(&f, o);
    if (f.values[WISH_WEBSITE].len)
        return err_make(ERR_REFUSED, words(f.lang, S("robot")));
    const struct product *p = shop_product(shop, f.values[WISH_PRODUCT]);
    if (!p || p->draft)
        wish_wrong(&f, S("product"), S("product_unknown"), S(""));
    else
        price_check(&f, p, f.lang);
    consents_take(&f, now, o);
    if (f.wrong) {
        *wrong = f.wrong;
        return err_make(ERR_INVALID, words(f.lang, S("whole")));
    }
    const struct shop_gateway *g = shop_gateway_for(shop, str_of(p->price.currency));
    if (!g)
        return err_make(ERR_SETUP, words(f.lang, S("no_gateway")));
    TRY(line_make(mem, p, o));
    o->id = order_id_new(mem, shop->live, now, dice);
    o->mode = shop->live ? S("live") : S("test");
    o->placed_at = now;
    o->expires_at = now + shop->expire_ms;
    o->gateway = g->name;
    o->key_hash = wish_key_hash(&f);
    o->address_hash = wish->address_hash;
    *out = o;
    return OK_ERR;
}
