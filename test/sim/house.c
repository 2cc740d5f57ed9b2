#include "app/web.h"
#include "sim/sim.h"

enum { FRESH_MS = 60 * 1000, SWEEP_MS = 12 * 60 * 60 * 1000 };

instant process_now(const struct process *p) {
    return (p->stuck_until > p->sim->now ? p->stuck_at : p->sim->now) + p->offset;
}

/* ---- workers ---- */

/* As app/pool does it: what is leased together and not begun may be begun by who has its order in
 * hand. */
static bool tray_is_open(void *self) {
    return true;
}

static struct leased *leased_find(struct fibre *f, str part, str key) {
    for (size_t i = 0; i < f->got_count; i++) {
        const struct row *r = &f->got[i].row;
        if (!f->got[i].begun && str_is(r->kind, S("job")) && str_is(r->part, part)
            && str_is(r->key, key))
            return &f->got[i];
    }
    return NULL;
}

static bool tray_find(void *self, struct arena *mem, str part, str key, struct row *out) {
    const struct leased *l = leased_find(self, part, key);
    if (l)
        *out = l->row;
    return l;
}

static void tray_begun(void *self, str part, str key) {
    struct leased *l = leased_find(self, part, key);
    if (l)
        l->begun = true;
}

static size_t tray_room(void *self) {
    return SIM_LEASE - ((struct fibre *)self)->got_count;
}

static void tray_hold(void *self, const struct row *rows, size_t count) {
    struct fibre *f = self;
    for (size_t i = 0; i < count; i++) {
        struct leased *l = &f->got[f->got_count++];
        *l = (struct leased){.row = row_copy(f->leased, &rows[i]), .token = f->token};
    }
}

/* … and what waited too long in our hands is left to the next lease. */
static void worker_job(struct fibre *f, struct row row, uint64_t token) {
    struct process *p = f->process;
    struct tray tray = {f, tray_is_open, tray_find, tray_begun, tray_room, tray_hold};
    struct work work = p->work;
    if (row.due - process_now(p) < WORK_LEASE_MS - FRESH_MS)
        return;
    f->job = &row;
    f->token = token;
    work.tray = &tray;
    desk_clear(&f->mem_desk);
    err e = work_job(f->mem, &work, &row);
    f->job = NULL;
    check_text(p->sim, "an error", e.what);
    if (e.code == ERR_CORRUPT)
        violate(p->sim, "S1", "a kept row does not read: %.*s", (int)e.what.len, e.what.ptr);
}

static void worker_run(struct fibre *f) {
    struct process *p = f->process;
    struct sim *s = p->sim;
    for (;;) {
        f->heard = 0;
        if (!work_is_due(p)) {
            fibre_rest(s);
            continue;
        }
        struct row_list got = {0};
        f->got_count = 0;
        desk_clear(&f->leased_desk);
        instant now = process_now(p);
        size_t limit = 1 + below(s, (uint64_t)s->lease_most);
        err e = p->store.kind->lease(&p->store, f->leased, now, now + WORK_LEASE_MS, limit, &got);
        for (size_t i = 0; e.code == ERR_NONE && i < got.count; i++)
            f->got[f->got_count++] =
                (struct leased){.row = got.rows[i], .token = f->token + i + 1};
        for (size_t i = 0; i < f->got_count; i++) {
            if (f->got[i].begun)
                continue;
            f->got[i].begun = true;
            worker_job(f, f->got[i].row, f->got[i].token);
        }
        if (e.code != ERR_NONE)
            fibre_sleep(s, 500);
    }
}

/* ---- sweeps ---- */

static void sweep_run(struct fibre *f) {
    err e = work_sweep(f->mem, &f->process->work);
    check_text(f->process->sim, "an error", e.what);
}

static void sweep_comes(struct sim *s, void *what, uint64_t life) {
    struct process *p = what;
    if (!p->alive || p->life != life || s->phase == PHASE_KIND)
        return;
    fibre_start(s, p, sweep_run);
    event_add(s, s->now + (int64_t)below(s, SWEEP_MS), sweep_comes, p, life);
}

/* ---- life and death ---- */

void process_start(struct sim *s, void *what, uint64_t life) {
    struct process *p = what;
    if (p->alive || p->life != life)
        return;
    if (!store_up(s)) {
        event_add(s, s->now + TIME_SECOND, process_start, p, life);
        return;
    }
    p->alive = true;
    s->due_known = false;
    p->newer = strikes(s, FAULT_NEWER);
    process_doors(s, p);
    restore_read(s, p);
    if (s->committers)
        commit_start(s, p);
    for (int i = 0; i < s->workers; i++)
        fibre_start(s, p, worker_run);
    if (!s->script)
        event_add(s, s->now + (int64_t)below(s, SWEEP_MS), sweep_comes, p, life);
}

void process_crash(struct sim *s, struct process *p) {
    s->totals->crashes++;
    store_down(s);
    commit_end(p);
    p->alive = false;
    p->life++;
    p->paused_until = 0;
    /* In a script at once: so dying with nothing new in hand is the same as doing nothing. Else
     * soon, or when somebody sees it. */
    int64_t most = s->script || below(s, 64) ? 2 * TIME_MINUTE : 2 * TIME_DAY;
    int64_t wait = s->script ? 0 : 1 + (int64_t)below(s, (uint64_t)most);
    event_add(s, s->now + wait, process_start, p, p->life);
    fibres_drop(s, p);
}

