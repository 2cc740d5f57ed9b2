#include "base/json.h"
#include "sim/sim.h"

/* The partners: one of each class. What they do is an effect; the ghost counts it. */

enum { TIME_OUT_MS = 20000 };

struct answer {
    enum talk_sent sent;
    int status;
    str body;
};

static struct ghost_step *step_of(struct sim *s, struct ghost_order **order) {
    const struct row *job = s->current->job;
    *order = job ? ghost_order(s, job->part, false) : NULL;
    struct ghost_step *g = *order ? ghost_step(*order, job->key) : NULL;
    if (!g)
        violate(s, "S9", "a request without a step that was kept");
    return g;
}

static str header_of(const struct talk_request *r, str name) {
    for (size_t i = 0; i < r->header_count; i++)
        if (str_is_like(r->headers[i].name, name))
            return r->headers[i].value;
    return S("");
}

/* ---- effects ---- */

struct effect {
    struct ghost_order *order;
    struct ghost_step *step;
    bool keyed;
    char name[72]; /* that comes late: a restore may move the steps meanwhile */
};

static void effect_now(struct sim *s, const struct effect *e) {
    struct ghost_step *g = e->step;
    /* The same key within a day is done once. */
    if (e->keyed && g->effects && s->now - g->done_there < TIME_DAY)
        return;
    g->effects++;
    g->done_there = s->now;
    s->totals->effects++;
    check_effect(s, e->order, g);
}

static uint64_t effect_number(const struct effect *e) {
    return str_hash(1 + e->keyed, str_of(e->step->name));
}

static void effect_late(struct sim *s, void *what, uint64_t number) {
    struct effect *e = what;
    e->step = ghost_step(e->order, str_of(e->name));
    for (size_t i = 0; !e->step && i < e->order->gone_count; i++)
        if (str_is(str_of(e->order->gone[i].name), str_of(e->name)))
            e->step = &e->order->gone[i];
    if (!e->step)
        return; /* of an order that a restore took away */
    e->step->late -= e->step->late > 0;
    effect_now(s, what);
}

/* ---- answers ---- */

static str fine_body(struct arena *mem, const struct ghost_order *o, str host) {
    if (!str_is(host, S("askable")))
        return S("{\"ok\":true}");
    return JOIN(
        mem, S("{\"invitation\":{\"url\":\"https://askable.test/i/"), str_of(o->id), S("\"}}"));
}

static str list_body(struct arena *mem, const struct ghost_order *o, bool there) {
    if (!there)
        return S("{\"invitations\":[]}");
    return JOIN(mem, S("{\"invitations\":[{\"reference\":\""), str_of(o->id),
        S("\",\"url\":\"https://askable.test/i/"), str_of(o->id), S("\"}]}"));
}

/* clang-format off */
static const struct {
    enum fault fault;
    bool done;
    enum talk_sent sent;
    int status, mail;
    const char *body;
} misbehaviours[] = {
    {FAULT_TALK_REFUSED,   false, TALK_NOT_SENT,  0,   0,   ""},
    {FAULT_TALK_HANG,      false, TALK_NO_ANSWER, 0,   0,   ""},
    {FAULT_TALK_UNSAID,    true,  TALK_NO_ANSWER, 0,   0,   ""},
    {FAULT_TALK_LATE,      false, TALK_NO_ANSWER, 0,   0,   ""},
    {FAULT_TALK_429,       false, TALK_ANSWERED,  429, 451, "{\"error\":\"slow down\"}"},
    {FAULT_TALK_503,       false, TALK_ANSWERED,  503, 421, ""},
    {FAULT_TALK_500,       false, TALK_ANSWERED,  500, 0,   "oops"},
    {FAULT_TALK_500_AFTER, true,  TALK_ANSWERED,  500, 0,   "oops"},
    {FAULT_TALK_422,       false, TALK_ANSWERED,  422, 550, "{\"errors\":[\"no\"]}"},
    {FAULT_TALK_HTML,      true,  TALK_ANSWERED,  200, 250, "<html>welcome</html>"},
    {FAULT_TALK_CUT,       true,  TALK_ANSWERED,  200, 250, "{\"invitation\":{\"u"},
};
/* clang-format on */

