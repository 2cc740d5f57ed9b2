#include "base/encode.h"
#include "base/json.h"
#include "base/limits.h"
#include "shop/order.h"
#include "shop/record.h"

#define RECORD(type, fields) \
    { sizeof(struct type), fields, COUNT(fields), 0, 0 }
#define KEPT(type, fields) \
    { sizeof(struct type), fields, COUNT(fields), offsetof(struct type, kept), 0 }

/* ---- what is kept: one table for a struct; a name once used here is never used for another
 * thing ---- */

/* clang-format off */
static const struct field buyer_fields[] = {
    FIELD(buyer, FIELD_TEXT, email),
    FIELD(buyer, FIELD_TEXT, name),
    FIELD(buyer, FIELD_TEXT, country),
    FIELD(buyer, FIELD_TEXT, lang),
    FIELD_REST(buyer),
};
static const struct field company_fields[] = {
    FIELD(company, FIELD_TEXT, name),
    FIELD(company, FIELD_TEXT, tax_id),
    FIELD(company, FIELD_TEXT, street),
    FIELD(company, FIELD_TEXT, postcode),
    FIELD(company, FIELD_TEXT, city),
    FIELD_REST(company),
};
static const struct field line_fields[] = {
    FIELD(line, FIELD_TEXT, product),
    FIELD(line, FIELD_TEXT, name),
    FIELD(line, FIELD_TEXT, hash),
    FIELD(line, FIELD_INT, quantity),
    FIELD(line, FIELD_TEXT, tax),
    FIELD(line, FIELD_MONEY, net),
    FIELD(line, FIELD_MONEY, tax_amount),
    FIELD(line, FIELD_MONEY, gross),
    FIELD_REST(line),
};
static const struct field consent_fields[] = {
    FIELD(consent_given, FIELD_TEXT, id),
    FIELD(consent_given, FIELD_TEXT, version),
    FIELD(consent_given, FIELD_TEXT, hash),
    FIELD(consent_given, FIELD_INT, at),
    FIELD_REST(consent_given),
};
static const struct field payment_fields[] = {
    FIELD(payment, FIELD_TEXT, gateway),
    FIELD(payment, FIELD_TEXT, transaction),
    FIELD(payment, FIELD_TEXT, event),
    FIELD(payment, FIELD_MONEY, amount),
    FIELD(payment, FIELD_INT, at),
    FIELD(payment, FIELD_TEXT, ref),
    FIELD_REST(payment),
};
static const struct field refund_fields[] = {
    FIELD(refund, FIELD_TEXT, gateway),
    FIELD(refund, FIELD_TEXT, transaction),
    FIELD(refund, FIELD_TEXT, event),
    FIELD(refund, FIELD_MONEY, amount),
    FIELD(refund, FIELD_INT, at),
    FIELD(refund, FIELD_BOOL, dispute),
    FIELD_REST(refund),
};
static const struct field remark_fields[] = {
    FIELD(remark, FIELD_TEXT, gateway),
    FIELD(remark, FIELD_TEXT, event),
    FIELD(remark, FIELD_TEXT, what),
    FIELD(remark, FIELD_INT, at),
    FIELD_REST(remark),
};
static const str state_words[] = {
    [STEP_WAITING] = S_INIT("waiting"),
    [STEP_READY] = S_INIT("ready"),
    [STEP_SENDING] = S_INIT("sending"),
    [STEP_UNKNOWN] = S_INIT("unknown"),
    [STEP_DONE] = S_INIT("done"),
    [STEP_HOLD] = S_INIT("hold"),
    [STEP_POISON] = S_INIT("poison"),
    [STEP_DROPPED] = S_INIT("dropped"),
    [STEP_SKIPPED] = S_INIT("skipped"),
};
_Static_assert(COUNT(state_words) == STEP_STATES, "a state without a word");
static const struct field step_fields[] = {
    FIELD(step, FIELD_SMALL, line),
    FIELD(step, FIELD_TEXT, id),
    FIELD_NAMED(step, FIELD_TEXT, does, "do"),
    FIELD(step, FIELD_TEXT, key),
    {JSON_KEY("state"), S_INIT("state"), FIELD_WORD, offsetof(struct step, state), 0, NULL,
        state_words, STEP_STATES},
    FIELD(step, FIELD_TREE, needs),
    {JSON_KEY("with"), S_INIT("with"), FIELD_LATER, offsetof(struct step, with),
        offsetof(struct step, with_row), NULL, NULL, 0},
    FIELD(step, FIELD_INT, attempts),
    FIELD(step, FIELD_INT, unknowns),
    FIELD(step, FIELD_INT, crashes),
    FIELD(step, FIELD_INT, absent),
    FIELD(step, FIELD_INT, silent),
    FIELD(step, FIELD_INT, retried),
    FIELD(step, FIELD_INT, crashed_at),
    FIELD(step, FIELD_INT, doubted_at),
    FIELD(step, FIELD_INT, due),
    FIELD(step, FIELD_INT, first_at),
    FIELD(step, FIELD_INT, started_at),
    FIELD(step, FIELD_INT, finished_at),
    FIELD(step, FIELD_TEXT, digest),
    FIELD(step, FIELD_TEXT, digest_before),
    FIELD(step, FIELD_INT, round),
    FIELD(step, FIELD_BOOL, ours),
    FIELD(step, FIELD_TEXT, receipt),
    FIELD(step, FIELD_TREE, values),
    FIELD(step, FIELD_TEXT, error),
    FIELD_REST(step),
};
static const str event_words[] = {
    [EVENT_PAID] = S_INIT("paid"),
    [EVENT_PENDING] = S_INIT("pending"),
    [EVENT_FAILED] = S_INIT("failed"),
    [EVENT_SHORT] = S_INIT("short"),
    [EVENT_REFUND] = S_INIT("refund"),
    [EVENT_DISPUTE] = S_INIT("dispute"),
    [EVENT_STRANGE] = S_INIT("strange"),
};
_Static_assert(COUNT(event_words) == ORDER_EVENTS, "an event without a word");
static const struct field note_fields[] = {
    FIELD(note, FIELD_TEXT, gateway),
    FIELD(note, FIELD_TEXT, event),
    FIELD(note, FIELD_TEXT, transaction),
    FIELD(note, FIELD_TEXT, reference),
    {JSON_KEY("what"), S_INIT("what"), FIELD_WORD, offsetof(struct note, what), 0, NULL,
        event_words, ORDER_EVENTS},
    FIELD(note, FIELD_MONEY, asked),
    FIELD(note, FIELD_MONEY, amount),
    FIELD(note, FIELD_BOOL, test),
    FIELD(note, FIELD_TEXT, status),
    FIELD(note, FIELD_TEXT, raw),
    FIELD(note, FIELD_INT, at),
    FIELD(note, FIELD_TEXT, ref),
    FIELD(note, FIELD_TEXT, detail),
};

