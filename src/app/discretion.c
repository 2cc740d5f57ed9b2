#include "app/discretion.h"

#include "base/encode.h"

#include <stdatomic.h>

enum { OWN_MEMORY = 16 << 20 }; /* at most */

struct discretion {
    struct arena *own; /* the words stay as long as the program: a reader may hold any of them */
    _Atomic(const struct mask_word *) hidden;
    _Atomic int wish;
};

struct discretion *discretion_new(struct arena *mem) {
    struct discretion *d = NEW(mem, struct discretion);
    d->own = arena_new(OWN_MEMORY);
    return d;
}

void discretion_free(struct discretion *d) {
    arena_free(d->own);
}

static bool is_known(const struct discretion *d, str word) {
    for (const struct mask_word *w = discretion_hidden(d); w; w = w->next)
        if (str_is(w->word, word))
            return true;
    return false;
}

static void hide(struct discretion *d, str word) {
    if (!word.len || is_known(d, word))
        return;
    struct mask_word *w = NEW(d->own, struct mask_word);
    w->word = str_copy(d->own, word);
    w->next = atomic_load_explicit(&d->hidden, memory_order_relaxed);
    atomic_store_explicit(&d->hidden, w, memory_order_release);
}

void discretion_hide(struct discretion *d, const struct shop *shop) {
    if (!d || !shop)
        return;
    struct arena *mem = arena_new(OWN_MEMORY);
    for (const struct tree *t = shop->secrets ? shop->secrets->first : NULL; t; t = t->next) {
        hide(d, t->text);
        hide(d, percent_write(mem, t->text)); /* as it stands in an address */
    }
    hide(d, hex_write(mem, shop->secret.bytes));
    arena_free(mem);
}

void discretion_follow(struct discretion *d, const struct shop *shop) {
    int wish = str_is(shop->log, S("quiet"))   ? LOG_QUIET
               : str_is(shop->log, S("steps")) ? LOG_STEPS
                                               : LOG_REQUESTS;
    discretion_hide(d, shop);
    if (d)
        atomic_store_explicit(&d->wish, wish, memory_order_relaxed);
}

const struct mask_word *discretion_hidden(const struct discretion *d) {
    return d ? atomic_load_explicit(&d->hidden, memory_order_acquire) : NULL;
}

enum log_wish discretion_wish(const struct discretion *d) {
    return d ? (enum log_wish)atomic_load_explicit(&d->wish, memory_order_relaxed) : LOG_QUIET;
}
