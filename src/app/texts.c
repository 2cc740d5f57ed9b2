#include "app/texts.h"

#include "base/arena.h"
#include "base/limits.h"

/* Buyers' orders wait for the store behind a batch: it stays small. */
enum { BATCH = 256 };

struct batch {
    struct arena *mem;
    struct store *store;
    struct put puts[BATCH];
    struct change changes[BATCH];
    size_t count;
};

static err keep(struct batch *b) {
    b->store->kind->apply(b->store, b->changes, b->count);
    for (size_t i = 0; i < b->count; i++)
        if (b->changes[i].kept == KEPT_FULL)
            return err_make(ERR_FULL, S("the texts of the products do not fit on the full disk"));
        else if (b->changes[i].kept != KEPT_OK && b->changes[i].kept != KEPT_KNOWN)
            return err_make(ERR_BUSY, S("the texts of the products could not be kept"));
    b->count = 0;
    arena_reset(b->mem);
    return OK_ERR;
}

static err add(struct batch *b, str hash, str text) {
    if (b->count == BATCH)
        TRY(keep(b));
    struct put *put = &b->puts[b->count];
    *put = (struct put){.kind = S("text"),
        .version = PUT_NEW,
        .part = JOIN(b->mem, S("text/"), hash),
        .bytes = text};
    b->changes[b->count++] = (struct change){.puts = put, .count = 1};
    return OK_ERR;
}

static bool has_consent(const struct shop *shop, str hash) {
    for (size_t i = 0; shop && i < shop->consent_count; i++)
        if (str_is(shop->consents[i].hash, hash))
            return true;
    return false;
}

static err add_all(struct batch *b, const struct shop *shop, const struct shop *before) {
    for (size_t i = 0; i < shop->consent_count; i++)
        if (!has_consent(before, shop->consents[i].hash))
            TRY(add(b, shop->consents[i].hash, shop->consents[i].text));
    for (size_t i = 0; i < shop->product_count; i++) {
        const struct product *p = &shop->products[i];
        const struct product *was = before ? shop_product(before, p->id) : NULL;
        if (!was || !str_is(was->hash, p->hash))
            TRY(add(b, p->hash, p->text));
    }
    return b->count ? keep(b) : OK_ERR;
}

err texts_keep(struct store *store, const struct shop *shop, const struct shop *before) {
    struct arena *mem = arena_new(LIMIT_REQUEST_ARENA);
    struct batch *b = NEW(mem, struct batch);
    b->mem = arena_new(LIMIT_REQUEST_ARENA);
    b->store = store;
    err e = add_all(b, shop, before);
    arena_free(b->mem);
    arena_free(mem);
    return e;
}
