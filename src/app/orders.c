#include "app/orders.h"

#include "base/limits.h"
#include "shop/plan.h"

enum { TRIES = 50, PUTS = LIMIT_CHANGE_PUTS };

err orders_read(struct arena *mem, const struct row *row, struct order **out) {
    struct order *o = NULL;
    err e = order_read(mem, row->bytes, &o);
    if (e.code != ERR_NONE)
        return err_in(mem, e, JOIN(mem, S("order "), row->part, S(": ")));
    o->version = row->version;
    *out = o;
    return OK_ERR;
}

err orders_get(struct arena *mem, struct store *store, str id, struct order **out) {
    struct row row;
    TRY(store->kind->get(store, mem, id, S("order"), S(""), &row));
    return orders_read(mem, &row, out);
}

str orders_step_row(struct arena *mem, const struct step *s) {
    return JOIN(mem, str_int(mem, s->line + 1), S("/"), s->id);
}

struct step *orders_step_by_key(struct order *o, str key) {
    str rest = key, line = {0};
    int64_t number = 0;
    if (!str_cut(&rest, '/', &line) || !str_number(line, &number))
        return NULL;
    for (size_t i = 0; i < o->step_count; i++)
        if (o->steps[i].line + 1 == number && str_is(o->steps[i].id, rest))
            return &o->steps[i];
    return NULL;
}

/* ---- the rows that follow from a step ---- */

/* What the store has to hold for a step: its job row with a due time, or its stuck row, or
 * nothing. */
struct shadow {
    bool job, stuck;
    instant due;
};

static struct shadow shadow_of(const struct step *s) {
    struct shadow w = {.due = s->due > 0 ? s->due : 1};
    w.job = s->state == STEP_READY || s->state == STEP_SENDING || s->state == STEP_UNKNOWN;
    w.stuck = s->state == STEP_HOLD || s->state == STEP_POISON;
    return w;
}

static struct shadow *shadows(struct arena *mem, const struct order *o, uint64_t *jobs) {
    struct shadow *all = arena_bytes(mem, (o->step_count + 1) * sizeof(*all));
    *jobs = 0;
    for (size_t i = 0; i < o->step_count; i++) {
        all[i] = shadow_of(&o->steps[i]);
        *jobs |= i < 64 ? (uint64_t)all[i].job << i : 0;
    }
    return all;
}

struct writing {
    bool spilled; /* more than one change can hold */
    struct put puts[PUTS];
    size_t count;
    str part;
    instant now;
};

static void put_add(struct writing *w, struct put p) {
    w->spilled = w->count == PUTS;
    if (w->spilled)
        return;
    p.part = w->part;
    w->puts[w->count++] = p;
}

/* `job`: the row when it is this step's that is leased, or begun here. */
static void job_put(struct arena *mem, struct writing *w, const struct step *step,
    const struct shadow *old, const struct shadow *now, const struct row *job) {
    bool put = now->job && (job || !old->job || old->due != now->due);
    bool drop = !now->job && (job ? job->version != PUT_NEW : old->job);
    if (put || drop)
        put_add(w, (struct put){.kind = S("job"),
                       .key = orders_step_row(mem, step),
                       .version = job ? job->version : PUT_ANY,
                       .due = put ? now->due : 0,
                       .drop = drop,
                       .lease = put && job && now->due == job->due});
}

static void stuck_put(struct arena *mem, struct writing *w, const struct step *step,
    const struct shadow *old, const struct shadow *now) {
    if (old->stuck != now->stuck)
        put_add(w, (struct put){.kind = S("stuck"),
                       .key = orders_step_row(mem, step),
                       .version = PUT_ANY,
                       .drop = !now->stuck});
}

/* An UNKNOWN whose time has come is written before its partner is asked, and with a later time
 * afterwards. */
static bool is_being_said(const struct step *s, instant now) {
    return s->state == STEP_SENDING || (s->state == STEP_UNKNOWN && s->due <= now);
}

/* Of the step whose job is leased, of those that are begun here and of those that are leased here,
 * these behind the others. */
struct in_hand {
    const struct row *rows[1 + ORDERS_NEXT + ORDERS_HELD];
    const struct step *steps[1 + ORDERS_NEXT + ORDERS_HELD];
    size_t count;
};

static void in_hand_add(struct in_hand *h, struct order *o, const struct row *row) {
    h->rows[h->count] = row;
    h->steps[h->count++] = orders_step_by_key(o, row->key);
}

