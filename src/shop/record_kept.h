/* record_kept: what the two halves of record share: places in a struct, and how it stood. */
#ifndef SHOP_RECORD_KEPT_H
#define SHOP_RECORD_KEPT_H

#include "shop/record.h"

static inline const void *at(const void *from, size_t offset) {
    return (const char *)from + offset;
}
static inline void *into_at(void *into, size_t offset) {
    return (char *)into + offset;
}

static inline struct record_kept *kept_of(const struct record *r, const void *from) {
    return r->kept_at ? *(struct record_kept *const *)at(from, r->kept_at) : NULL;
}

/* Of the struct, as much as is kept as one. */
static inline size_t kept_size(const struct record *r) {
    return r->front ? r->fields[r->front].at : r->size;
}

static inline struct record_kept *kept_new(struct arena *mem, const struct record *r, void *into) {
    struct record_kept *kept = arena_bytes(mem, sizeof(*kept) + kept_size(r));
    *kept = (struct record_kept){.was = kept + 1};
    *(struct record_kept **)into_at(into, r->kept_at) = kept;
    return kept;
}

static inline void kept_set(
    struct record_kept *kept, const struct record *r, const void *from, str bytes) {
    kept->bytes = bytes;
    memcpy(kept->was, from, kept_size(r));
}

#endif
