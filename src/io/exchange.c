#include "io/exchange.h"

#include "base/arena.h"
#include "base/limits.h"

enum { SPARE = 8 };

struct exchange *exchange_take(struct exchanges *all) {
    struct exchange *x = all->spare;
    if (x) {
        all->spare = x->next;
    } else {
        x = NEW(all->own, struct exchange);
        x->made = all->made;
        all->made = x;
    }
    if (!x->mem) {
        x->mem = arena_new(LIMIT_REQUEST_ARENA);
        all->arenas++;
    }
    if (++all->busy > all->busy_most)
        all->busy_most = all->busy;
    *x = (struct exchange){.mem = x->mem, .made = x->made};
    return x;
}

void exchange_leave(struct exchanges *all, struct exchange *x) {
    arena_reset(x->mem);
    x->next = all->spare;
    all->spare = x;
    all->busy--;
}

bool exchange_trim(struct exchanges *all) {
    size_t keep = all->busy_most - all->busy + SPARE;
    for (struct exchange *x = all->spare; x; x = x->next) {
        if (keep) {
            keep--;
        } else if (x->mem) {
            arena_free(x->mem);
            x->mem = 0;
            all->arenas--;
        }
    }
    all->busy_most = all->busy;
    return all->arenas > all->busy + SPARE;
}

void exchange_end(struct exchanges *all) {
    for (struct exchange *x = all->made; x; x = x->made)
        if (x->mem)
            arena_free(x->mem);
    *all = (struct exchanges){0};
}

struct arena *exchange_arena(struct exchange *x) {
    return x->mem;
}
void exchange_keep(struct exchange *x, void *state) {
    x->state = state;
}
void *exchange_state(const struct exchange *x) {
    return x->state;
}