static const struct row *row_of(const struct in_hand *h, const struct step *step) {
    for (size_t i = 0; i < h->count; i++)
        if (h->steps[i] == step)
            return h->rows[i];
    return NULL;
}

static void steps_put(struct arena *mem, struct writing *w, const struct shadow *before,
    size_t count_before, struct order *o, const struct orders_edit *e) {
    struct shadow nothing = {0};
    struct in_hand hand = {.count = 0};
    if (e->job && str_is(e->job->kind, S("job")))
        in_hand_add(&hand, o, e->job);
    for (size_t i = 0; i < e->next_count; i++)
        in_hand_add(&hand, o, &e->next[i]);
    for (size_t i = 0; i < e->held_count; i++)
        in_hand_add(&hand, o, &e->held[i]);
    for (size_t i = 0; i < o->step_count; i++) {
        const struct step *step = &o->steps[i];
        const struct row *its = row_of(&hand, step);
        struct shadow now = shadow_of(step);
        const struct shadow *old = i < count_before ? &before[i] : &nothing;
        /* While it is being sent or asked about the job stays leased as it is. */
        bool held = its >= e->held && its < e->held + e->held_count;
        if (its && (held || is_being_said(step, w->now)))
            now.due = its->due;
        job_put(mem, w, step, old, &now, its);
        stuck_put(mem, w, step, old, &now);
    }
}

static bool is_open(const struct order *o) {
    return order_state(o) == ORDER_PAID;
}

/* ---- one change ---- */

/* Is the lease still ours? The job row, and every row of `also` with a version, must be as it
 * was. */
static err fence_check(struct arena *mem, const struct orders_edit *e) {
    struct store *s = e->work->doors->store;
    struct row row;
    if (!e->job)
        return OK_ERR;
    err got = s->kind->get(s, mem, e->job->part, e->job->kind, e->job->key, &row);
    if (got.code == ERR_ABSENT || (got.code == ERR_NONE && row.version != e->job->version))
        return err_make(ERR_CONFLICT, S("the lease is lost: another worker has taken over"));
    return got;
}

/* A row as this change leaves it: so that its version can be followed. */
static void row_follow(struct row *row, const struct writing *w) {
    for (size_t i = 0; i < w->count; i++)
        if (str_is(w->puts[i].kind, row->kind) && str_is(w->puts[i].key, row->key)
            && !w->puts[i].drop)
            row->version++;
}

static void rows_follow(struct orders_edit *e, const struct writing *w) {
    if (e->job)
        row_follow(e->job, w);
    for (size_t i = 0; i < e->next_count; i++)
        row_follow(&e->next[i], w);
    for (size_t i = 0; i < e->held_count; i++)
        row_follow(&e->held[i], w);
}

/* What follows from the facts by itself. */
static void follow(const struct orders_edit *e, struct arena *mem, struct order *o, instant now) {
    step_wake(o->steps, o->step_count, now);
    plan_alarms(mem, e->work->shop, o, now);
}

static err kept_err(enum kept kept) {
    static const enum err_code codes[] = {
        [KEPT_UNKNOWN] = ERR_UNKNOWN,
        [KEPT_OK] = ERR_NONE,
        [KEPT_KNOWN] = ERR_CONFLICT,
        [KEPT_CONFLICT] = ERR_CONFLICT,
        [KEPT_FULL] = ERR_FULL,
    };
    return err_make(codes[kept], S("the change of an order was not kept"));
}

/* *refused: it was the edit that said no. */
static err change_once(
    struct arena *mem, struct orders_edit *e, struct order *o, bool first, bool *refused) {
    const struct work *work = e->work;
    struct shadow *before = shadows(mem, o, &e->had_job);
    size_t count_before = o->step_count;
    bool was_open = is_open(o);
    instant now = work->doors->now(work->doors->self);
    e->also_count = e->next_count = e->held_count = 0;
    *refused = true;
    TRY(e->edit(e, mem, o));
    *refused = false;
    follow(e, mem, o, now);
    if (e->then && first) {
        e->then(e, mem, o);
        if (e->next_count)
            follow(e, mem, o, now);
    }
    order_settle(o, now);

    struct writing *w = arena_bytes(mem, sizeof(*w)); /* not zeroed: it is long */
    w->count = 0;
    w->spilled = false;
    w->part = e->id;
    w->now = work->doors->now(work->doors->self);
    str bytes = order_write(mem, o);
    if (bytes.len > LIMIT_ROW)
        return err_make(ERR_TOO_BIG, JOIN(mem, S("order "), e->id, S(" has grown past 60 KiB")));
    put_add(w, (struct put){.kind = S("order"), .version = o->version, .bytes = bytes});
    for (size_t i = 0; i < e->also_count; i++)
        put_add(w, e->also[i]);
    steps_put(mem, w, before, count_before, o, e);
    if (is_open(o) != was_open)
        put_add(w, (struct put){.kind = S("open"), .version = PUT_ANY, .drop = was_open});
    if (w->spilled)
        return err_make(
            ERR_TOO_BIG, JOIN(mem, S("order "), e->id, S(" changes more than 100 rows at once")));
    struct change change = {.puts = w->puts, .count = w->count, .reserve = true};
    work->doors->store->kind->apply(work->doors->store, &change, 1);
    if (change.kept == KEPT_OK) {
        rows_follow(e, w);
        o->version++;
    }
    return kept_err(change.kept);
}