static bool act(struct sim *s, const struct effect *e, bool mail, struct answer *a) {
    for (size_t i = 0; i < COUNT(misbehaviours); i++) {
        if (!strikes(s, misbehaviours[i].fault))
            continue;
        a->sent = misbehaviours[i].sent;
        a->status = mail ? misbehaviours[i].mail : misbehaviours[i].status;
        if (a->sent == TALK_ANSWERED && !a->status)
            a->sent = TALK_NO_ANSWER; /* a mail server has no such words */
        a->body = str_of(misbehaviours[i].body);
        if (misbehaviours[i].done)
            effect_now(s, e);
        if (misbehaviours[i].fault == FAULT_TALK_LATE) {
            struct effect *late = NEW(s->mem, struct effect);
            *late = *e;
            memcpy(late->name, e->step->name, sizeof(late->name));
            e->step->late++;
            int64_t wait = (int64_t)below(s, below(s, 8) ? 40 * TIME_SECOND : 10 * TIME_MINUTE);
            if (s->script) /* asked once, it was not there; asked again, it is */
                wait = 40 * TIME_SECOND;
            event_add(s, s->now + TIME_OUT_MS + wait, effect_late, late, effect_number(late));
        }
        return true;
    }
    effect_now(s, e);
    return false;
}

/* A question changes nothing there; its answer may be old. */
static void asked(struct sim *s, struct arena *mem, const struct effect *e, struct answer *a) {
    for (size_t i = 0; i < COUNT(misbehaviours); i++) {
        bool old = misbehaviours[i].done || misbehaviours[i].fault == FAULT_TALK_LATE;
        if (old || !strikes(s, misbehaviours[i].fault))
            continue;
        a->sent = misbehaviours[i].sent;
        a->status = misbehaviours[i].status;
        a->body = str_of(misbehaviours[i].body);
        return;
    }
    bool stale = strikes(s, FAULT_TALK_STALE);
    a->body = list_body(mem, e->order, e->step->effects && !stale);
}

static int64_t wait_of(struct sim *s, const struct answer *a) {
    if (a->sent == TALK_NO_ANSWER)
        return TIME_OUT_MS;
    if (s->phase == PHASE_KIND || s->script)
        return 50;
    return (int64_t)below(s, below(s, 8) ? 300 : TIME_OUT_MS - 1);
}

void partner_say(
    struct talk *self, struct arena *mem, const struct talk_request *r, struct talk_answer *out) {
    struct process *p = (struct process *)(void *)((char *)self - offsetof(struct process, talk));
    struct sim *s = p->sim;
    struct effect e = {0};
    bool mail = r->kind == TALK_MAIL;
    str host = mail ? S("mail")
                    : str_part(str_from(r->url, 8), 0, str_find(str_from(r->url, 8), S(".test")));
    struct answer a = {.sent = TALK_ANSWERED, .status = mail ? 250 : 200};
    if (strikes(s, FAULT_SWITCH))
        fibre_sleep(s, (int64_t)below(s, 4));
    if (s->current->job && str_is(s->current->job->kind, S("matter"))) {
        fibre_sleep(s, 50); /* a letter about no order: taken; test/app looks at its faults */
        *out = (struct talk_answer){.sent = TALK_ANSWERED, .status = 250};
        return;
    }
    e.step = step_of(s, &e.order);
    e.keyed = header_of(r, S("Idempotency-Key")).len > 0;
    *out = (struct talk_answer){.sent = TALK_NOT_SENT};
    if (!e.step)
        return;
    if (str_is(r->method, S("GET"))) {
        check_ask(s, e.order, e.step);
        if (is_hanging(s, e.step))
            a.sent = TALK_NO_ANSWER;
        else
            asked(s, mem, &e, &a);
    } else {
        check_wire(s, e.order, e.step, r);
        a.body = fine_body(mem, e.order, host);
        if (s->verbose)
            printf("%11lld %s %s to %.*s\n", (long long)(s->now % 1000000000), e.order->id,
                e.step->name, (int)host.len, host.ptr);
        if (is_hanging(s, e.step))
            a.sent = TALK_NO_ANSWER;
        else
            act(s, &e, mail, &a);
    }
    fibre_sleep(s, wait_of(s, &a));
    *out = (struct talk_answer){.sent = a.sent,
        .status = a.status,
        .body = a.body,
        .why = a.sent == TALK_ANSWERED ? S("") : S("the simulator")};
    fibre_hears(s, (uint64_t)a.sent << 32 | (uint64_t)a.status, a.body);
}
