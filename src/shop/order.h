/* order: what a buyer asked for, at a price frozen then, and everything that became of it.
 *
 * An order holds facts that are only ever added: lines, consents, payments, refunds, steps, marks.
 * Its state follows from them (order_state). It is kept as one JSON row (kind "order", part = id);
 * frozen requests, notes and long texts are rows of their own. Personal data stands in `buyer`,
 * `company` and `address_hash`, which order_erase empties while the accounting facts stay.
 * Pure: what the world knows (now, dice, secrets) is handed in.
 */
#ifndef SHOP_ORDER_H
#define SHOP_ORDER_H

#include "base/hash.h"
#include "base/time.h"
#include "base/tree.h"
#include "shop/money.h"
#include "shop/step.h"

enum order_state { ORDER_PLACED, ORDER_PAID, ORDER_FULFILLED, ORDER_EXPIRED, ORDER_STATES };

/* Beside the state; each is a bit of order.marks. */
enum order_mark {
    MARK_REFUNDED = 1, /* all of it went back */
    MARK_PART_REFUNDED = 2,
    MARK_DISPUTED = 4, /* chargeback */
    MARK_SURPLUS = 8,  /* paid twice or too much */
    MARK_HELD = 16,    /* a step is on hold */
    MARK_POISON = 32,  /* a step is refused */
    MARK_LATE = 64,    /* paid after it had expired */
    MARK_SHORT = 128,  /* something was paid, too little */
    MARK_WRONG = 256,  /* a verified note with a wrong amount, currency or mode came */
    MARK_ERASED = 512, /* personal data is gone */
};

/* `more`, in all of these and in a step: keys that a newer program kept, as they stand in the row,
 * `"a":1,"b":2`; written back as they are. */
struct buyer {
    str email, name, country, lang;
    str more;
};

struct company {
    str name, tax_id, street, postcode, city; /* name "" when a private person buys */
    str more;
};

struct line {
    str product, name, hash; /* hash: SHA-256 hex of the product's text as it was */
    int64_t quantity;
    str tax; /* rate as text */
    money net, tax_amount, gross;
    str more;
    struct record_kept *kept; /* shop/record: as it stands in the row */
};

struct consent_given {
    str id, version, hash; /* hash of the text agreed to; the text is kept once by hash */
    instant at;
    str more;
    struct record_kept *kept; /* shop/record: as it stands in the row */
};

struct payment {
    str gateway, transaction, event;
    money amount;
    instant at;
    str ref; /* of the note */
    str more;
    struct record_kept *kept; /* shop/record: as it stands in the row */
};

struct refund {
    str gateway, transaction, event;
    money amount;
    instant at;
    bool dispute;
    str more;
    struct record_kept *kept; /* shop/record: as it stands in the row */
};

/* A note that changed nothing, kept for the owner: why it did not count. */
struct remark {
    str gateway, event, what;
    instant at;
    str more;
    struct record_kept *kept; /* shop/record: as it stands in the row */
};

struct order {
    str id, mode; /* "test" or "live" */
    instant placed_at, expires_at, paid_at, fulfilled_at, expired_at;
    int64_t turn; /* of the buyer's key: + 1 revokes */
    str key_hash; /* of the form's `key` and fields; "" without one */
    struct buyer buyer;
    struct company company;
    str address_hash;
    money total;
    str gateway, link, reference;
    str ref;                   /* of the request that placed it */
    const struct tree *origin; /* utm_*, ref: a map, may be null */
    unsigned marks;
    struct line *lines;
    size_t line_count;
    struct consent_given *consents;
    size_t consent_count;
    struct payment *payments;
    size_t payment_count;
    struct refund *refunds;
    size_t refund_count;
    struct remark *remarks;
    size_t remark_count;
    struct step *steps;
    size_t step_count;
    str more;
    int64_t version;          /* of the row it was read from; 0 when new */
    struct record_kept *kept; /* shop/record: all before the lines, as it stands in the row */
};

/* ---- names and keys; secret is the shop secret ---- */

/* 'o' or 't', 10 characters of time, 8 of dice (40 bits): 19 letters and digits, sorts by time. */
str order_id_new(struct arena *mem, bool live, instant now, uint64_t dice);
bool order_id_is(str id);
/* When it was made, by the clock of then; 0: it is no id. */
instant order_id_at(str id);
/* The least id that an order placed at `at` can have, for lists by time; without mode letter the
 * caller lists 'o' and 't' apart. */
str order_id_from(struct arena *mem, bool live, instant at);
/* id + 8 characters of its HMAC: 27 letters and digits, what gateways are given. */
str order_reference(struct arena *mem, struct hash_key secret, str id);
/* ERR_ABSENT when it is none of ours. */
MUST err order_reference_read(struct arena *mem, struct hash_key secret, str reference, str *id);
/* 26 characters for /o/<order>/<key>; label "page" or "academy". */
str order_key(struct arena *mem, struct hash_key secret, str id, int64_t turn, str label);
bool order_key_is(
    struct arena *mem, struct hash_key secret, const struct order *o, str label, str key);
