#include "app/work.h"

#include "app/ask.h"
#include "app/call.h"
#include "app/frozen.h"
#include "app/matter.h"
#include "app/meter.h"
#include "app/orders.h"
#include "app/seen.h"
#include "base/hash.h"
#include "base/limits.h"
#include "io/world.h"
#include "shop/plan.h"

/* What is under way with one step. */
struct sending {
    enum step_do todo;
    struct call call;
    struct talk_request request;
    struct step_outcome outcome;
    enum step_found found;
    bool unkept;     /* the outcome fits no row */
    int64_t took_us; /* of the talk; -1: there was none */
};

/* An order in hand; the `state` of its edits. */
struct hand {
    const struct work *work;
    struct row *job;          /* of `now`, or what is done first */
    struct sending now, next; /* next: begun by the write that ends `now` */
    uint64_t ended;           /* steps, by index, that this write begins and ends */
    bool wrote;               /* the job itself needed no talk */
    const struct note *note;  /* heard, when it is a note */
    bool paid;                /* by it */
};

static instant now_of(const struct work *w) {
    return w->doors->now(w->doors->self);
}
static uint64_t dice_of(const struct work *w) {
    return w->doors->dice(w->doors->self);
}
static void crash_at(const struct work *w, enum crash_point p) {
    w->doors->crash(w->doors->self, p);
}

static err apply_all(const struct work *w, const struct put *puts, size_t count) {
    struct change change = {.puts = puts, .count = count, .reserve = true};
    w->doors->store->kind->apply(w->doors->store, &change, 1);
    switch (change.kept) {
    case KEPT_OK:
    case KEPT_KNOWN: return OK_ERR;
    case KEPT_CONFLICT: return err_make(ERR_CONFLICT, S("someone else has changed the row"));
    case KEPT_FULL: return err_make(ERR_FULL, S("the disk is full"));
    case KEPT_UNKNOWN: break;
    }
    return err_make(ERR_UNKNOWN, S("whether the row was kept is not known"));
}

static err job_drop(const struct work *w, const struct row *job) {
    struct put put = {.part = job->part,
        .kind = job->kind,
        .key = job->key,
        .version = job->version,
        .drop = true};
    return apply_all(w, &put, 1);
}

/* ---- a step: begin ---- */

/* Renders the request, which is kept with the order, so that every later attempt sends the same
 * bytes. */
static err freeze(struct arena *mem, struct orders_edit *e, struct order *o, struct step *s) {
    struct sending *n = &((struct hand *)e->state)->next;
    TRY(call_letter(mem, e->work, o, s, &n->call));
    TRY(n->call.connector->render(mem, &n->call.step, &n->request));
    if (n->request.kind == TALK_NONE)
        return OK_ERR;
    TRY(frozen_put(mem, s, &n->request, &e->also[e->also_count]));
    e->also_count++;
    return OK_ERR;
}

/* Nothing to say to anybody: begun and done in one write. */
static void compute(struct arena *mem, const struct work *w, struct sending *n, struct step *s) {
    struct talk_answer answer = {.sent = TALK_ANSWERED, .status = 200};
    n->call.connector->read(mem, &n->call.step, &answer, &n->outcome);
    step_finish(s, n->call.class, &n->outcome, now_of(w), dice_of(w));
    n->todo = STEP_WRITE;
}

static void refuse(const struct work *w, struct sending *n, struct step *s, err why) {
    n->outcome = (struct step_outcome){.result = STEP_REFUSED, .why = why.what};
    step_finish(s, n->call.class, &n->outcome, now_of(w), dice_of(w));
    n->todo = STEP_WRITE;
}

static bool buyer_waits(const struct order *o) {
    for (size_t i = 0; i < o->step_count; i++)
        if (step_is_open(&o->steps[i])
            && (o->steps[i].line >= 0 || str_is(o->steps[i].id, S("access"))))
            return true;
    return false;
}