static const struct record buyer_record = RECORD(buyer, buyer_fields);
static const struct record company_record = RECORD(company, company_fields);
static const struct record line_record = KEPT(line, line_fields);
static const struct record consent_record = KEPT(consent_given, consent_fields);
static const struct record payment_record = KEPT(payment, payment_fields);
static const struct record refund_record = KEPT(refund, refund_fields);
static const struct record remark_record = KEPT(remark, remark_fields);
const struct record step_record = KEPT(step, step_fields);
static const struct record note_record = RECORD(note, note_fields);

static const struct field order_fields[] = {
    FIELD(order, FIELD_TEXT, id),
    FIELD(order, FIELD_TEXT, mode),
    FIELD(order, FIELD_INT, placed_at),
    FIELD(order, FIELD_INT, expires_at),
    FIELD(order, FIELD_INT, paid_at),
    FIELD(order, FIELD_INT, fulfilled_at),
    FIELD(order, FIELD_INT, expired_at),
    FIELD(order, FIELD_INT, turn),
    FIELD(order, FIELD_TEXT, key_hash),
    FIELD_INSIDE(order, buyer, buyer_record),
    FIELD_INSIDE(order, company, company_record),
    FIELD(order, FIELD_TEXT, address_hash),
    FIELD(order, FIELD_MONEY, total),
    FIELD(order, FIELD_TEXT, gateway),
    FIELD(order, FIELD_TEXT, link),
    FIELD(order, FIELD_TEXT, reference),
    FIELD(order, FIELD_TEXT, ref),
    FIELD(order, FIELD_TREE, origin),
    FIELD(order, FIELD_SMALL, marks),
    FIELD_ITEMS(order, lines, line_count, line_record),
    FIELD_ITEMS(order, consents, consent_count, consent_record),
    FIELD_ITEMS(order, payments, payment_count, payment_record),
    FIELD_ITEMS(order, refunds, refund_count, refund_record),
    FIELD_ITEMS(order, remarks, remark_count, remark_record),
    FIELD_ITEMS(order, steps, step_count, step_record),
    FIELD_REST(order),
};
/* clang-format on */
/* All before the lists. */
enum { ORDER_FRONT = 19 };
const struct record order_record = {sizeof(struct order), order_fields, COUNT(order_fields),
    offsetof(struct order, kept), ORDER_FRONT};

