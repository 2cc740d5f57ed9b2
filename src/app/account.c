#include "app/account.h"

#include "app/call.h"
#include "base/fill.h"
#include "base/hash.h"

static err settings_fill(
    struct arena *mem, const struct tree *in, const struct tree *secrets, struct tree *out) {
    for (const struct tree *t = in ? in->first : NULL; t; t = t->next) {
        struct tree *copy = tree_copy(mem, t);
        if (t->kind == TREE_TEXT)
            TRY(fill_secrets(mem, t->text, secrets, FILL_TEXT, &copy->text));
        tree_put(out, t->name, copy);
    }
    return OK_ERR;
}

err account_new(struct arena *mem, const struct shop *shop, const struct shop_gateway *g,
    const struct order *o, struct account *out) {
    const struct gateway *code = gateway_find(g->use);
    struct tree *settings = tree_map(mem);
    TRY(settings_fill(mem, g->settings, shop->secrets, settings));
    *out = (struct account){
        .name = g->name,
        .settings = settings,
        .live = shop->live,
        .secret = code && code->secret
                      ? hash_hmac(mem, shop->secret, JOIN(mem, S("gateway/"), g->name))
                      : S(""),
        .back = o ? call_page(mem, shop, o) : S(""),
        .notify = JOIN(mem, shop->api, S("/api/payment/"), g->name),
        .api = shop->api,
    };
    return OK_ERR;
}