/* The academy token of a line: order id + line number + 26 characters of HMAC with the turn:
 * "<id>-<line>-<mac>". Reading gives id and line; check the mac with access_token_is on the
 * order. */
str access_token(struct arena *mem, struct hash_key secret, const struct order *o, int line);
MUST err access_token_read(str token, str *id, int *line);
bool access_token_is(
    struct arena *mem, struct hash_key secret, const struct order *o, int line, str token);
/* Was it so before the key was turned? */
bool access_token_was(
    struct arena *mem, struct hash_key secret, const struct order *o, int line, str token);
/* The key of the page with all that one e-mail (by its hash) has bought; turns: of all orders. */
str access_belongings(struct arena *mem, struct hash_key secret, str hash, int64_t turns);

/* ---- placing ---- */

struct shop;

/* What a form gave, all text, already valid UTF-8; "" for what is not there. */
struct order_wish {
    const struct tree *fields; /* name -> text, as form_read or a JSON body gives */
    const struct tree *twice;  /* list of names that came twice; null is none */
    str address_hash;
    str lang;
};

/* Checks every field against the shop (limits: email 254, name 120, company 200, tax_id 32,
 * street 200, postcode 16, city 120, code 64, key 64, utm_* and ref 200), takes the price from
 * the catalogue and gives the placed order, steps not yet planned, link still empty.
 * ERR_INVALID: *wrong is a map field -> sentence in the buyer's language (key "" for the whole
 * form). A price that differs from the shown one is such a mistake of `price`; the honeypot
 * `website` makes it ERR_REFUSED. */
MUST err order_place(struct arena *mem, const struct shop *shop, const struct order_wish *wish,
    instant now, uint64_t dice, struct tree **wrong, struct order **out);

/* ---- life: the table (state, event) ---- */

enum order_event {
    EVENT_PAID,    /* money came */
    EVENT_PENDING, /* the gateway waits */
    EVENT_FAILED,  /* refused, cancelled, expired there */
    EVENT_SHORT,   /* paid, but the gateway says too little */
    EVENT_REFUND,  /* money went back: all or part (amount) */
    EVENT_DISPUTE, /* chargeback */
    EVENT_STRANGE, /* verified, with a status we do not know */
    ORDER_EVENTS
};

/* What a gateway told us, verified, in our words. */
struct note {
    str gateway;     /* its name in gateways: */
    str event;       /* equal only for true repeats */
    str transaction; /* the provider's */
    str reference;   /* what we had given */
    enum order_event what;
    money asked;  /* what the link asked for, as told */
    money amount; /* paid or refunded */
    bool test;
    str status; /* in the provider's words, for the owner */
    str raw;    /* the body */
    instant at;
    str ref; /* of the request that brought it */
    str detail;
};

/* The JSON row, and back. */
str note_write(struct arena *mem, const struct note *n);
MUST err note_read(struct arena *mem, str bytes, struct note *out);

/* Adds what the note says to the order: payment, refund, marks, remark; `*paid` is true exactly
 * once in an order's life, when it becomes paid: then steps are owed. A note that does not
 * count (amount, currency, mode, repeated event, pending, failed) leaves a remark and, where
 * money is concerned, a mark. Paid never goes down because of pending or failed. Rules in
 * order_note.c, as a table. */
void order_hear(struct arena *mem, struct order *o, const struct note *n, bool *paid);
/* Follows from the facts; also sets fulfilled_at when it has just become so. */
enum order_state order_state(const struct order *o);
const char *order_state_name(enum order_state s);
/* "refunded", "part_refunded", …: the words of the set bits, as a list of texts. */
struct tree *order_marks(struct arena *mem, const struct order *o);
/* Marks that follow from the steps (held, poison), fulfilled_at. Call after steps changed. */
void order_settle(struct order *o, instant now);
/* Unpaid and past expires_at: sets expired_at, erases personal data. False when not so. */
bool order_expire(struct order *o, instant now);
void order_erase(struct order *o);

/* ---- kept and shown ---- */

/* The JSON row. Everything; order_read gives the same order back. Longer than LIMIT_ROW: no row.
 * The order remembers how it was written, in `mem`: what did not change is not written anew. */
str order_write(struct arena *mem, const struct order *o);
MUST err order_read(struct arena *mem, str bytes, struct order **out);
/* For who looks at many rows: nothing is built. Paid or expired, by the front of the row; false
 * also when that does not read: order_read says what is wrong with it. */
bool order_is_over(struct arena *mem, str bytes);
struct order_glance {
    str gateway;
    instant placed_at;
    bool heard; /* its gateway said something of it, whatever it was */
};
/* False when it does not read. */
bool order_glance(struct arena *mem, str bytes, struct order_glance *out);
/* The documented JSON of an order (design 7), for `order list --json` and the control socket. */
struct tree *order_view(struct arena *mem, const struct order *o);

#endif
