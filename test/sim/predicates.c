#include "base/hash.h"
#include "base/json.h"
#include "sim/sim.h"

/* The predicates of the proof, each beside its sentence. */

/* ---- S15: no secret in any log line, response, error or row ---- */

void check_text(struct sim *s, const char *where, str text) {
    for (size_t at; (at = str_find_byte(text, 'C')) < text.len; text = str_from(text, at + 1))
        if (str_starts(str_from(text, at), S("CANARY-")))
            violate(s, "S15", "a secret stands in %s", where);
}

/* ---- an order as it was just kept ---- */

/* S1: what was acknowledged stays as it was, at all later times. */
uint64_t order_lasting(const struct order *o) {
    uint64_t h = str_hash(0xcbf29ce484222325u, o->id);
    h = str_hash(str_hash(h, o->mode), o->reference);
    h = str_hash(str_hash(h, o->gateway), str_of(o->total.currency));
    h = (h ^ (uint64_t)o->total.minor) * 0x100000001b3u;
    h = (h ^ (uint64_t)o->placed_at) * 0x100000001b3u;
    for (size_t i = 0; i < o->line_count; i++)
        h = str_hash(str_hash(h, o->lines[i].product), o->lines[i].hash);
    for (size_t i = 0; i < o->consent_count; i++)
        h = str_hash(str_hash(h, o->consents[i].id), o->consents[i].hash);
    return h;
}

static void check_lasting(struct sim *s, struct ghost_order *g, const struct order *o) {
    uint64_t hash = order_lasting(o);
    if (g->kept && hash != g->hash)
        violate(s, "S1", "the order %s is not what it was when it was placed", g->id);
    if (!g->kept)
        s->totals->orders++;
    g->kept = true;
    g->hash = hash;
    g->total = o->total.minor;
    memcpy(g->currency, o->total.currency, 3);
    if (o->gateway.len < sizeof(g->gateway))
        memcpy(g->gateway, o->gateway.ptr, o->gateway.len);
}

static uint64_t payments_hash(const struct order *o, size_t count) {
    uint64_t h = 1;
    for (size_t i = 0; i < count; i++)
        h = str_hash(str_hash(h, o->payments[i].event), o->payments[i].transaction)
            ^ (uint64_t)o->payments[i].amount.minor;
    return h;
}

static uint64_t refunds_hash(const struct order *o, size_t count) {
    uint64_t h = 1;
    for (size_t i = 0; i < count; i++)
        h = str_hash(str_hash(h, o->refunds[i].event), o->refunds[i].transaction)
            ^ (uint64_t)o->refunds[i].amount.minor;
    return h;
}

/* S5: an order becomes paid once, and facts about money are only ever added, each note once. */
static void check_money(struct sim *s, struct ghost_order *g, const struct order *o) {
    if (o->payment_count < g->payments || o->refund_count < g->refunds
        || payments_hash(o, g->payments) != g->payments_hash
        || refunds_hash(o, g->refunds) != g->refunds_hash)
        violate(s, "S5", "the order %s lost a payment or a refund", g->id);
    for (size_t i = 0; i < o->payment_count; i++)
        for (size_t k = 0; k < i; k++)
            if (str_is(o->payments[i].event, o->payments[k].event))
                violate(s, "S5", "the order %s has one note as two payments", g->id);
    for (size_t i = 0; i < o->refund_count; i++)
        for (size_t k = 0; k < i; k++)
            if (str_is(o->refunds[i].event, o->refunds[k].event))
                violate(s, "S5", "the order %s has one note as two refunds", g->id);
    g->payments = o->payment_count;
    g->refunds = o->refund_count;
    g->payments_hash = payments_hash(o, g->payments);
    g->refunds_hash = refunds_hash(o, g->refunds);
}

/* S4: paid only when a gateway truly took the money, in the order's amount, currency and mode. */
static void check_paid(struct sim *s, struct ghost_order *g, const struct order *o) {
    if (g->paid && !o->paid_at)
        violate(s, "S10", "the order %s is no longer paid", g->id);
    if (!g->paid && o->paid_at && g->taken < g->total)
        violate(s, "S4", "the order %s is paid with %lld of %lld", g->id, (long long)g->taken,
            (long long)g->total);
    if (g->paid && o->paid_at != g->paid_at)
        violate(s, "S5", "the order %s was paid a second time", g->id);
    if (!g->paid && o->paid_at)
        s->totals->paid++;
    g->paid = o->paid_at > 0;
    g->paid_at = o->paid_at;
}

