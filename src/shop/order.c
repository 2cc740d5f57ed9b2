#include "shop/order.h"

#include "base/encode.h"
#include "base/hash.h"
#include "shop/words.h"

enum { ID_TIME = 10, ID_DICE = 8, ID_SIZE = 1 + ID_TIME + ID_DICE, REFERENCE_MAC = 5 };

/* ---- names ---- */

str order_id_new(struct arena *mem, bool live, instant now, uint64_t dice) {
    return JOIN(mem, live ? S("o") : S("t"), base32_number(mem, (uint64_t)now, ID_TIME),
        base32_number(mem, dice, ID_DICE));
}

/* 0-9 and a-z but for i l o u, as bits. */
static bool is_base32(char c) {
    static const uint64_t set[4] = {0x03ff000000000000, 0x07df6dfe00000000, 0, 0};
    return set[(unsigned char)c >> 6] >> (c & 63) & 1;
}

bool order_id_is(str id) {
    if (id.len != ID_SIZE || (id.ptr[0] != 'o' && id.ptr[0] != 't'))
        return false;
    for (size_t i = 1; i < id.len; i++)
        if (!is_base32(id.ptr[i]))
            return false;
    return true;
}

instant order_id_at(str id) {
    uint64_t at = 0;
    if (!order_id_is(id) || !base32_number_read(str_part(id, 1, ID_TIME), &at))
        return 0;
    return (instant)at;
}

str order_id_from(struct arena *mem, bool live, instant at) {
    return order_id_new(mem, live, at < 0 ? 0 : at, 0);
}

/* ---- keys: HMACs under the shop secret; the label keeps one use from standing for another ---- */

str order_reference(struct arena *mem, struct hash_key secret, str id) {
    str mac = hash_hmac(mem, secret, JOIN(mem, S("reference/"), id));
    return JOIN(mem, id, base32_write(mem, str_part(mac, 0, REFERENCE_MAC)));
}

err order_reference_read(struct arena *mem, struct hash_key secret, str reference, str *id) {
    str front = str_part(reference, 0, ID_SIZE);
    if (!order_id_is(front) || !hash_is(order_reference(mem, secret, front), reference))
        return err_make(ERR_ABSENT, S("this reference was not given by this shop"));
    *id = front;
    return OK_ERR;
}

/* ---- state ---- */

enum order_state order_state(const struct order *o) {
    if (o->fulfilled_at)
        return ORDER_FULFILLED;
    if (o->paid_at)
        return ORDER_PAID;
    return o->expired_at ? ORDER_EXPIRED : ORDER_PLACED;
}

const char *order_state_name(enum order_state s) {
    static const char *const names[] = {
        [ORDER_PLACED] = "placed",
        [ORDER_PAID] = "paid",
        [ORDER_FULFILLED] = "fulfilled",
        [ORDER_EXPIRED] = "expired",
    };
    return names[s];
}

struct tree *order_marks(struct arena *mem, const struct order *o) {
    static const struct {
        enum order_mark mark;
        str word;
    } marks[] = {
        {MARK_REFUNDED, S_INIT("refunded")},
        {MARK_PART_REFUNDED, S_INIT("part_refunded")},
        {MARK_DISPUTED, S_INIT("disputed")},
        {MARK_SURPLUS, S_INIT("surplus")},
        {MARK_HELD, S_INIT("held")},
        {MARK_POISON, S_INIT("poison")},
        {MARK_LATE, S_INIT("late")},
        {MARK_SHORT, S_INIT("short")},
        {MARK_WRONG, S_INIT("wrong")},
        {MARK_ERASED, S_INIT("erased")},
    };
    struct tree *list = tree_list(mem);
    for (size_t i = 0; i < COUNT(marks); i++)
        if (o->marks & marks[i].mark)
            tree_add(list, tree_text(mem, marks[i].word));
    return list;
}

/* ---- what follows from the steps ---- */

/* Is anything still owed to the buyer? The owner's mails and `late` itself do not count. */
static bool buyer_waits(const struct order *o) {
    for (size_t i = 0; i < o->step_count; i++) {
        const struct step *s = &o->steps[i];
        if ((s->line >= 0 || str_is(s->id, S("access"))) && step_is_open(s))
            return true;
    }
    return false;
}

static bool any_in(const struct order *o, enum step_state state) {
    for (size_t i = 0; i < o->step_count; i++)
        if (o->steps[i].state == state)
            return true;
    return false;
}

static bool any_open(const struct order *o) {
    for (size_t i = 0; i < o->step_count; i++)
        if (step_is_open(&o->steps[i]))
            return true;
    return false;
}

static void late_skip(struct order *o, instant now) {
    for (size_t i = 0; i < o->step_count; i++) {
        struct step *s = &o->steps[i];
        bool untried = (s->state == STEP_READY || s->state == STEP_WAITING) && s->attempts == 0;
        if (s->line < 0 && str_is(s->id, S("late")) && untried) {
            s->state = STEP_SKIPPED;
            s->due = 0;
            s->finished_at = now;
        }
    }
}

static void mark_set(struct order *o, enum order_mark mark, bool on) {
    o->marks = on ? o->marks | (unsigned)mark : o->marks & ~(unsigned)mark;
}

void order_settle(struct order *o, instant now) {
    if (o->paid_at && o->step_count && !buyer_waits(o))
        late_skip(o, now);
    mark_set(o, MARK_HELD, any_in(o, STEP_HOLD));
    mark_set(o, MARK_POISON, any_in(o, STEP_POISON));
    if (o->paid_at && !o->fulfilled_at && o->step_count && !any_open(o))
        o->fulfilled_at = now;
}

/* ---- the end of personal data ---- */

void order_erase(struct order *o) {
    o->buyer = (struct buyer){.country = o->buyer.country, .lang = o->buyer.lang};
    o->company = (struct company){0};
    o->address_hash = S("");
    o->key_hash = S("");
    o->link = S("");
    o->origin = NULL;
    o->marks |= MARK_ERASED;
}

bool order_expire(struct order *o, instant now) {
    if (order_state(o) != ORDER_PLACED || now < o->expires_at)
        return false;
    o->expired_at = now;
    order_erase(o);
    return true;
}
