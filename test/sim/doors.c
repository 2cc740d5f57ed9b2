#include "sim/sim.h"

#define OF_STORE(s) ((struct process *)(void *)((char *)(s)-offsetof(struct process, store)))
#define OF_BACK(s)  ((struct process *)(void *)((char *)(s)-offsetof(struct process, back)))

static instant door_now(void *self) {
    const struct process *p = self;
    fibre_hears(p->sim, (uint64_t)process_now(p), S(""));
    return process_now(p);
}

static uint64_t door_dice(void *self) {
    struct sim *s = ((struct process *)self)->sim;
    uint64_t dice = roll(s);
    fibre_hears(s, dice, S(""));
    return dice;
}

static void door_log(void *self, str level, str words) {
    check_text(((struct process *)self)->sim, "a line of the log", words);
}

static void door_pause(struct process *p) {
    struct sim *s = p->sim;
    p->paused_until = s->now + (s->script ? 3 * TIME_MINUTE : (int64_t)below(s, 5 * TIME_MINUTE));
    fibre_sleep(s, 1);
}

static bool is_narrow(const struct sim *s) {
    return s->script && s->script->narrow;
}

static void door_switch(struct process *p) {
    fibre_sleep(p->sim, (int64_t)below(p->sim, 4));
}

static void door_crash(struct process *p) {
    process_crash(p->sim, p);
}

static void door_clock(struct process *p) {
    static const int64_t jumps[] = {TIME_SECOND, TIME_MINUTE, TIME_HOUR, 40 * TIME_HOUR};
    struct sim *s = p->sim;
    int64_t most = jumps[below(s, COUNT(jumps))];
    int64_t to = p->offset + (int64_t)below(s, 2 * (uint64_t)most) - most;
    /* Not so far that what was placed then expires after the kind phase. */
    if (to < 8 * TIME_DAY && to > -8 * TIME_DAY)
        p->offset = to;
    rest_again(s);
}

static void door_stuck(struct process *p) {
    p->stuck_until = p->sim->now + (int64_t)below(p->sim, 2 * TIME_HOUR);
    p->stuck_at = p->sim->now;
}

static const struct {
    enum fault fault;
    void (*strikes)(struct process *p);
} at_doors[] = {
    {FAULT_SWITCH, door_switch},
    {FAULT_CRASH, door_crash},
    {FAULT_CLOCK, door_clock},
    {FAULT_STUCK, door_stuck},
    {FAULT_PAUSE, door_pause},
};

/* To a script each is a point. */
static void door_script(struct process *p) {
    for (size_t i = 0; i < COUNT(at_doors); i++) {
        bool spared = at_doors[i].fault == FAULT_PAUSE && is_narrow(p->sim);
        if (!spared && strikes(p->sim, at_doors[i].fault))
            at_doors[i].strikes(p);
    }
}

/* The places where a process may lose its turn, its life or its time: at most one of these at once,
 * by one look at the dice. In the kind phase it is only the turn. */
static void door(struct process *p) {
    struct sim *s = p->sim;
    if (s->script) {
        door_script(p);
        return;
    }
    int dice = (int)(roll(s) % 1024);
    size_t count = s->phase == PHASE_KIND ? 1 : COUNT(at_doors);
    for (size_t i = 0; i < count; i++) {
        dice -= s->rate[at_doors[i].fault];
        if (dice >= 0)
            continue;
        struck(s, at_doors[i].fault);
        at_doors[i].strikes(p);
        return;
    }
}

/* A read changes nothing: to the small scope, dying before it is dying before the next write. */
static void door_read(struct process *p) {
    if (!p->sim->script)
        door(p);
}

/* In the narrow scope, not at a mark that lies right behind a write: to die there is to die at it.
 * A process sleeps past its leases where that hurts: before it sends, with the answer in hand. */
static void mark_narrow(struct process *p, enum crash_point at) {
    struct sim *s = p->sim;
    if (at == CRASH_ANSWERED && strikes(s, FAULT_CRASH_MARK))
        process_crash(s, p);
    if ((at == CRASH_ANSWERED || at == CRASH_SENDING_KEPT) && strikes(s, FAULT_PAUSE))
        door_pause(p);
}