/* S10, a part: nothing expires before its time, and who is heard to have paid in the last moment of
 * it is not late. */
static void check_expiry(struct sim *s, const struct ghost_order *g, const struct order *o) {
    bool late = o->marks & MARK_LATE, is_late = g->expired || o->paid_at > o->expires_at;
    if (!g->expired && o->expired_at && o->expired_at < o->expires_at)
        violate(s, "S10", "the order %s expired before its time", g->id);
    if (g->state != ORDER_PAID && order_state(o) == ORDER_PAID && late != is_late)
        violate(s, "S10", "the order %s is %s", g->id, late ? "late, and is not" : "not late");
}

/* S10: the state only goes up; expired is the one from which paying late leads on. S17, a part:
 * who never paid is forgotten at the end. */
static void check_state(struct sim *s, struct ghost_order *g, const struct order *o) {
    static const int height[] = {
        [ORDER_PLACED] = 0, [ORDER_EXPIRED] = 1, [ORDER_PAID] = 2, [ORDER_FULFILLED] = 3};
    enum order_state state = order_state(o);
    if (height[state] < height[g->state])
        violate(s, "S10", "the order %s went from %s to %s", g->id, order_state_name(g->state),
            order_state_name(state));
    if (g->state != ORDER_PLACED && !g->expired && o->expired_at)
        violate(s, "S10", "the order %s expired although it was paid", g->id);
    if (!g->expired && o->expired_at && (o->buyer.email.len || o->buyer.name.len))
        violate(s, "S17", "the order %s expired and still knows its buyer", g->id);
    check_expiry(s, g, o);
    g->expired = o->expired_at > 0;
    g->expires_at = o->expires_at;
    g->state = state;
}

/* ---- its steps ---- */

static str name_of(char *room, size_t size, const struct step *k) {
    if (k->line >= 9 || k->id.len + 3 > size)
        return S("");
    room[0] = (char)('1' + k->line);
    room[1] = '/';
    memcpy(room + 2, k->id.ptr, k->id.len);
    room[2 + k->id.len] = 0;
    return (str){room, 2 + k->id.len};
}

static uint64_t needs_of(struct ghost_order *g, const struct step *k) {
    uint64_t needs = 0;
    for (const struct tree *n = k->needs ? k->needs->first : NULL; n; n = n->next)
        for (size_t i = 0; i < g->step_count; i++) {
            str name = {g->steps[i].name, g->steps[i].name_len};
            if (str_is(str_from(name, 2), n->text) && g->steps[i].name[0] != '0')
                needs |= (uint64_t)1 << i;
        }
    return needs;
}

/* S11: what became of a step is written by the holder of its last lease, or by a person. */
static void check_fence(struct sim *s, struct ghost_order *g, struct ghost_step *old) {
    const struct fibre *f = s->author;
    bool mine = f && f->job && str_is(f->job->kind, S("job"))
                && str_is(f->job->key, str_of(old->name)) && str_is(f->job->part, str_of(g->id));
    if (mine && f->token != old->holder)
        violate(s, "S11", "%s %s was written after its lease was lost", g->id, old->name);
}

/* Terminal is terminal; only a person takes a step from poison or hold (S10). */
static void check_step_state(
    struct sim *s, struct ghost_order *g, struct ghost_step *old, const struct step *k) {
    bool person = s->again || (s->author && s->author->words[0].len && !s->author->job);
    bool ended =
        old->state == STEP_DONE || old->state == STEP_DROPPED || old->state == STEP_SKIPPED;
    bool stuck = old->state == STEP_HOLD || old->state == STEP_POISON;
    if (ended && k->state != old->state)
        violate(s, "S10", "%s %s went from %s to %s", g->id, old->name, step_state_name(old->state),
            step_state_name(k->state));
    if (stuck && k->state != old->state && !person)
        violate(s, "S14", "%s %s left %s without a person", g->id, old->name,
            step_state_name(old->state));
    if (k->attempts < old->attempts || k->unknowns < old->unknowns)
        violate(s, "S6", "%s %s counts backwards", g->id, old->name);
    if (stuck && k->state == STEP_READY)
        old->retries++;
    if (person && (k->state == STEP_DONE || k->state == STEP_DROPPED))
        old->operated = true;
}

