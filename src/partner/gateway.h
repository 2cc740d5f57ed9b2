/* gateway: a payment provider, as code: our words to theirs and back. No state, no socket, no
 * clock.
 *
 * link and read are pure. read verifies the signature over the raw bytes before it looks at a
 * field. word gives the exact bytes the provider wants; a refusal is an HTTP status, never a word
 * that moves money (tpay's FALSE refunds the buyer). Amounts are compared by the shop, against our
 * own record.
 */
#ifndef PARTNER_GATEWAY_H
#define PARTNER_GATEWAY_H

#include "base/report.h"
#include "http/message.h"
#include "shop/order.h"
#include "shop/shop.h"

/* One of gateways: with its secrets filled in, and the addresses it may name. */
struct account {
    str name;                    /* in gateways: */
    const struct tree *settings; /* secrets filled */
    bool live;
    str secret; /* of a gateway with `secret`: HMAC(shop secret, "gateway/" name) */
    str back;   /* the buyer's page, whole address */
    str notify; /* our /api/payment/<name>, whole address */
    str api;    /* where the program answers */
};

/* What the shop has to say to the provider. */
enum gateway_said {
    GATEWAY_HEARD,   /* kept durably, or known already */
    GATEWAY_FORGED,  /* did not verify */
    GATEWAY_BROKEN,  /* does not read */
    GATEWAY_NOT_NOW, /* could not be kept: send it again */
};

struct gateway {
    const char *name; /* use: */
    bool secret;      /* it signs with account.secret */
    /* Mistakes of its settings, each at its place; live refuses published demo keys. */
    void (*check)(const struct shop_gateway *g, bool live, struct report *report);
    /* The signed address that the buyer is sent to. */
    err (*link)(struct arena *mem, const struct account *a, const struct order *o, str *out);
    /* ERR_REFUSED: the signature is wrong; ERR_INVALID: it does not read. at is left 0. */
    err (*read)(
        struct arena *mem, const struct account *a, const struct request *r, struct note *out);
    struct response (*word)(const struct account *a, enum gateway_said said);
};

/* Null when there is none of that name. */
const struct gateway *gateway_find(str use);
/* All names, for checks and guesses. */
const str *gateway_names(size_t *count);

/* ---- what gateways share ---- */

/* The event out of what makes a note itself ("transaction|status|amount"): at most 64 characters of
 * [A-Za-z0-9._|-]; a digest of the parts when they would not be that. */
str gateway_event(struct arena *mem, str parts);
/* 200 with the provider's word when heard; else 403, 400 or 503 with words that move no money. */
struct response gateway_answer(str word, enum gateway_said said);
/* "Course, Second course": what the buyer is shown that is paid for. */
str gateway_description(struct arena *mem, const struct order *o);

/* ---- the test gateway's page: what it shows and what its buttons send ---- */

/* Is this "/pay/test/…" address one of ours for that account? Gives reference, amount, back. */
struct test_payment {
    str reference, back, product;
    money amount;
};
MUST err gateway_test_payment(
    struct arena *mem, const struct account *a, str query, struct test_payment *out);
/* The body of the note that "pay" or "refuse" sends; n makes the second payment another one. */
str gateway_test_note(
    struct arena *mem, const struct account *a, const struct test_payment *p, bool paid, int n);

#endif
