#include "sim/sim.h"

struct desk desk_new(size_t first, size_t size_max) {
    struct desk d = {.mem = arena_new(size_max)};
    arena_bytes(d.mem, first);
    d.empty = arena_mark(d.mem);
    d.empty.used = d.empty.taken = 0;
    desk_clear(&d);
    return d;
}

void desk_clear(const struct desk *d) {
    arena_back(d->mem, d->empty);
}

struct sim *sim_new(struct arena *mem, struct house_shop *house, struct totals *totals) {
    struct sim *s = NEW(mem, struct sim);
    s->house = house;
    s->totals = totals;
    s->mem_desk = desk_new((size_t)4 << 20, (size_t)1 << 30);
    s->mem = s->mem_desk.mem;
    s->scratch_desk = desk_new((size_t)1 << 20, (size_t)64 << 20);
    s->scratch = s->scratch_desk.mem;
    s->store_mem = arena_new((size_t)64 << 20);
    return s;
}

void sim_free(struct sim *s) {
    for (int i = 0; i < SIM_FIBRES; i++)
        fibre_free(&s->fibres[i]);
    free(s->heap);
    arena_free(s->store_mem);
    arena_free(s->scratch);
    arena_free(s->mem);
}

/* The store and the heap begin anew; fibres keep their stacks. */
static void world_clear(struct sim *s) {
    desk_clear(&s->mem_desk);
    fibres_drop(s, NULL);
    for (int i = 0; i < SIM_FIBRES; i++)
        s->fibres[i].serial = s->fibres[i].token = 0;
    s->fibre_top = 0;
    s->look_at = INT64_MAX;
    s->due_known = false;
    s->heap_count = 0;
    s->order_count = s->order_last = s->notice_count = s->note_count = s->note_room = 0;
    s->notes = NULL;
    s->tokens = 0;
    s->events = s->still = 0;
    s->trace = 0xcbf29ce484222325u;
    s->failed = s->settled = false;
    s->phase = PHASE_SAFETY;
    s->full_until = 0;
    s->now = 1795600000000;
    s->dice = str_hash(s->seed * 0xd1342543de82ef95u, S("the seed of a world"));
    s->author = NULL;
    s->backup = NULL;
    s->restoring = (struct restoring){0};
    s->hanging = 0;
    for (int i = 0; i < SIM_PROCESSES; i++)
        commit_end(&s->processes[i]);
    memset(s->processes, 0, sizeof(s->processes));
}

static void world_begin(struct sim *s) {
    static const int64_t spans[] = {TIME_HOUR, TIME_DAY, 12 * TIME_DAY};
    s->kind_at = s->now + 10 * TIME_MINUTE + (int64_t)below(s, (uint64_t)spans[below(s, 3)]);
    for (int i = 0; i < s->process_count; i++)
        process_start(s, &s->processes[i], 0);
    event_add(s, s->now, buyer_comes, NULL, below(s, 1000) * 1000);
    event_add(s, s->now, operator_comes, NULL, below(s, 40));
    event_add(s, s->now + TIME_MINUTE, gateway_forges, NULL, 2 + below(s, 20));
    event_add(s, s->kind_at, kind_begins, NULL, 0);
    if (!s->rate[FAULT_RESTORE] || below(s, s->disk ? 2 : 4))
        return;
    instant from = s->now;
    for (uint64_t again = 1 + below(s, 2); again; again--) {
        from += (int64_t)below(s, (uint64_t)(s->kind_at - from));
        event_add(s, from, backup_comes, NULL, 0);
        event_add(
            s, from + (int64_t)below(s, (uint64_t)(s->kind_at - from)), restore_comes, NULL, 0);
    }
}

/* In exhaustive mode: one order, one process with two workers, faults as the script says. */
static void script_begin(struct sim *s) {
    for (int i = 0; i < s->process_count; i++)
        process_start(s, &s->processes[i], 0);
    event_add(s, s->now, buyer_comes, NULL, 0);
    event_add(s, s->now + 2 * TIME_HOUR, kind_begins, NULL, 0);
}

/* Everything has struck that shall, and from here on all was seen. */
static bool is_known(struct sim *s) {
    struct script *x = s->script;
    if (!x || !x->states || (x->count && x->points <= x->at[x->count - 1]))
        return false;
    return x->known = state_is_seen(s, x->left);
}

void sim_run(struct sim *s) {
    world_clear(s);
    if (!s->script)
        swarm_draw(s);
    if (s->script)
        script_begin(s);
    else
        world_begin(s);
    while (!is_known(s) && event_next(s))
        ;
    if (!s->failed && !(s->script && s->script->known))
        check_end(s);
    fibres_drop(s, NULL);
    for (int i = 0; i < SIM_PROCESSES; i++)
        commit_end(&s->processes[i]);
    store_end(s);
}
