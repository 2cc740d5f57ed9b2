#include "sim/sim.h"

/* The real committer, its thread a fibre: what waits is gathered while others have their turns. A
 * request is submitted and comes back over the event loop, as in app/house; a worker is blocked. */

static bool owes(const bool *until) {
    return until && *until;
}

static void turn_give(struct sim *s, struct fibre *f) {
    if (f->process->paused_until > s->now)
        fibre_done(s, f);
    else
        fibre_go(s, f);
}

/* The event loop looks what is done, and the committer what there is to do. */
static void turn_comes(struct sim *s, void *what, uint64_t life) {
    struct process *p = what;
    if (!p->committer || p->life != life)
        return;
    if (p->paused_until > s->now) {
        event_add(s, p->paused_until, turn_comes, p, life);
        return;
    }
    p->turn = false;
    p->called = true;
    for (struct commit *c = committer_done(p->committer); c; c = c->next)
        *(bool *)c->owner = true;
    int first = (int)below(s, (uint64_t)s->fibre_top), count = s->fibre_top;
    for (int i = 0; i < count && p->life == life; i++) {
        struct fibre *f = &s->fibres[(first + i) % count];
        if (f->live && f->process == p && owes(f->until))
            turn_give(s, f);
    }
}

static void turn_add(void *self) {
    struct process *p = self;
    if (p->turn)
        return;
    p->turn = true;
    event_add(p->sim, p->sim->now + (int64_t)below(p->sim, 3), turn_comes, p, p->life);
}

static void turn_wait(void *self, const bool *done) {
    fibre_until(((struct process *)self)->sim, done);
}

static void committer_run(struct fibre *f) {
    struct process *p = f->process;
    for (;;) {
        while (committer_round(p->committer))
            ;
        p->called = false;
        fibre_until(p->sim, &p->called);
    }
}

void commit_start(struct sim *s, struct process *p) {
    const struct committer_turns turns = {.self = p, .wait = turn_wait, .turn = turn_add};
    size_t most = 1 + below(s, 8);
    if (committer_new_turns(&p->back, most, &turns, &p->committer).code != ERR_NONE)
        abort();
    p->turn = false;
    p->committing = fibre_start(s, p, committer_run);
}

void commit_end(struct process *p) {
    if (p->committer)
        committer_free(p->committer);
    p->committer = NULL;
}

void commit_request(struct process *p, struct change *changes, size_t count) {
    struct fibre *f = p->sim->current;
    bool back = false;
    struct commit commit = {.changes = changes, .count = count, .owner = &back};
    if (!p->committer) {
        p->store.kind->apply(&p->store, changes, count);
        return;
    }
    newer_writes(p, f->mem, changes, count);
    f->changes = changes;
    f->change_count = count;
    committer_submit(p->committer, &commit);
    fibre_until(p->sim, &back);
    f->changes = NULL;
}