/* S9, StableKey: the key of a step never changes, its bytes only when a person says so. */
static void check_step_key(
    struct sim *s, struct ghost_order *g, struct ghost_step *old, const struct step *k) {
    bool same = str_is(str_of(old->key), k->key);
    if (old->key[0] && !same)
        violate(s, "S9", "%s %s has another key", g->id, old->name);
    if (old->digest[0] && k->digest.len && k->round == old->round
        && !str_is(str_of(old->digest), k->digest))
        violate(s, "S9", "%s %s has other bytes", g->id, old->name);
    if (!same && k->key.len < sizeof(old->key))
        memcpy(old->key, k->key.ptr, k->key.len);
    if (k->digest.len < sizeof(old->digest)) {
        memset(old->digest, 0, sizeof(old->digest));
        memcpy(old->digest, k->digest.len ? k->digest.ptr : "", k->digest.len);
    }
}

/* S13: what is done has what it gives; L2, its alarm: who waits for a person, a person is told. */
static void check_step_end(
    struct sim *s, struct ghost_order *g, struct ghost_step *now, const struct step *k) {
    bool http = str_is(k->does, S("http")), lessons = str_is(k->does, S("academy.invite"));
    str link = tree_get(k->values, S("link"));
    if (k->state == STEP_DONE && http && !now->operated && !now->effects)
        violate(s, "S13", "%s %s is done and was never carried out", g->id, now->name);
    if (k->state == STEP_DONE && !now->operated && (lessons || str_is(k->id, S("invitation")))
        && str_find(link, str_of(g->id)) == link.len)
        violate(s, "S13", "%s %s is done without its link", g->id, now->name);
    if ((k->state == STEP_HOLD || k->state == STEP_POISON) && !str_starts(k->id, S("needs-you."))) {
        char name[100];
        snprintf(name, sizeof(name), "0/needs-you.%d.%.*s", k->line + 1, (int)k->id.len, k->id.ptr);
        if (!ghost_step(g, str_of(name)))
            violate(s, "L2", "%s %s is stuck and nobody is told", g->id, now->name);
    }
    if (k->attempts > 30 * (now->retries + 1))
        violate(s, "L3", "%s %s was tried %lld times", g->id, now->name, (long long)k->attempts);
}

static void check_step(
    struct sim *s, struct ghost_order *g, struct ghost_step *old, const struct step *k) {
    if (k->state != old->state || k->attempts != old->attempts) {
        check_fence(s, g, old);
        check_step_state(s, g, old, k);
    }
    check_step_key(s, g, old, k);
    if (k->state != STEP_SENDING)
        old->ready_at = k->state == STEP_READY ? k->due : 0;
    old->state = k->state;
    old->attempts = k->attempts;
    old->unknowns = k->unknowns;
    old->round = k->round;
    old->needs = needs_of(g, k);
    check_step_end(s, g, old, k);
}

/* It was owed before a restore of which the backup did not know: what was done stays done. */
static void steps_gone(struct ghost_order *g, struct ghost_step *more) {
    more->doubtful = g->restored;
    for (size_t i = 0; i < g->gone_count; i++) {
        const struct ghost_step *k = &g->gone[i];
        if (!str_is(str_of(k->name), str_of(more->name)))
            continue;
        more->effects = k->effects;
        more->late = k->late;
        more->effects_before = k->effects + k->late;
        more->done_there = k->done_there;
    }
}

/* The ghost's, which is made when it is new. Mostly they stand in the same order. */
static struct ghost_step *step_of(
    struct sim *s, struct ghost_order *g, size_t at, const struct step *k) {
    char room[72];
    str name = name_of(room, sizeof(room), k);
    if (!name.len || at >= SIM_STEPS) {
        violate(s, "the simulator", "has no room for a step of %s", g->id);
        return NULL;
    }
    struct ghost_step *found = &g->steps[at];
    if (at < g->step_count && str_is(name, (str){found->name, found->name_len}))
        return found;
    found = ghost_step(g, name);
    if (found || g->step_count == SIM_STEPS)
        return found;
    found = &g->steps[g->step_count++];
    *found = (struct ghost_step){.name_len = name.len, .state = k->state, .attempts = k->attempts};
    memcpy(found->name, room, name.len + 1);
    steps_gone(g, found);
    return found;
}

/* All are there before one is looked at: they speak of each other. */
static void check_steps(
    struct sim *s, struct ghost_order *g, const struct step *const *steps, size_t count) {
    struct ghost_step *ours[SIM_STEPS] __attribute__((uninitialized));
    if (count < g->step_count)
        violate(s, "S14", "the order %s lost a step", g->id);
    for (size_t i = 0; i < count && !s->failed; i++)
        ours[i] = steps[i] ? step_of(s, g, i, steps[i]) : NULL;
    for (size_t i = 0; i < count && !s->failed; i++)
        if (ours[i])
            check_step(s, g, ours[i], steps[i]);
    if (!s->failed && count != g->step_count)
        violate(s, "S14", "the order %s has another step in the place of one", g->id);
}