err orders_change(struct arena *mem, struct orders_edit *e, struct order **out) {
    for (int i = 0; i < TRIES; i++) {
        struct order *o = i ? NULL : e->known;
        bool known = o, refused = false;
        if (!o)
            TRY(orders_get(mem, e->work->doors->store, e->id, &o));
        err got = change_once(mem, e, o, !i, &refused);
        if (got.code == ERR_NONE) {
            *out = o;
            return OK_ERR;
        }
        /* What is refused is refused as often as it is asked, but by an order read before. */
        if (got.code != ERR_CONFLICT || (refused && !known))
            return got;
        TRY(fence_check(mem, e));
    }
    return err_make(ERR_BUSY, S("the order is being changed by too many at once"));
}

/* ---- by job id, and a person's verbs ---- */

err orders_step(
    struct arena *mem, struct store *store, str job, struct order **order, struct step **step) {
    str key = job, id = {0};
    struct order *o = NULL;
    if (!str_cut(&key, '/', &id) || !order_id_is(id))
        return err_make(ERR_ABSENT,
            JOIN(mem, S("`"), job, S("` is no job: it looks like <order>/<line>/<step>")));
    TRY(orders_get(mem, store, id, &o));
    struct step *s = orders_step_by_key(o, key);
    if (!s)
        return err_make(ERR_ABSENT, JOIN(mem, S("order "), id, S(" has no step `"), key, S("`")));
    *order = o;
    *step = s;
    return OK_ERR;
}

struct verb_state {
    str key, verb, text;
};

static err verb_retry(
    const struct work *w, struct order *o, struct step *s, str text, instant now) {
    return step_retry(s, now);
}

static err verb_anew(const struct work *w, struct order *o, struct step *s, str text, instant now) {
    const struct tree *with = plan_with(w->shop, o, s);
    if (!with && !str_is(s->does, S("mail")))
        return err_make(
            ERR_ABSENT, S("today's shop.yml has no such step: put it back, or drop it here"));
    return step_retry_anew(s, with, now);
}

static err verb_done(const struct work *w, struct order *o, struct step *s, str text, instant now) {
    return step_done(s, text, NULL, now);
}

static err verb_drop(const struct work *w, struct order *o, struct step *s, str text, instant now) {
    return step_drop(s, text, now);
}

static const struct {
    str verb;
    err (*act)(const struct work *w, struct order *o, struct step *s, str text, instant now);
} verbs[] = {
    {S_INIT("retry"), verb_retry},
    {S_INIT("anew"), verb_anew},
    {S_INIT("done"), verb_done},
    {S_INIT("drop"), verb_drop},
};

static err verb_edit(struct orders_edit *e, struct arena *mem, struct order *o) {
    const struct verb_state *v = e->state;
    const struct doors *d = e->work->doors;
    struct step *s = orders_step_by_key(o, v->key);
    if (!s)
        return err_make(ERR_ABSENT, S("the order has no such step"));
    for (size_t i = 0; i < COUNT(verbs); i++)
        if (str_is(verbs[i].verb, v->verb))
            return verbs[i].act(e->work, o, s, v->text, d->now(d->self));
    return err_make(ERR_USAGE, S("there is no such verb"));
}

err orders_verb(
    struct arena *mem, const struct work *w, str job, str verb, str text, struct order **out) {
    struct order *o = NULL;
    struct step *s = NULL;
    TRY(orders_step(mem, w->doors->store, job, &o, &s));
    struct verb_state v = {.key = orders_step_row(mem, s), .verb = verb, .text = text};
    struct orders_edit e = {.work = w, .id = o->id, .edit = verb_edit, .state = &v, .known = o};
    return orders_change(mem, &e, out);
}