static void door_mark(void *self, enum crash_point at) {
    struct process *p = self;
    trace_add(p->sim, (uint64_t)at);
    if (is_narrow(p->sim)) {
        mark_narrow(p, at);
        return;
    }
    if (strikes(p->sim, FAULT_CRASH_MARK))
        process_crash(p->sim, p);
    door_read(p);
}

/* ---- the store ---- */

static void row_heard(struct sim *s, const struct row *r) {
    fibre_hears(s, (uint64_t)r->version, r->part);
    fibre_hears(s, (uint64_t)r->due, r->key);
    fibre_hears(s, r->kind.len, r->bytes);
}

static err door_get(
    struct store *store, struct arena *mem, str part, str kind, str key, struct row *out) {
    struct process *p = OF_STORE(store);
    door_read(p);
    if (strikes(p->sim, FAULT_BUSY))
        return err_make(ERR_BUSY, S("the simulator reads nothing"));
    err e = p->sim->real->kind->get(p->sim->real, mem, part, kind, key, out);
    fibre_hears(p->sim, (uint64_t)e.code, S(""));
    if (e.code == ERR_NONE)
        row_heard(p->sim, out);
    return e;
}

static err door_list(
    struct store *store, struct arena *mem, const struct query *q, struct row_list *out) {
    struct process *p = OF_STORE(store);
    door_read(p);
    if (strikes(p->sim, FAULT_BUSY))
        return err_make(ERR_BUSY, S("the simulator lists nothing"));
    TRY(p->sim->real->kind->list(p->sim->real, mem, q, out));
    for (size_t i = 0; i < out->count; i++)
        row_heard(p->sim, &out->rows[i]);
    return OK_ERR;
}

static struct fate fate_of(struct sim *s, const struct change *c, bool last) {
    bool spared = is_narrow(s) && !last; /* of several, each by itself is not needed to see more */
    uint64_t dice = roll(s);
    struct fate f = {.lost = !spared && strikes_by(s, FAULT_LOST, &dice)};
    f.hidden = !spared && !f.lost && strikes_by(s, FAULT_DONE, &dice);
    if (strikes_by(s, FAULT_FULL, &dice))
        s->full_until = s->now + (int64_t)below(s, 10 * TIME_MINUTE);
    f.full = s->full_until > s->now && (!c->reserve || below(s, 8) == 0);
    return f;
}

static bool is_of(const struct fibre *f, const struct change *c) {
    for (size_t i = 0; f->live && i < f->change_count; i++)
        if (f->changes && f->changes[i].puts == c->puts)
            return true;
    return false;
}

static struct fibre *author_of(struct sim *s, const struct change *c) {
    if (is_of(s->current, c))
        return s->current;
    for (int i = 0; i < s->fibre_top; i++)
        if (is_of(&s->fibres[i], c))
            return &s->fibres[i];
    return NULL;
}

static void told(struct sim *s, struct change *c, const struct fate *f) {
    bool kept = !f->lost && !f->full && c->kept == KEPT_OK;
    s->author = author_of(s, c);
    if (kept)
        ghost_applied(s, c);
    s->author = NULL;
    state_written(s, c);
    if (f->full)
        c->kept = KEPT_FULL;
    else if (f->lost || f->hidden)
        c->kept = KEPT_UNKNOWN;
    trace_add(s, (uint64_t)c->kept);
    fibre_hears(s, (uint64_t)c->kept, S(""));
}

/* All that are not lost go to the store together, as they came. */
static void apply_all(struct sim *s, struct change *changes, size_t count) {
    struct change *batch = s->batch;
    struct fate *fates = s->fates;
    size_t kept = 0;
    if (count > SIM_BATCH)
        abort();
    for (size_t i = 0; i < count; i++) {
        fates[i] = fate_of(s, &changes[i], i + 1 == count);
        if (!fates[i].lost && !fates[i].full)
            batch[kept++] = changes[i];
    }
    if (kept)
        s->real->kind->apply(s->real, batch, kept);
    s->due_known &= !kept;
    kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!fates[i].lost && !fates[i].full)
            changes[i].kept = batch[kept++].kept;
    for (size_t i = 0; i < count; i++)
        told(s, &changes[i], &fates[i]);
}