/* Of an order that is older than the restore of a backup: the program that was ended may have sent
 * it after the backup was made. Not known from the step, so all are doubted, once. Orders are told
 * by their ids: `restored_at` is never before the newest id in the backup, whatever the clocks. */
static bool is_in_doubt(
    const struct doors *d, const struct order *o, const struct step *s, instant now) {
    return d->restored_at && order_id_at(o->id) <= d->restored_at && s->doubted_at != d->restored_at
           && s->state == STEP_READY && s->due <= now;
}

/* Once for each restore, whatever the clocks. */
static void doubt(const struct doors *d, struct step *s, enum step_class class, instant now) {
    step_doubt(s, class, d->restored_from, now);
    s->doubted_at = d->restored_at;
}

static void step_start(
    struct orders_edit *e, struct arena *mem, struct order *o, struct step *s) {
    struct sending *n = &((struct hand *)e->state)->next;
    instant now = now_of(e->work);
    *n = (struct sending){.todo = STEP_REST, .took_us = -1};
    if (str_is(s->id, S("late")) && s->state == STEP_READY && s->due <= now && !buyer_waits(o)) {
        s->state = STEP_SKIPPED;
        s->finished_at = now;
        return;
    }
    err made = call_new(mem, e->work, o, s, &n->call);
    bool doubted = is_in_doubt(e->work->doors, o, s, now);
    if (doubted)
        doubt(e->work->doors, s, n->call.class, now);
    n->todo = step_begin(s, n->call.class, now);
    if (doubted && n->todo == STEP_REST)
        n->todo = STEP_WRITE; /* now on hold, or to be asked about */
    if (n->todo != STEP_SEND)
        return;
    if (made.code == ERR_NONE && !s->digest.len)
        made = freeze(mem, e, o, s);
    if (made.code != ERR_NONE)
        refuse(e->work, n, s, made);
    else if (n->request.kind == TALK_NONE && !s->digest.len)
        compute(mem, e->work, n, s);
}

static bool is_said(const struct sending *n) {
    return n->todo == STEP_SEND || n->todo == STEP_ASK;
}

static err begin_edit(struct orders_edit *e, struct arena *mem, struct order *o) {
    struct hand *h = e->state;
    struct step *s = orders_step_by_key(o, h->job->key);
    h->next.todo = STEP_REST;
    if (s && (s->state == STEP_READY || s->state == STEP_SENDING || s->state == STEP_UNKNOWN))
        step_start(e, mem, o, s);
    h->wrote = h->next.todo == STEP_WRITE;
    return OK_ERR; /* written all the same: that drops the job of a step that has ended */
}

/* ---- an order in hand: the next step ---- */

/* An order with many long answers in it leaves the rest to another job. */
enum { HAND_FULL = LIMIT_JOB_ARENA / 4 };

/* Its job is in this worker's tray, or there was none before this write. */
static bool next_find(const struct orders_edit *e, struct arena *mem, const struct order *o,
    size_t i, struct row *out) {
    const struct tray *tray = e->work->tray;
    str key = orders_step_row(mem, &o->steps[i]);
    if (str_is(key, e->job->key))
        return false;
    if (e->had_job >> i & 1) {
        if (!tray->find(tray->self, mem, e->id, key, out))
            return false;
    } else {
        *out = (struct row){.part = e->id, .kind = S("job"), .key = key, .version = PUT_NEW};
    }
    out->due = now_of(e->work) + WORK_LEASE_MS;
    return true;
}

static void next_begin(struct orders_edit *e, struct arena *mem, struct order *o, instant now) {
    struct hand *h = e->state;
    for (size_t i = 0; i < o->step_count && i < 64; i++) {
        struct step *s = &o->steps[i];
        if (is_said(&h->next) || e->next_count == ORDERS_NEXT)
            return;
        if (s->state != STEP_READY || s->due > now
            || !next_find(e, mem, o, i, &e->next[e->next_count]))
            continue;
        e->next_count++;
        step_start(e, mem, o, s);
        h->ended |= (uint64_t)(h->next.todo == STEP_WRITE) << i;
        step_wake(o->steps, o->step_count, now);
    }
}

