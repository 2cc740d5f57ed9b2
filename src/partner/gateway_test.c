#include "base/buf.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/limits.h"
#include "http/form.h"
#include "partner/gateways.h"
#include "partner/setting.h"

/* The provider that moves no money: what it signs, it signs with a key of the shop's own. */

static const struct setting settings[] = {
    {S_INIT("use"), SETTING_TEXT, true},
    {S_INIT("currencies"), SETTING_LIST, false},
};

static void test_check(const struct shop_gateway *g, bool live, struct report *report) {
    setting_check(report, g->at, g->settings, settings, COUNT(settings));
    if (live)
        report_add(report, REPORT_MISTAKE, g->at,
            S("the test gateway takes no money: `mode: live` refuses it"));
}

/* ---- the link ---- */

/* The fields of a payment's address, in the order they are signed. */
enum { REF, AMOUNT, CURRENCY, PRODUCT, BACK, FIELDS };
static const str field_names[FIELDS] = {
    S_INIT("ref"), S_INIT("amount"), S_INIT("currency"), S_INIT("product"), S_INIT("back")};

/* Every field with its length in front, so that no byte can move from one to the next. */
static str link_mac(struct arena *mem, const struct account *a, const str fields[FIELDS]) {
    struct buf b = buf_new(mem, LIMIT_BODY);
    buf_add(&b, S("link\n"));
    for (size_t i = 0; i < FIELDS; i++) {
        buf_format(&b, "%zu:", fields[i].len);
        buf_add(&b, fields[i]);
    }
    return hex_write(mem, hash_hmac(mem, (struct hash_key){.bytes = a->secret}, buf_str(&b)));
}

static err test_link(struct arena *mem, const struct account *a, const struct order *o, str *out) {
    if (!a->secret.len)
        return err_make(ERR_SETUP, S("the shop has no secret yet"));
    const str fields[FIELDS] = {
        [REF] = o->reference,
        [AMOUNT] = money_amount(mem, o->total),
        [CURRENCY] = str_of(o->total.currency),
        [PRODUCT] = gateway_description(mem, o),
        [BACK] = a->back,
    };
    struct buf b = buf_new(mem, LIMIT_BODY);
    buf_add(&b, a->api);
    buf_add(&b, S("/pay/test/"));
    percent_add(&b, a->name);
    for (size_t i = 0; i < FIELDS; i++) {
        buf_byte(&b, i ? '&' : '?');
        buf_add(&b, field_names[i]);
        buf_byte(&b, '=');
        percent_add(&b, fields[i]);
    }
    buf_add(&b, S("&mac="));
    buf_add(&b, link_mac(mem, a, fields));
    if (b.full)
        return err_make(ERR_TOO_BIG, S("the payment link is too long"));
    *out = buf_str(&b);
    return OK_ERR;
}

static bool mac_is(struct arena *mem, str expected, str given) {
    return hash_is(expected, str_lower(mem, given));
}

err gateway_test_payment(
    struct arena *mem, const struct account *a, str query, struct test_payment *out) {
    struct tree *map = NULL, *twice = NULL;
    str fields[FIELDS] = {0};
    TRY(form_read(mem, query, &map, &twice));
    if (twice->count)
        return err_make(ERR_INVALID, S("a field of the payment address came twice"));
    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = tree_get(map, field_names[i]);
    if (!a->secret.len || !mac_is(mem, link_mac(mem, a, fields), tree_get(map, S("mac"))))
        return err_make(ERR_REFUSED, S("this payment address was not made by this shop"));
    struct test_payment p = {
        .reference = fields[REF], .back = fields[BACK], .product = fields[PRODUCT]};
    TRY(money_amount_read(fields[AMOUNT], fields[CURRENCY], &p.amount));
    *out = p;
    return OK_ERR;
}

/* ---- notes ---- */

