#include "app/limit.h"

#include "base/arena.h"

enum { SLOTS = 8192, GROUP = 8 };

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

/* Its own, else the one of its group that counts least: whoever is just being counted must not be
 * forgotten because somebody else, who may choose his name, falls into the same place. */
static struct slot *slot_find(struct limit *l, uint64_t who, instant minute) {
    struct slot *group = &l->slots[who % (SLOTS / GROUP) * GROUP], *least = group;
    for (size_t i = 0; i < GROUP; i++) {
        struct slot *s = &group[i];
        if (s->who == who && s->minute == minute)
            return s;
        int64_t count = s->minute == minute ? s->count : 0;
        if (count < (least->minute == minute ? least->count : 0))
            least = s;
    }
    return least;
}

bool limit_take(struct limit *l, str who, int64_t most, instant now) {
    if (most <= 0 || !l)
        return true;
    uint64_t h = hash_of(who);
    instant minute = now / TIME_MINUTE;
    struct slot *s = slot_find(l, h, minute);
    if (s->who != h || s->minute != minute)
        *s = (struct slot){.who = h, .minute = minute};
    return s->count++ < most;
}