void check_order(struct sim *s, struct ghost_order *g, const struct order *o) {
    const struct step *steps[SIM_STEPS] __attribute__((uninitialized));
    check_lasting(s, g, o);
    check_money(s, g, o);
    check_paid(s, g, o);
    check_state(s, g, o);
    for (size_t i = 0; i < o->step_count && i < SIM_STEPS; i++)
        steps[i] = &o->steps[i];
    if (o->step_count > SIM_STEPS)
        violate(s, "the simulator", "has no room for the steps of %s", g->id);
    else
        check_steps(s, g, steps, o->step_count);
}

void check_news(struct sim *s, struct ghost_order *g, const struct row_news *n) {
    if (n->money)
        check_money(s, g, &n->order);
    if (n->head) {
        check_paid(s, g, &n->order);
        check_state(s, g, &n->order);
    }
    check_steps(s, g, n->steps, n->step_count);
}

/* S14: every step of a paid order is in exactly one place: with a job that will come, or with a
 * person, or ended; and the order is among the open ones as long as something is owed. */
void check_rows(struct sim *s, struct ghost_order *g) {
    if (g->open != (g->state == ORDER_PAID))
        violate(s, "S14", "the order %s is %s and %s the open ones", g->id,
            order_state_name(g->state), g->open ? "among" : "not among");
    for (size_t i = 0; i < g->step_count; i++) {
        const struct ghost_step *k = &g->steps[i];
        bool job = k->state == STEP_READY || k->state == STEP_SENDING || k->state == STEP_UNKNOWN;
        bool stuck = k->state == STEP_HOLD || k->state == STEP_POISON;
        if (job != k->job || stuck != k->stuck)
            violate(s, "S14", "%s %s is %s, has %s job and is %s", g->id, k->name,
                step_state_name(k->state), k->job ? "a" : "no", k->stuck ? "stuck" : "not stuck");
    }
}

/* ---- a request as it leaves ---- */

static uint64_t wire_hash(const struct talk_request *r) {
    uint64_t h = str_hash(str_hash(1, r->method), r->url);
    return str_hash(str_hash(str_hash(h, r->body), r->name), r->to);
}

static str wire_key(const struct talk_request *r) {
    for (size_t i = 0; i < r->header_count; i++)
        if (str_is_like(r->headers[i].name, S("Idempotency-Key")))
            return r->headers[i].value;
    return r->kind == TALK_MAIL ? r->name : S("");
}

/* StableKey: all attempts of one round are the same bytes with the same key, and the key is that of
 * the kept row. */
static void check_wire_same(
    struct sim *s, struct ghost_order *o, struct ghost_step *g, const struct talk_request *r) {
    uint64_t hash = wire_hash(r);
    str key = wire_key(r);
    if (key.len && str_find(key, str_of(g->key)) == key.len)
        violate(s, "S9", "%s %s was sent with a key that is not kept", o->id, g->name);
    if (g->wire && g->wire_round == g->round && hash != g->wire)
        violate(s, "S9", "%s %s was sent again with other bytes", o->id, g->name);
    g->wire = hash;
    g->wire_round = g->round;
    bool about = r->kind == TALK_MAIL || str_find(r->body, str_of(o->id)) < r->body.len;
    if (!about)
        violate(s, "S9", "%s %s was sent without its reference", o->id, g->name);
}

/* To the owner about money, and that such a letter did not go out. */
static bool is_about_money(const struct ghost_step *g) {
    return str_starts(str_of(g->name), S("0/money."))
           || str_starts(str_of(g->name), S("0/needs-you.0.money."));
}

/* S18: after the restore of a backup nothing leaves for a step that was open in it, or that the
 * order did not owe yet, before that was doubted: counted as unknown, the partner asked where it
 * can be, a person having said so where it can neither be asked nor takes a repeat. */
static void check_doubted(struct sim *s, struct ghost_order *o, struct ghost_step *g) {
    bool opaque = str_is(str_of(g->name), S("1/badge"));
    bool askable = str_is(str_of(g->name), S("1/invitation"));
    bool person = g->retries > g->retries_before;
    bool asked = g->asks > g->asks_before;
    if (g->doubtful
        && (g->unknowns <= g->unknowns_before || (opaque && !person)
            || (askable && !asked && !person)))
        violate(s, "S18", "%s %s was sent after a restore, and not doubted", o->id, g->name);
    g->doubtful = false;
}

