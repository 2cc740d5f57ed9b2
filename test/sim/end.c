#include "base/hash.h"
#include "sim/sim.h"

/* ---- the end: everything is at rest, and the world was kind for weeks ---- */

/* S5, S14: the money of each acknowledged note is on its order, each once. */
static void check_sums(struct sim *s, struct ghost_order *g, const struct order *o) {
    int64_t paid = 0, back = 0, kept = 0, kept_back = 0;
    bool gone = false; /* a restore took the whole payment, a note of its first half came again */
    for (size_t i = 0; i < s->notice_count; i++) {
        const struct notice *n = &s->notices[i];
        gone |= n->order == g && n->gone;
        if (n->order == g && n->good && n->acked)
            *(n->what == EVENT_REFUND ? &back : &paid) += n->amount;
    }
    for (size_t i = 0; i < o->payment_count; i++)
        kept += o->payments[i].amount.minor;
    for (size_t i = 0; i < o->refund_count; i++)
        kept_back += o->refunds[i].amount.minor;
    if (!gone && (kept != paid || kept_back != back))
        violate(s, "S14", "%s: acknowledged %lld and %lld back, kept %lld and %lld back", g->id,
            (long long)paid, (long long)back, (long long)kept, (long long)kept_back);
    if (paid >= g->total && !back && !o->paid_at)
        violate(s, "L2", "%s: the money is there and the order is not paid", g->id);
}

static bool is_there(struct sim *s, str part, str kind, str key) {
    struct row row;
    return s->real->kind->get(s->real, s->scratch, part, kind, key, &row).code == ERR_NONE;
}

/* S14, for a person: a paid order is found by its e-mail, and by each of its transactions. */
static void check_found(struct sim *s, struct ghost_order *g, const struct order *o) {
    str mail = hash_sha256_hex(s->scratch, str_lower(s->scratch, o->buyer.email));
    bool found = is_there(s, JOIN(s->scratch, S("mail/"), mail), S("mail"), o->id);
    for (size_t i = 0; i < o->payment_count && found; i++) {
        const struct payment *p = &o->payments[i];
        str sum = str_part(hash_sha256_hex(s->scratch, p->transaction), 0, 32);
        found = is_there(s, JOIN(s->scratch, S("pay/"), p->gateway, S("/"), sum), S("pay"), o->id);
    }
    if (!found)
        violate(s, "S14", "%s is paid and not found by its e-mail or a transaction", g->id);
}

/* L2: a paid order is fulfilled, or waits for a person. */
static void check_ended(struct sim *s, struct ghost_order *g, const struct order *o) {
    for (size_t i = 0; i < g->step_count; i++) {
        enum step_state state = g->steps[i].state;
        if (state == STEP_READY || state == STEP_SENDING || state == STEP_UNKNOWN)
            violate(
                s, "L2", "%s %s is %s for ever", g->id, g->steps[i].name, step_state_name(state));
        s->totals->held += state == STEP_HOLD || state == STEP_POISON;
    }
    bool stuck = o->marks & (MARK_HELD | MARK_POISON);
    bool waits = order_state(o) == ORDER_PAID;
    if (waits && !stuck)
        violate(s, "L2", "%s is paid, owes nothing to a person, and is not fulfilled", g->id);
    if (order_state(o) == ORDER_PLACED)
        violate(s, "S17", "%s was never paid and did not expire", g->id);
    s->totals->ended += order_state(o) == ORDER_FULFILLED;
}

/* Most were never paid: a row that is byte for byte as it was kept last was looked at then. */
static bool order_end(struct sim *s, const struct ghost_order *g, struct order **out) {
    struct row row;
    const struct ghost_row *last = &g->row;
    err e = s->real->kind->get(s->real, s->scratch, str_of(g->id), S("order"), S(""), &row);
    if (e.code != ERR_NONE)
        return false;
    if (last->member_count && !g->paid && !g->payments && !g->refunds
        && str_is(row.bytes, (str){last->bytes, last->len})) {
        *out = NEW(s->scratch, struct order);
        (*out)->expired_at = g->expired;
        return true;
    }
    e = orders_read(s->scratch, &row, out);
    return e.code == ERR_NONE && order_lasting(*out) == g->hash;
}

void check_end(struct sim *s) {
    for (size_t i = 0; i < s->notice_count; i++)
        if (s->notices[i].genuine && !s->notices[i].acked && !s->notices[i].gone
            && !s->notices[i].untold)
            violate(s, "L1", "a note was never acknowledged: %.*s", (int)s->notices[i].body.len,
                s->notices[i].body.ptr);
    for (size_t i = 0; i < s->order_count && !s->failed; i++) {
        struct order *o = NULL;
        struct ghost_order *g = &s->orders[i];
        if (!g->kept)
            continue; /* lost with what was kept after a backup */
        desk_clear(&s->scratch_desk);
        if (!order_end(s, g, &o)) {
            violate(s, "S1", "the order %s is gone or another one", g->id);
            return;
        }
        check_sums(s, g, o);
        check_ended(s, g, o);
        if (o->paid_at)
            check_found(s, g, o);
    }
}