/* ---- requests ---- */

static void request_run(struct fibre *f) {
    struct process *p = f->process;
    struct sim *s = p->sim;
    struct ask *a = f->ask;
    struct header header = {S("Content-Type"), a->type};
    struct request r = {.method = str_of(a->method),
        .target = a->target,
        .path = a->target,
        .headers = &header,
        .header_count = 1,
        .body = a->body,
        .peer = S("127.0.0.1"),
        .at = process_now(p)};
    struct flow flow = {.mem = f->mem,
        .doors = &p->doors,
        .shop = s->house->shop,
        .theme = s->house->site.theme,
        .site = &s->house->site,
        .dir = s->house->dir,
        .request = &r};
    struct reply reply = {0};
    web(&flow, &reply);
    while (reply.changes) {
        struct change *changes = reply.changes;
        commit_request(p, changes, reply.change_count);
        reply.changes = NULL;
        reply.kept(&flow, &reply);
    }
    check_text(s, "a response", reply.response.body);
    for (size_t i = 0; i < reply.response.header_count; i++)
        check_text(s, "a header of a response", reply.response.headers[i].value);
    a->answered(s, a, &reply.response);
}

bool ask_send(struct sim *s, struct ask *a) {
    int first = (int)below(s, (uint64_t)s->process_count);
    if (strikes(s, FAULT_UNSENT))
        return false;
    for (int i = 0; i < s->process_count; i++) {
        struct process *p = &s->processes[(first + i) % s->process_count];
        struct fibre *f = p->alive ? fibre_start(s, p, request_run) : NULL;
        if (!f)
            continue;
        f->ask = a;
        f->heard = str_hash(str_hash(1, a->target), a->body);
        return true;
    }
    return false;
}

/* ---- the operator ---- */

static void verb_run(struct fibre *f) {
    struct order *o = NULL;
    err e = orders_verb(f->mem, &f->process->work, f->words[0], f->words[1], f->words[2], &o);
    check_text(f->process->sim, "an error", e.what);
}

static bool verb_start(struct sim *s, struct process *p, const struct row *stuck, bool last) {
    static const char *const verbs[] = {"retry", "anew", "done", "drop"};
    struct fibre *f = fibre_start(s, p, verb_run);
    if (!f)
        return false;
    f->words[0] = JOIN(f->leased, stuck->part, S("/"), stuck->key);
    f->words[1] = str_of(verbs[last ? 3 * below(s, 2) : below(s, COUNT(verbs))]);
    f->words[2] = S("by hand");
    return true;
}

/* Looks at what is stuck and does something to some of it; to some of that two persons do. */
void operator_comes(struct sim *s, void *nothing, uint64_t number) {
    struct row_list rows = {0};
    struct query q = {.kind = S("stuck"), .limit = 50};
    struct process *p = &s->processes[below(s, (uint64_t)s->process_count)];
    bool last = number == 0;
    desk_clear(&s->scratch_desk);
    err e = p->alive ? s->real->kind->list(s->real, s->scratch, &q, &rows) : OK_ERR;
    for (size_t i = 0; e.code == ERR_NONE && i < rows.count; i++) {
        if (!last && below(s, 3))
            continue;
        if (!verb_start(s, p, &rows.rows[i], last))
            break;
        if (!last && !below(s, 4))
            verb_start(s, p, &rows.rows[i], last);
    }
    if (number > 1)
        event_add(s, s->now + (int64_t)below(s, 12 * TIME_HOUR), operator_comes, NULL, number - 1);
}

/* ---- the kind phase ---- */

void last_sweep(struct sim *s, void *nothing, uint64_t number) {
    fibre_start(s, &s->processes[0], sweep_run);
    s->settled = true;
}

/* The program sweeps every few minutes; here, once when the clocks are right, and at the end. */
static void right_sweep(struct sim *s, void *nothing, uint64_t number) {
    fibre_start(s, &s->processes[0], sweep_run);
}

void kind_begins(struct sim *s, void *nothing, uint64_t number) {
    s->phase = PHASE_KIND;
    s->hanging = s->script || below(s, 4) ? 0 : 1 + (int)below(s, 4);
    s->hangs_until = s->now + (below(s, 2) ? TIME_DAY / 2 : 30 * TIME_HOUR);
    s->full_until = 0;
    for (int i = 0; i < s->process_count; i++) {
        struct process *p = &s->processes[i];
        p->offset = 0;
        p->paused_until = p->stuck_until = 0;
        process_start(s, p, p->life);
    }
    rest_again(s);
    for (int i = 0; s->tidy && i < 4; i++)
        event_add(s, s->now + (i + 1) * 2 * TIME_DAY, operator_comes, NULL, 0);
    if (!s->script)
        event_add(s, s->now + TIME_HOUR, right_sweep, NULL, 0);
    event_add(s, s->now + 16 * TIME_DAY, last_sweep, NULL, 0);
}