static void door_apply(struct store *store, struct change *changes, size_t count) {
    struct process *p = OF_STORE(store);
    struct sim *s = p->sim;
    struct fibre *f = s->current;
    door_read(p);
    newer_writes(p, f->mem, changes, count);
    if (strikes(s, FAULT_SLOW))
        fibre_sleep(s, (int64_t)below(s, 3 * TIME_MINUTE));
    f->changes = changes;
    f->change_count = count;
    if (p->committer)
        committer_store(p->committer)->kind->apply(committer_store(p->committer), changes, count);
    else
        apply_all(s, changes, count);
    f->changes = NULL;
    door(p);
}

/* A committer's thread loses its turn and its life too, before and behind the write. */
static void back_apply(struct store *back, struct change *changes, size_t count) {
    struct process *p = OF_BACK(back);
    door(p);
    if (strikes(p->sim, FAULT_SLOW))
        fibre_sleep(p->sim, (int64_t)below(p->sim, 3 * TIME_MINUTE));
    apply_all(p->sim, changes, count);
    door(p);
}

static struct fibre *leaser_of(struct sim *s, const struct row_list *out) {
    for (int i = 0; i < s->fibre_top; i++)
        if (s->fibres[i].live && s->fibres[i].lease == out)
            return &s->fibres[i];
    abort();
}

static err lease(struct process *p, struct arena *mem, instant now, instant until, size_t limit,
    struct row_list *out) {
    struct sim *s = p->sim;
    if (strikes(s, FAULT_BUSY))
        return err_make(ERR_BUSY, S("the simulator leases nothing"));
    TRY(s->real->kind->lease(s->real, mem, now, until, limit, out));
    if (s->script) /* no hidden state: nobody leases twice in one moment */
        s->tokens = (uint64_t)s->now * 16 * SIM_PROCESSES + (uint64_t)(p - s->processes) * 16;
    s->due_known &= !out->count;
    leaser_of(s, out)->token = s->tokens;
    for (size_t i = 0; i < out->count; i++)
        ghost_leased(s, &out->rows[i], ++s->tokens);
    fibre_hears(s, (uint64_t)now, S(""));
    for (size_t i = 0; i < out->count; i++)
        row_heard(s, &out->rows[i]);
    return OK_ERR;
}

static err door_lease(struct store *store, struct arena *mem, instant now, instant until,
    size_t limit, struct row_list *out) {
    struct process *p = OF_STORE(store);
    struct store *c = p->committer ? committer_store(p->committer) : NULL;
    struct fibre *f = p->sim->current;
    door_read(p);
    f->lease = out;
    err e =
        c ? c->kind->lease(c, mem, now, until, limit, out) : lease(p, mem, now, until, limit, out);
    f->lease = NULL;
    TRY(e);
    if (out->count || !is_narrow(p->sim)) /* to die with nothing in hand is nothing */
        door(p);
    return OK_ERR;
}

static err back_lease(struct store *back, struct arena *mem, instant now, instant until,
    size_t limit, struct row_list *out) {
    struct process *p = OF_BACK(back);
    door(p);
    TRY(lease(p, mem, now, until, limit, out));
    door(p);
    return OK_ERR;
}

static void door_close(struct store *store) {
    (void)store;
}

static const struct store_kind door_kind = {
    "simulated", door_get, door_list, door_apply, door_lease, door_close};
/* Behind a committer: it is asked nothing else. */
static const struct store_kind back_kind = {
    "behind", door_get, door_list, back_apply, back_lease, door_close};

void process_doors(struct sim *s, struct process *p) {
    p->sim = s;
    p->store.kind = &door_kind;
    p->back.kind = &back_kind;
    p->talk.say = partner_say;
    p->doors = (struct doors){.self = p,
        .now = door_now,
        .dice = door_dice,
        .crash = door_mark,
        .log = door_log,
        .talk = &p->talk,
        .store = &p->store};
    p->work =
        (struct work){.doors = &p->doors, .shop = s->house->shop, .theme = s->house->site.theme};
}
