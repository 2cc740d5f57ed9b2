#include "base/encode.h"
#include "base/json.h"
#include "base/limits.h"
#include "shop/order.h"
#include "shop/record.h"

#define AT(type, kind, member) \
    { S_INIT(#member), kind, offsetof(struct type, member), 0, NULL, NULL, 0 }
#define INSIDE(type, member, of) \
    { S_INIT(#member), FIELD_RECORD, offsetof(struct type, member), 0, &(of), NULL, 0 }
#define LIST(type, member, counter, of)                             \
    {                                                               \
        S_INIT(#member), FIELD_LIST, offsetof(struct type, member), \
            offsetof(struct type, counter), &(of), NULL, 0          \
    }
#define MORE(type) \
    { S_INIT(""), FIELD_MORE, offsetof(struct type, more), 0, NULL, NULL, 0 }
#define RECORD(type, fields) \
    { sizeof(struct type), fields, COUNT(fields), 0 }
#define KEPT(type, fields) \
    { sizeof(struct type), fields, COUNT(fields), offsetof(struct type, kept) }

/* ---- what is kept: one table for a struct; a name once used here is never used for another
 * thing ---- */

/* clang-format off */
static const struct field buyer_fields[] = {
    AT(buyer, FIELD_TEXT, email),
    AT(buyer, FIELD_TEXT, name),
    AT(buyer, FIELD_TEXT, country),
    AT(buyer, FIELD_TEXT, lang),
    MORE(buyer),
};
static const struct field company_fields[] = {
    AT(company, FIELD_TEXT, name),
    AT(company, FIELD_TEXT, tax_id),
    AT(company, FIELD_TEXT, street),
    AT(company, FIELD_TEXT, postcode),
    AT(company, FIELD_TEXT, city),
    MORE(company),
};
static const struct field line_fields[] = {
    AT(line, FIELD_TEXT, product),
    AT(line, FIELD_TEXT, name),
    AT(line, FIELD_TEXT, hash),
    AT(line, FIELD_INT, quantity),
    AT(line, FIELD_TEXT, tax),
    AT(line, FIELD_MONEY, net),
    AT(line, FIELD_MONEY, tax_amount),
    AT(line, FIELD_MONEY, gross),
    MORE(line),
};
static const struct field consent_fields[] = {
    AT(consent_given, FIELD_TEXT, id),
    AT(consent_given, FIELD_TEXT, version),
    AT(consent_given, FIELD_TEXT, hash),
    AT(consent_given, FIELD_INT, at),
    MORE(consent_given),
};
static const struct field payment_fields[] = {
    AT(payment, FIELD_TEXT, gateway),
    AT(payment, FIELD_TEXT, transaction),
    AT(payment, FIELD_TEXT, event),
    AT(payment, FIELD_MONEY, amount),
    AT(payment, FIELD_INT, at),
    AT(payment, FIELD_TEXT, ref),
    MORE(payment),
};
static const struct field refund_fields[] = {
    AT(refund, FIELD_TEXT, gateway),
    AT(refund, FIELD_TEXT, transaction),
    AT(refund, FIELD_TEXT, event),
    AT(refund, FIELD_MONEY, amount),
    AT(refund, FIELD_INT, at),
    AT(refund, FIELD_BOOL, dispute),
    MORE(refund),
};
static const struct field remark_fields[] = {
    AT(remark, FIELD_TEXT, gateway),
    AT(remark, FIELD_TEXT, event),
    AT(remark, FIELD_TEXT, what),
    AT(remark, FIELD_INT, at),
    MORE(remark),
};
static const char *const state_words[] = {
    [STEP_WAITING] = "waiting",
    [STEP_READY] = "ready",
    [STEP_SENDING] = "sending",
    [STEP_UNKNOWN] = "unknown",
    [STEP_DONE] = "done",
    [STEP_HOLD] = "hold",
    [STEP_POISON] = "poison",
    [STEP_DROPPED] = "dropped",
    [STEP_SKIPPED] = "skipped",
};
_Static_assert(COUNT(state_words) == STEP_STATES, "a state without a word");
static const struct field step_fields[] = {
    AT(step, FIELD_SMALL, line),
    AT(step, FIELD_TEXT, id),
    {S_INIT("do"), FIELD_TEXT, offsetof(struct step, does), 0, NULL, NULL, 0},
    AT(step, FIELD_TEXT, key),
    {S_INIT("state"), FIELD_WORD, offsetof(struct step, state), 0, NULL, state_words, STEP_STATES},
    AT(step, FIELD_TREE, needs),
    {S_INIT("with"), FIELD_LATER, offsetof(struct step, with), offsetof(struct step, with_row),
        NULL, NULL, 0},
    AT(step, FIELD_INT, attempts),
    AT(step, FIELD_INT, unknowns),
    AT(step, FIELD_INT, crashes),
    AT(step, FIELD_INT, absent),
    AT(step, FIELD_INT, silent),
    AT(step, FIELD_INT, retried),
    AT(step, FIELD_INT, crashed_at),
    AT(step, FIELD_INT, doubted_at),
    AT(step, FIELD_INT, due),
    AT(step, FIELD_INT, first_at),
    AT(step, FIELD_INT, started_at),
    AT(step, FIELD_INT, finished_at),
    AT(step, FIELD_TEXT, digest),
    AT(step, FIELD_TEXT, digest_before),
    AT(step, FIELD_INT, round),
    AT(step, FIELD_BOOL, ours),
    AT(step, FIELD_TEXT, receipt),
    AT(step, FIELD_TREE, values),
    AT(step, FIELD_TEXT, error),
    MORE(step),
};
static const char *const event_words[] = {
    [EVENT_PAID] = "paid",
    [EVENT_PENDING] = "pending",
    [EVENT_FAILED] = "failed",
    [EVENT_SHORT] = "short",
    [EVENT_REFUND] = "refund",
    [EVENT_DISPUTE] = "dispute",
    [EVENT_STRANGE] = "strange",
};
_Static_assert(COUNT(event_words) == ORDER_EVENTS, "an event without a word");
static const struct field note_fields[] = {
    AT(note, FIELD_TEXT, gateway),
    AT(note, FIELD_TEXT, event),
    AT(note, FIELD_TEXT, transaction),
    AT(note, FIELD_TEXT, reference),
    {S_INIT("what"), FIELD_WORD, offsetof(struct note, what), 0, NULL, event_words, ORDER_EVENTS},
    AT(note, FIELD_MONEY, asked),
    AT(note, FIELD_MONEY, amount),
    AT(note, FIELD_BOOL, test),
    AT(note, FIELD_TEXT, status),
    AT(note, FIELD_TEXT, raw),
    AT(note, FIELD_INT, at),
    AT(note, FIELD_TEXT, ref),
    AT(note, FIELD_TEXT, detail),
};

static const struct record buyer_record = RECORD(buyer, buyer_fields);
static const struct record company_record = RECORD(company, company_fields);
static const struct record line_record = KEPT(line, line_fields);
static const struct record consent_record = KEPT(consent_given, consent_fields);
static const struct record payment_record = RECORD(payment, payment_fields);
static const struct record refund_record = RECORD(refund, refund_fields);
static const struct record remark_record = RECORD(remark, remark_fields);
const struct record step_record = KEPT(step, step_fields);
static const struct record note_record = RECORD(note, note_fields);

static const struct field order_fields[] = {
    AT(order, FIELD_TEXT, id),
    AT(order, FIELD_TEXT, mode),
    AT(order, FIELD_INT, placed_at),
    AT(order, FIELD_INT, expires_at),
    AT(order, FIELD_INT, paid_at),
    AT(order, FIELD_INT, fulfilled_at),
    AT(order, FIELD_INT, expired_at),
    AT(order, FIELD_INT, turn),
    AT(order, FIELD_TEXT, key_hash),
    INSIDE(order, buyer, buyer_record),
    INSIDE(order, company, company_record),
    AT(order, FIELD_TEXT, address_hash),
    AT(order, FIELD_MONEY, total),
    AT(order, FIELD_TEXT, gateway),
    AT(order, FIELD_TEXT, link),
    AT(order, FIELD_TEXT, reference),
    AT(order, FIELD_TEXT, ref),
    AT(order, FIELD_TREE, origin),
    AT(order, FIELD_SMALL, marks),
    LIST(order, lines, line_count, line_record),
    LIST(order, consents, consent_count, consent_record),
    LIST(order, payments, payment_count, payment_record),
    LIST(order, refunds, refund_count, refund_record),
    LIST(order, remarks, remark_count, remark_record),
    LIST(order, steps, step_count, step_record),
    MORE(order),
};
/* clang-format on */
static const struct record order_record = RECORD(order, order_fields);

/* ---- the row ---- */

/* A partner's values may outgrow LIMIT_ROW: no store takes it then. */
enum { ROW_MAX = 4 * LIMIT_ROW, ROW_MOSTLY = 2048 };

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
    return state_words[s];
}

bool step_state_read(str name, enum step_state *out) {
    for (size_t i = 0; i < STEP_STATES; i++)
        if (str_is(str_of(state_words[i]), name)) {
            *out = (enum step_state)i;
            return true;
        }
    return false;
}