/* What became due by this write is done by this worker too, unless others are faster. */
static void next_hold(
    struct orders_edit *e, struct arena *mem, struct order *o, instant now, size_t room) {
    for (size_t i = 0; i < o->step_count && i < 64; i++) {
        const struct step *s = &o->steps[i];
        if (e->held_count == ORDERS_HELD || e->held_count == room)
            return;
        if (s->state == STEP_READY && s->due <= now && !(e->had_job >> i & 1))
            e->held[e->held_count++] = (struct row){.part = e->id,
                .kind = S("job"),
                .key = orders_step_row(mem, s),
                .version = PUT_NEW,
                .due = now + WORK_LEASE_MS};
    }
}

static void next_take(struct orders_edit *e, struct arena *mem, struct order *o) {
    struct hand *h = e->state;
    const struct tray *tray = e->work->tray;
    instant now = now_of(e->work);
    h->ended = 0;
    if (!tray || !tray->is_open(tray->self) || arena_taken(mem) >= HAND_FULL)
        return;
    next_begin(e, mem, o, now);
    if (is_said(&h->next))
        next_hold(e, mem, o, now, tray->room(tray->self));
}

static struct orders_edit hand_edit(
    struct hand *h, err (*edit)(struct orders_edit *e, struct arena *mem, struct order *o)) {
    return (struct orders_edit){.work = h->work,
        .id = h->job->part,
        .edit = edit,
        .state = h,
        .job = h->job,
        .then = next_take};
}

/* It was written: what was begun is in hand now. */
static void hand_take(struct hand *h, const struct orders_edit *e, struct order *o) {
    const struct tray *tray = h->work->tray;
    for (size_t i = 0; i < e->next_count; i++)
        tray->begun(tray->self, e->id, e->next[i].key);
    if (e->held_count)
        tray->hold(tray->self, e->held, e->held_count);
    for (uint64_t rest = e->next_count ? h->ended : 0; rest; rest &= rest - 1)
        seen_step(h->work->doors, o, &o->steps[__builtin_ctzll(rest)], -1);
    if (is_said(&h->next) && e->next_count)
        *h->job = e->next[e->next_count - 1];
    h->now = h->next;
    h->now.call.step.step = orders_step_by_key(o, h->job->key);
}

/* ---- a step: end ---- */

static err finish_edit(struct orders_edit *e, struct arena *mem, struct order *o) {
    struct hand *h = e->state;
    const struct sending *n = &h->now;
    struct step *s = orders_step_by_key(o, h->job->key);
    h->next.todo = STEP_REST;
    if (!s)
        return err_make(ERR_CORRUPT, S("the step being sent is gone"));
    instant now = now_of(e->work);
    step_with(mem, s);
    if (s->state != (n->todo == STEP_ASK ? STEP_UNKNOWN : STEP_SENDING))
        return err_make(ERR_CONFLICT, S("the outcome is written already"));
    if (n->unkept)
        step_unkept(s, now);
    else if (n->todo == STEP_ASK)
        step_asked(s, n->found, &n->outcome, now, dice_of(e->work));
    else
        step_finish(s, n->call.class, &n->outcome, now, dice_of(e->work));
    return OK_ERR;
}

static void step_seen(const struct hand *h, struct order *o) {
    const struct step *s = orders_step_by_key(o, h->job->key);
    if (s)
        seen_step(h->work->doors, o, s, h->now.took_us);
}

/* What fits no row may fit without the request of the next step, or without the answer. */
static err end_try(struct arena *mem, struct hand *h, struct orders_edit *e, struct order **out) {
    err got = orders_change(mem, e, out);
    e->known = NULL;
    if (got.code == ERR_TOO_BIG && e->then) {
        e->then = NULL;
        got = orders_change(mem, e, out);
    }
    if (got.code != ERR_TOO_BIG)
        return got;
    h->now.unkept = true;
    return orders_change(mem, e, out);
}

