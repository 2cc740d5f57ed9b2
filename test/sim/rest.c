#include "sim/sim.h"

/* Workers with nothing to do rest. When something is due one of them looks, within the half second
 * of the pool, and another as long as something is due still; those who would find nothing by the
 * clock of their process are left alone. */

enum { LOOK_MS = 500 };

/* The earliest of all rows. */
static instant due_first(struct sim *s) {
    struct row_list rows = {0};
    const struct query q = {.due_only = true, .due_max = INT64_MAX, .limit = 1};
    if (s->due_known)
        return s->due;
    desk_clear(&s->scratch_desk);
    err e = s->real->kind->list(s->real, s->scratch, &q, &rows);
    s->due_known = e.code == ERR_NONE;
    s->due = s->due_known && rows.count ? rows.rows[0].due : INT64_MAX;
    return s->due;
}

bool work_is_due(struct process *p) {
    return due_first(p->sim) <= process_now(p);
}

/* When a worker of the process would find what is due then. */
static instant found_at(const struct process *p, instant due) {
    if (due == INT64_MAX)
        return due;
    instant at = due - p->offset;
    if (p->stuck_until > p->sim->now && p->stuck_at + p->offset < due && p->stuck_until > at)
        at = p->stuck_until;
    return p->paused_until > at ? p->paused_until : at;
}

void rest_hint(struct sim *s, instant due) {
    instant at = INT64_MAX;
    for (int i = 0; i < s->rest_count; i++) {
        instant found = found_at(s->resting[i]->process, due);
        at = found < at ? found : at;
    }
    if (at <= s->now)
        at = s->now + 1 + (int64_t)below(s, LOOK_MS);
    if (at >= s->look_at)
        return;
    s->look_at = at;
    event_add(s, at, rest_look, NULL, 0);
}

void rest_again(struct sim *s) {
    if (s->rest_count)
        rest_hint(s, due_first(s));
}

/* One whose time this is, whichever. */
static struct fibre *rest_end(struct sim *s, instant due) {
    int first = (int)below(s, (uint64_t)s->rest_count);
    for (int i = 0; i < s->rest_count; i++) {
        int at = (first + i) % s->rest_count;
        struct fibre *f = s->resting[at];
        if (found_at(f->process, due) > s->now)
            continue;
        s->resting[at] = s->resting[--s->rest_count];
        f->idle = false;
        return f;
    }
    return NULL;
}

void rest_look(struct sim *s, void *nothing, uint64_t number) {
    if (s->look_at != s->now) /* an earlier one was needed, and came */
        return;
    s->look_at = INT64_MAX;
    struct fibre *f = s->rest_count ? rest_end(s, due_first(s)) : NULL;
    if (f)
        fibre_go(s, f);
    rest_again(s);
}

void rest_drop(struct sim *s) {
    int left = 0;
    for (int i = 0; i < s->rest_count; i++)
        if (s->resting[i]->live)
            s->resting[left++] = s->resting[i];
    s->rest_count = left;
}

void fibre_rest(struct sim *s) {
    struct fibre *f = s->current;
    f->idle = true;
    s->resting[s->rest_count++] = f;
    rest_hint(s, due_first(s));
    fibre_wait(s);
}