static str note_mac(struct arena *mem, const struct account *a, str bytes) {
    return hex_write(
        mem, hash_hmac(mem, (struct hash_key){.bytes = a->secret}, JOIN(mem, S("note\n"), bytes)));
}

str gateway_test_note(
    struct arena *mem, const struct account *a, const struct test_payment *p, bool paid, int n) {
    str body = JOIN(mem, S("transaction=test-"), p->reference, S("-"), str_int(mem, n),
        S("&status="), paid ? S("paid") : S("refused"), S("&ref="),
        percent_write(mem, p->reference), S("&amount="), money_amount(mem, p->amount),
        S("&currency="), str_of(p->amount.currency));
    return JOIN(mem, body, S("&mac="), note_mac(mem, a, body));
}

static const struct {
    str status;
    enum order_event what;
} statuses[] = {
    {S_INIT("paid"), EVENT_PAID},
    {S_INIT("pending"), EVENT_PENDING},
    {S_INIT("refused"), EVENT_FAILED},
    {S_INIT("short"), EVENT_SHORT},
    {S_INIT("refunded"), EVENT_REFUND},
    {S_INIT("disputed"), EVENT_DISPUTE},
};

static enum order_event status_read(str status) {
    for (size_t i = 0; i < COUNT(statuses); i++)
        if (str_is(statuses[i].status, status))
            return statuses[i].what;
    return EVENT_STRANGE;
}

enum { MAC_DIGITS = 64, MAC_FIELD = 5 + MAC_DIGITS };

/* The bytes that were signed and the signature: in the header, or in a last field `mac`. */
static err note_verify(
    struct arena *mem, const struct account *a, const struct request *r, str *signed_part) {
    str given = request_header(r, S("X-Grosz-Mac"));
    str bytes = r->body;
    if (!given.len) {
        if (bytes.len <= MAC_FIELD)
            return err_make(ERR_INVALID, S("the note has no signature"));
        bytes = str_part(r->body, 0, r->body.len - MAC_FIELD);
        if (!str_starts(str_from(r->body, bytes.len), S("&mac=")))
            return err_make(ERR_INVALID, S("the note does not end with its signature"));
        given = str_from(r->body, bytes.len + 5);
    }
    if (!a->secret.len || !mac_is(mem, note_mac(mem, a, bytes), given))
        return err_make(ERR_REFUSED, S("the signature of the note is wrong"));
    *signed_part = bytes;
    return OK_ERR;
}

static err test_read(
    struct arena *mem, const struct account *a, const struct request *r, struct note *out) {
    str bytes = {0};
    struct tree *map = NULL, *twice = NULL;
    TRY(note_verify(mem, a, r, &bytes));
    TRY(form_read(mem, bytes, &map, &twice));
    if (twice->count)
        return err_make(ERR_INVALID, S("a field of the note came twice"));
    struct note n = {
        .gateway = a->name,
        .transaction = tree_get(map, S("transaction")),
        .reference = tree_get(map, S("ref")),
        .status = tree_get(map, S("status")),
        .what = status_read(tree_get(map, S("status"))),
        .test = true,
        .raw = r->body,
    };
    TRY(money_amount_read(tree_get(map, S("amount")), tree_get(map, S("currency")), &n.amount));
    n.asked = n.amount;
    if (!n.transaction.len || !n.reference.len)
        return err_make(ERR_INVALID, S("the note names no transaction or no reference"));
    str refund = tree_get(map, S("refund"));
    n.event =
        gateway_event(mem, JOIN(mem, n.transaction, S("|"), n.status, S("|"),
                               tree_get(map, S("amount")), refund.len ? S("|") : S(""), refund));
    *out = n;
    return OK_ERR;
}

static struct response test_word(const struct account *a, enum gateway_said said) {
    return gateway_answer(S("OK"), said);
}

const struct gateway gateway_test = {
    .name = "test",
    .secret = true,
    .check = test_check,
    .link = test_link,
    .read = test_read,
    .word = test_word,
};
