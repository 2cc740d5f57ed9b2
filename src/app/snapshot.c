#include "app/snapshot.h"

#include "base/limits.h"

struct snapshot *snapshot_new(void) {
    struct arena *mem = arena_new(LIMIT_SHOP_ARENA);
    struct snapshot *s = NEW(mem, struct snapshot);
    s->mem = mem;
    s->report = report_new(mem);
    s->users = 1;
    return s;
}

void snapshot_drop(struct snapshot *s) {
    if (atomic_fetch_sub(&s->users, 1) == 1)
        arena_free(s->mem);
}

static void give_back(void *handle) {
    snapshot_drop(handle);
}

void snapshots_open(struct snapshots *all, struct snapshot *first) {
    pthread_mutex_init(&all->lock, NULL);
    all->now = first;
}

void snapshots_put(struct snapshots *all, struct snapshot *s) {
    pthread_mutex_lock(&all->lock);
    struct snapshot *before = all->now;
    all->now = s;
    pthread_mutex_unlock(&all->lock);
    snapshot_drop(before);
}

const struct house_shop *snapshots_borrow(struct snapshots *all, struct arena *mem) {
    pthread_mutex_lock(&all->lock);
    struct snapshot *s = all->now;
    atomic_fetch_add(&s->users, 1);
    pthread_mutex_unlock(&all->lock);
    arena_defer(mem, give_back, s);
    return &s->shop;
}

struct work snapshots_work(struct snapshots *all, struct arena *mem, const struct doors *doors) {
    const struct house_shop *s = snapshots_borrow(all, mem);
    return (struct work){.doors = doors, .shop = s->shop, .theme = s->site.theme};
}

void snapshots_close(struct snapshots *all) {
    snapshot_drop(all->now);
    pthread_mutex_destroy(&all->lock);
}