/* ---- the row ---- */

/* A partner's values may outgrow LIMIT_ROW: no store takes it then. */
enum { ROW_MAX = 4 * LIMIT_ROW, ROW_MOSTLY = 4096 };

str order_write(struct arena *mem, const struct order *o) {
    struct buf b = buf_new(mem, ROW_MAX);
    buf_room(&b, ROW_MOSTLY);
    record_write(&b, &order_record, o);
    /* Half a row must not look like a whole one. */
    if (b.full)
        return (str){arena_take(mem, ROW_MAX), ROW_MAX};
    return buf_str(&b);
}

static err row_read(struct arena *mem, const struct record *r, str bytes, void *into) {
    struct json_row row = json_row_new(mem, bytes);
    TRY(record_read(mem, r, &row, into));
    if (!json_row_end(&row))
        return err_make(ERR_CORRUPT, S("a kept row is not JSON"));
    return OK_ERR;
}

err order_read(struct arena *mem, str bytes, struct order **out) {
    struct order *o = NEW(mem, struct order);
    TRY(row_read(mem, &order_record, bytes, o));
    if (!order_id_is(o->id) || !o->line_count || !o->total.currency[0])
        return err_make(ERR_CORRUPT, S("a kept order has no id, no line or no total"));
    *out = o;
    return OK_ERR;
}

struct tree *step_write(struct arena *mem, const struct step *s) {
    return record_tree(mem, &step_record, s);
}

/* A control character takes six bytes in JSON. */
enum { RAW_MAX = LIMIT_ROW / 12 };

/* What was read of the note is always kept whole; its raw body is there for the owner to look at,
 * and whoever sends it decides how long it is. */
str note_write(struct arena *mem, const struct note *n) {
    struct note fits = *n;
    struct buf b = buf_new(mem, ROW_MAX);
    record_write(&b, &note_record, n);
    if (b.len <= LIMIT_ROW && !b.full)
        return buf_str(&b);
    fits.raw = utf8_prefix(n->raw, RAW_MAX);
    b = buf_new(mem, ROW_MAX);
    record_write(&b, &note_record, &fits);
    return buf_str(&b);
}

err note_read(struct arena *mem, str bytes, struct note *out) {
    struct note n = {0};
    TRY(row_read(mem, &note_record, bytes, &n));
    *out = n;
    return OK_ERR;
}

const char *step_state_name(enum step_state s) {
    return state_words[s].ptr;
}

bool step_state_read(str name, enum step_state *out) {
    for (size_t i = 0; i < STEP_STATES; i++)
        if (str_is(state_words[i], name)) {
            *out = (enum step_state)i;
            return true;
        }
    return false;
}