/* We hold an answer that cannot be had again: a store that hesitates is asked more than once.
 * When the first try was applied after all, the fence says so. */
static err end_write(struct arena *mem, struct hand *h, struct order **o) {
    struct orders_edit e = hand_edit(h, finish_edit);
    err got = OK_ERR;
    e.known = *o;
    for (int i = 0; i < 3; i++) {
        got = end_try(mem, h, &e, o);
        e.then = NULL;
        if (got.code != ERR_BUSY && got.code != ERR_UNKNOWN && got.code != ERR_FULL)
            break;
    }
    TRY(got);
    step_seen(h, *o);
    crash_at(h->work, CRASH_OUTCOME_KEPT);
    hand_take(h, &e, *o);
    return OK_ERR;
}

/* ---- a step: the conversation ---- */

enum { ASK_PAGES = 50 };

static void converse(struct arena *mem, struct hand *h, struct talk_answer *answer) {
    int64_t from = clock_fine();
    call_say(mem, h->work, h->job, &h->now.request, answer);
    h->now.took_us = clock_fine() - from;
}

static err send_step(struct arena *mem, struct hand *h) {
    struct talk_answer answer;
    struct sending *n = &h->now;
    if (!n->request.kind)
        TRY(frozen_get(mem, h->work->doors->store, h->job->part, n->call.step.step, &n->request));
    crash_at(h->work, CRASH_SENDING_KEPT);
    converse(mem, h, &answer);
    n->call.connector->read(mem, &n->call.step, &answer, &n->outcome);
    call_hide(mem, h->work, &n->outcome);
    return OK_ERR;
}

static void ask_step(struct arena *mem, struct hand *h) {
    struct talk_answer answer;
    struct sending *n = &h->now;
    n->found = STEP_NO_WORD;
    err e = n->call.connector->ask(mem, &n->call.step, &n->request);
    if (e.code != ERR_NONE) {
        n->outcome.why = e.what;
        return;
    }
    for (int page = 0; page < ASK_PAGES; page++) {
        struct talk_request next = {0};
        converse(mem, h, &answer);
        n->found = n->call.connector->asked(mem, &n->call.step, &answer, &n->outcome, &next);
        if (n->found != STEP_NO_WORD || !next.kind)
            break;
        n->request = next;
    }
    call_hide(mem, h->work, &n->outcome);
}

/* Until nothing is begun any more. */
static err hand_on(struct arena *mem, struct hand *h, struct order *o) {
    while (is_said(&h->now)) {
        if (h->now.todo == STEP_SEND)
            TRY(send_step(mem, h));
        else
            ask_step(mem, h);
        TRY(end_write(mem, h, &o));
    }
    return OK_ERR;
}

static err work_step(struct arena *mem, const struct work *w, struct row *job) {
    struct order *o = NULL;
    struct hand h = {.work = w, .job = job, .now.took_us = -1};
    struct orders_edit e = hand_edit(&h, begin_edit);
    err got = orders_change(mem, &e, &o);
    if (got.code == ERR_ABSENT)
        return job_drop(w, job);
    TRY(got);
    if (h.wrote)
        step_seen(&h, o);
    hand_take(&h, &e, o);
    return hand_on(mem, &h, o);
}

/* ---- a note: payment facts onto the order ---- */

static err note_edit(struct orders_edit *e, struct arena *mem, struct order *o) {
    struct hand *h = e->state;
    h->next.todo = STEP_REST;
    h->paid = false;
    order_hear(mem, o, h->note, &h->paid);
    if (h->paid)
        plan_steps(mem, e->work->shop, o, now_of(e->work));
    e->also[e->also_count++] = (struct put){
        .kind = S("note"), .key = h->job->key, .version = h->job->version, .bytes = h->job->bytes};
    return OK_ERR;
}

/* Before the order says paid: where to find it by e-mail and by the gateway's transaction. A row
 * too many
 * is harmless, one too few would hide an order. */