/* S6, its window: a key is not sent again when its partner has forgotten it, unless a person says
 * so. Whose clock is wrong cannot know. */
static void check_window(struct sim *s, struct ghost_order *o, struct ghost_step *g) {
    bool keyed = str_is(str_of(g->name), S("1/purchase"));
    bool clocks = !s->rate[FAULT_CLOCK] && !s->rate[FAULT_STUCK];
    if (!g->wires || g->retries != g->window_retries)
        g->window_at = s->now;
    g->window_retries = g->retries;
    if (keyed && clocks && !o->restored && s->now - g->window_at > TIME_DAY)
        violate(s, "S6", "%s %s was sent with a key that is forgotten", o->id, g->name);
}

bool is_hanging(const struct sim *s, const struct ghost_step *g) {
    static const char *const names[] = {
        "", "1/invitation", "1/badge", "1/purchase", "1/subscriber"};
    return s->hanging && s->phase == PHASE_KIND && s->now < s->hangs_until
           && str_is(str_of(g->name), str_of(names[s->hanging]));
}

/* L4: while one partner hangs, what others owe waits for each of its steps twice at most, and for
 * the leases of what was in hand. All may sleep until some minutes after the world turns kind. */
static void check_wait(struct sim *s, const struct ghost_order *o, const struct ghost_step *g) {
    instant from = s->kind_at + 6 * TIME_MINUTE;
    from = g->ready_at > from ? g->ready_at : from;
    from = g->leased > from ? g->leased : from;
    int64_t most = 5 * TIME_MINUTE;
    if (s->script || s->phase != PHASE_KIND || !g->ready_at || is_hanging(s, g)
        || s->now - from <= most)
        return;
    for (size_t i = 0; i < s->order_count; i++)
        for (size_t k = 0; k < s->orders[i].step_count; k++)
            if (is_hanging(s, &s->orders[i].steps[k]))
                most += 2 * 20 * TIME_SECOND;
    if (s->now - from > most)
        violate(s, "L4", "%s %s waited %lld seconds for others", o->id, g->name,
            (long long)((s->now - from) / 1000));
}

/* S7: nothing leaves for an order that is not kept as paid, but to its owner about money. S8: nor
 * before what it needs is done. S9: nor without its intent, written down before. */
void check_wire(
    struct sim *s, struct ghost_order *o, struct ghost_step *g, const struct talk_request *r) {
    if (!o->paid && !is_about_money(g))
        violate(s, "S7", "%s %s was sent before the order was paid", o->id, g->name);
    for (size_t i = 0; i < o->step_count; i++)
        if (g->needs >> i & 1 && o->steps[i].state != STEP_DONE && o->steps[i].state != STEP_DROPPED
            && o->steps[i].state != STEP_SKIPPED)
            violate(s, "S8", "%s %s was sent before %s", o->id, g->name, o->steps[i].name);
    check_doubted(s, o, g);
    check_window(s, o, g);
    check_wait(s, o, g);
    if (++g->wires > g->attempts)
        violate(s, "S9", "%s %s was sent %d times, written down %lld times", o->id, g->name,
            g->wires, (long long)g->attempts);
    check_wire_same(s, o, g, r);
}

/* L3: a partner is not asked for ever. Ten times without a word or twice with "no", for each
 * outcome that is not known; a crash or a lost commit may waste as many again. */
void check_ask(struct sim *s, struct ghost_order *o, struct ghost_step *g) {
    int64_t most = 25 * (g->unknowns + g->retries + 1);
    if (++g->asks > most)
        violate(s, "L3", "%s %s: the partner was asked %d times", o->id, g->name, g->asks);
}

/* S6: no effect is doubled beyond the outcomes kept as UNKNOWN, and those that a person asked for;
 * an opaque partner's not even then, without a person. */
void check_effect(struct sim *s, struct ghost_order *o, struct ghost_step *g) {
    bool opaque = str_is(str_of(g->name), S("1/badge"));
    int64_t most = (g->effects_before ? g->effects_before : 1) + g->retries - g->retries_before
                   + (opaque ? 0 : g->unknowns - g->unknowns_before);
    if (g->effects > most)
        violate(s, "S6", "%s %s was carried out %d times, %lld are accounted for", o->id, g->name,
            g->effects, (long long)most);
}
