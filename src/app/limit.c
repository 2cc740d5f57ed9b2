#include "app/limit.h"

#include "base/arena.h"

enum { SLOTS = 8192 };

struct slot {
    uint64_t who;
    instant minute;
    int64_t count;
};

struct limit {
    struct slot slots[SLOTS];
};

struct limit *limit_new(struct arena *mem) {
    return NEW(mem, struct limit);
}

/* FNV-1a; two that share a slot share a count only when their whole hash is equal. */
static uint64_t hash_of(str who) {
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < who.len; i++)
        h = (h ^ (unsigned char)who.ptr[i]) * 1099511628211u;
    return h;
}

bool limit_take(struct limit *l, str who, int64_t most, instant now) {
    if (most <= 0 || !l)
        return true;
    uint64_t h = hash_of(who);
    struct slot *s = &l->slots[h % SLOTS];
    instant minute = now / TIME_MINUTE;
    if (s->who != h || s->minute != minute)
        *s = (struct slot){.who = h, .minute = minute};
    return s->count++ < most;
}
