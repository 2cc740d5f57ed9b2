#include "shop/shop.h"

#include "shop/reader.h"

/* The file did not even read: its reader has said so. */
static bool is_told(const struct report *report, str file) {
    for (const struct report_row *row = report->first; row; row = row->next)
        if (row->level == REPORT_MISTAKE && str_is(row->at.file, file))
            return true;
    return false;
}

struct shop *shop_read(struct arena *mem, const struct tree *settings, const struct tree *products,
    const struct shop_partners *partners, struct report *report) {
    struct shop *shop = NEW(mem, struct shop);
    struct reader r = {
        .mem = mem, .shop = shop, .partners = partners, .report = report, .file = S("shop.yml")};
    struct report unheard = report_new(mem);
    if (!tree_is(settings, TREE_MAP)) {
        if (settings || !is_told(report, r.file))
            reader_mistake(&r, settings,
                S("there are no settings: this file is a map that begins with `name:`"));
        settings = tree_map(mem);
        r.report = &unheard; /* nothing more can be said about a file that is not there */
        r.blind = true;
    }
    shop->settings = settings;
    settings_read(&r, settings);
    connectors_read(&r, settings);
    steps_read(&r, settings);
    r.report = report;
    r.file = S("_data/products.yml");
    if (products || !is_told(report, r.file))
        products_read(&r, products);
    if (!r.blind)
        steps_check(&r);
    return shop;
}

static bool takes(const struct shop *shop, const struct shop_gateway *g, str currency) {
    if (!g->currencies)
        return str_is(shop->currency, currency);
    for (const struct tree *t = g->currencies->first; t; t = t->next)
        if (str_is(tree_str(t), currency))
            return true;
    return false;
}

const struct shop_gateway *shop_gateway_for(const struct shop *shop, str currency) {
    for (size_t i = 0; i < shop->gateway_count; i++)
        if (takes(shop, &shop->gateways[i], currency))
            return &shop->gateways[i];
    return NULL;
}

const struct shop_gateway *shop_gateway(const struct shop *shop, str name) {
    for (size_t i = 0; i < shop->gateway_count; i++)
        if (str_is(shop->gateways[i].name, name))
            return &shop->gateways[i];
    return NULL;
}

const struct shop_connector *shop_connector(const struct shop *shop, str name) {
    for (size_t i = 0; i < shop->connector_count; i++)
        if (str_is(shop->connectors[i].name, name))
            return &shop->connectors[i];
    return NULL;
}

const struct shop_step *shop_step(const struct shop *shop, str id) {
    for (size_t i = 0; i < shop->step_count; i++)
        if (str_is(shop->steps[i].id, id))
            return &shop->steps[i];
    return NULL;
}

bool shop_owes(const struct product *p, str step) {
    return !p || !p->steps || tree_has(p->steps, step);
}