static err note_index(
    struct arena *mem, const struct work *w, const struct order *o, const struct note *n) {
    str mail = str_lower(mem, o->buyer.email);
    struct put puts[2] = {
        {.part = JOIN(mem, S("mail/"), hash_sha256_hex(mem, mail)),
            .kind = S("mail"),
            .key = o->id,
            .version = PUT_ANY},
        {.part = JOIN(mem, S("pay/"), n->gateway, S("/"),
             str_part(hash_sha256_hex(mem, n->transaction), 0, 32)),
            .kind = S("pay"),
            .key = o->id,
            .version = PUT_ANY},
    };
    struct change changes[2] = {{.puts = &puts[0], .count = 1, .reserve = true},
        {.puts = &puts[1], .count = 1, .reserve = true}};
    w->doors->store->kind->apply(w->doors->store, changes, 2);
    if (changes[0].kept != KEPT_OK || changes[1].kept != KEPT_OK)
        return err_make(ERR_BUSY, S("the index of an order was not kept"));
    return OK_ERR;
}

/* A verified note for an order that is not here is kept where the owner sees it, who is told. */
static err note_stray(
    struct arena *mem, const struct work *w, const struct note *n, const struct row *job) {
    str key = JOIN(mem, job->part, S("/"), job->key);
    struct put puts[2] = {{.part = S("stray"),
                              .kind = S("stray"),
                              .key = key,
                              .version = PUT_NEW,
                              .bytes = job->bytes},
        matter_put(S("stray"), key, matter_stray(mem, w->shop, n, key), now_of(w))};
    TRY(apply_all(w, puts, COUNT(puts)));
    struct put rest = {.part = job->part,
        .kind = S("note"),
        .key = job->key,
        .version = job->version,
        .bytes = job->bytes};
    doors_log(w->doors, S("warn"),
        JOIN(mem, S("a payment came for an order that is not here: "), job->key,
            S("; `grosz queue list` shows it")));
    return apply_all(w, &rest, 1);
}

static err work_note(struct arena *mem, const struct work *w, struct row *job) {
    struct note note;
    struct order *o = NULL;
    TRY(note_read(mem, job->bytes, &note));
    err got = orders_get(mem, w->doors->store, job->part, &o);
    if (got.code == ERR_ABSENT)
        return note_stray(mem, w, &note, job);
    TRY(got);
    if (note.what == EVENT_PAID || note.what == EVENT_SHORT)
        TRY(note_index(mem, w, o, &note));
    struct hand h = {.work = w, .job = job, .note = &note};
    struct orders_edit e = hand_edit(&h, note_edit);
    e.known = o;
    TRY(orders_change(mem, &e, &o));
    seen_note(w->doors, o, &note, h.paid);
    crash_at(w, CRASH_NOTE_APPLIED);
    hand_take(&h, &e, o);
    return hand_on(mem, &h, o);
}

/* ---- the table of jobs ---- */

static err work_key(struct arena *mem, const struct work *w, struct row *job) {
    return job_drop(w, job);
}

static const struct {
    str kind;
    err (*act)(struct arena *mem, const struct work *w, struct row *job);
} jobs[] = {
    {S_INIT("note"), work_note},
    {S_INIT("job"), work_step},
    {S_INIT("matter"), matter_work},
    {S_INIT("key"), work_key},
    {S_INIT("ask"), ask_work},
};

err work_job(struct arena *mem, const struct work *w, struct row *job) {
    crash_at(w, CRASH_LEASED);
    for (size_t i = 0; i < COUNT(jobs); i++)
        if (str_is(jobs[i].kind, job->kind)) {
            err e = jobs[i].act(mem, w, job);
            /* Someone else has it now, and has written down that our outcome is unknown. */
            return e.code == ERR_CONFLICT ? OK_ERR : e;
        }
    return err_make(ERR_CORRUPT, JOIN(mem, S("a job of kind "), job->kind, S(" is not known")));
}
