#include "base/buf.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/limits.h"
#include "partner/gateways.h"
#include "partner/setting.h"

/* tpay's classic panel link and its notifications: two MD5 sums with a shared code. The link's sum
 * joins its fields with ampersands (since 2021), the notification's has no separator. */

static const str production = S_INIT("https://secure.tpay.com");

/* ---- settings ---- */

static const struct setting settings[] = {
    {S_INIT("use"), SETTING_TEXT, true},
    {S_INIT("merchant"), SETTING_TEXT, true},
    {S_INIT("code"), SETTING_TEXT, true},
    {S_INIT("code_previous"), SETTING_TEXT, false},
    {S_INIT("base"), SETTING_TEXT, false},
    {S_INIT("ca"), SETTING_TEXT, false},
    {S_INIT("allow_private"), SETTING_BOOL, false},
    {S_INIT("currencies"), SETTING_LIST, false},
};

/* tpay's published demonstration seller: anybody can sign its notes. */
static bool is_demo(str merchant, str code) {
    return str_is(str_trim(merchant), S("1010")) || str_is(str_trim(code), S("demo"));
}

static bool has_blanks(str s) {
    return str_trim(s).len != s.len;
}

static void check_code(const struct shop_gateway *g, str name, bool live, struct report *report) {
    const struct tree *node = tree_find(g->settings, name);
    str code = tree_str(node);
    if (!code.len || is_demo(S(""), code))
        return;
    if (has_blanks(code))
        setting_say(report, REPORT_ADVICE, g->at, node,
            JOIN(report->mem, S("`"), name, S("` has blanks around it: copied from the panel?")));
    if (str_find(code, S("${")) == code.len)
        setting_say(report, live ? REPORT_MISTAKE : REPORT_ADVICE, g->at, node,
            JOIN(report->mem, S("`"), name,
                S("` is a secret: write ${TPAY_CODE} here and put the value into the environment "
                  "or a credential of that name")));
}

static void tpay_check(const struct shop_gateway *g, bool live, struct report *report) {
    int64_t digits = 0;
    const struct tree *merchant = tree_find(g->settings, S("merchant"));
    str id = tree_str(merchant);
    setting_check(report, g->at, g->settings, settings, COUNT(settings));
    if (id.len && str_find(id, S("${")) == id.len && !str_number(id, &digits))
        setting_wrong(
            report, g->at, merchant, S("`merchant` is tpay's number of you: digits only"));
    if (live && is_demo(id, tree_get(g->settings, S("code"))))
        setting_wrong(report, g->at, merchant,
            S("merchant 1010 and code `demo` are published: in live mode anybody could pay with "
              "them"));
    check_code(g, S("code"), live, report);
    check_code(g, S("code_previous"), live, report);
    setting_check_address(report, g->at, tree_find(g->settings, S("base")),
        tree_get_bool(g->settings, S("allow_private"), false));
    for (const struct tree *c = g->currencies ? g->currencies->first : NULL; c; c = c->next)
        if (!str_is(tree_str(c), S("PLN")))
            setting_wrong(report, g->at, c, S("tpay takes PLN only"));
}

/* Again when the secrets are filled in, for what stands in the environment. */
static err account_check(const struct account *a) {
    str merchant = tree_get(a->settings, S("merchant")), code = tree_get(a->settings, S("code"));
    if (!merchant.len || !code.len)
        return err_make(ERR_SETUP, S("tpay needs `merchant` and `code`"));
    if (a->live && is_demo(merchant, code))
        return err_make(ERR_SETUP, S("tpay's published demonstration seller in live mode"));
    return OK_ERR;
}

/* ---- the link ---- */

enum { DESCRIPTION_MAX = 128, NAME_MAX_SIZE = 64 };

/* tpay's own code keeps Latin letters, digits, blanks and `. , # _ ( ) / ! -`. Two-byte UTF-8 from
 * U+00C0 to U+024F are the Latin letters of Europe, but for × and ÷. */
static bool is_plain(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || str_find_byte(S(" .,#_()/!-"), c) < 10;
}

static size_t letter_size(str rest) {
    unsigned first = (unsigned char)rest.ptr[0];
    if (first < 0x80)
        return is_plain(rest.ptr[0]) ? 1 : 0;
    if (rest.len < 2 || first < 0xc3 || first > 0xc9)
        return 0;
    unsigned letter = (first & 0x1f) << 6 | ((unsigned char)rest.ptr[1] & 0x3f);
    return letter == 0xd7 || letter == 0xf7 ? 0 : 2;
}

/* Whether tpay counts 128 bytes or characters is not said: bytes are safe both ways. */
static str description(struct arena *mem, str text) {
    struct buf b = buf_new(mem, text.len + 1);
    while (text.len) {
        size_t size = letter_size(text);
        if (size)
            buf_add(&b, str_part(text, 0, size));
        text = str_from(text, size ? size : 1);
    }
    return str_trim(utf8_prefix(str_trim(buf_str(&b)), DESCRIPTION_MAX));
}

static const struct {
    str ours, theirs;
} languages[] = {
    {S_INIT("pl"), S_INIT("PL")},
    {S_INIT("en"), S_INIT("EN")},
    {S_INIT("de"), S_INIT("DE")},
    {S_INIT("it"), S_INIT("IT")},
    {S_INIT("es"), S_INIT("ES")},
    {S_INIT("fr"), S_INIT("FR")},
    {S_INIT("ru"), S_INIT("RU")},
};

static str language(str lang) {
    for (size_t i = 0; i < COUNT(languages); i++)
        if (str_is(languages[i].ours, lang))
            return languages[i].theirs;
    return S("EN");
}

static err tpay_link(struct arena *mem, const struct account *a, const struct order *o, str *out) {
    TRY(account_check(a));
    if (!str_is(str_of(o->total.currency), S("PLN")))
        return err_make(ERR_SETUP, S("tpay takes PLN only"));
    str base = tree_get(a->settings, S("base"));
    str merchant = tree_get(a->settings, S("merchant"));
    str amount = money_amount(mem, o->total);
    str text = description(mem, gateway_description(mem, o));
    str summed = JOIN(mem, merchant, S("&"), amount, S("&"), o->reference, S("&"),
        tree_get(a->settings, S("code")));
    const struct {
        str name, value;
    } fields[] = {
        {S("id"), merchant},
        {S("amount"), amount},
        {S("description"), text.len ? text : o->id},
        {S("crc"), o->reference},
        {S("md5sum"), hash_md5_hex(mem, summed)},
        {S("return_url"), a->back},
        {S("result_url"), a->notify},
        {S("email"), o->buyer.email},
        {S("name"), utf8_prefix(o->buyer.name, NAME_MAX_SIZE)},
        {S("language"), language(o->buyer.lang)},
    };
    struct buf b = buf_new(mem, LIMIT_BODY);
    buf_add(&b, base.len ? base : production);
    buf_add(&b, str_ends(base, S("/")) ? S("?") : S("/?"));
    for (size_t i = 0; i < COUNT(fields); i++) {
        if (!fields[i].value.len)
            continue;
        buf_add(&b, i ? S("&") : S(""));
        buf_add(&b, fields[i].name);
        buf_byte(&b, '=');
        percent_add(&b, fields[i].value);
    }
    if (b.full)
        return err_make(ERR_TOO_BIG, S("the payment link is too long"));
    *out = buf_str(&b);
    return OK_ERR;
}

/* ---- a notification ---- */

struct tpay_note {
    str id, tr_id, tr_amount, tr_paid, tr_crc, tr_status, tr_error, tr_currency, test_mode, md5sum;
};

static const struct {
    str name;
    size_t at;
} note_fields[] = {
    {S_INIT("id"), offsetof(struct tpay_note, id)},
    {S_INIT("tr_id"), offsetof(struct tpay_note, tr_id)},
    {S_INIT("tr_amount"), offsetof(struct tpay_note, tr_amount)},
    {S_INIT("tr_paid"), offsetof(struct tpay_note, tr_paid)},
    {S_INIT("tr_crc"), offsetof(struct tpay_note, tr_crc)},
    {S_INIT("tr_status"), offsetof(struct tpay_note, tr_status)},
    {S_INIT("tr_error"), offsetof(struct tpay_note, tr_error)},
    {S_INIT("tr_currency"), offsetof(struct tpay_note, tr_currency)},
    {S_INIT("test_mode"), offsetof(struct tpay_note, test_mode)},
    {S_INIT("md5sum"), offsetof(struct tpay_note, md5sum)},
};

enum { NOTE_FIELD_MAX = 512 };

static err field_take(struct arena *mem, str name, str raw, struct tpay_note *n, bool *seen) {
    for (size_t i = 0; i < COUNT(note_fields); i++) {
        str value = {0};
        if (!str_is(note_fields[i].name, name))
            continue;
        if (seen[i])
            return err_make(ERR_INVALID, JOIN(mem, S("the note has "), name, S(" twice")));
        if (!percent_read(mem, raw, true, &value) || !utf8_is(value) || value.len > NOTE_FIELD_MAX)
            return err_make(ERR_INVALID, JOIN(mem, name, S(" of the note does not read")));
        seen[i] = true;
        *(str *)((char *)n + note_fields[i].at) = value;
    }
    return OK_ERR;
}

/* Only the fields that are looked at are decoded: a description in some old encoding must not
 * make a paid note unreadable. */
static err note_split(struct arena *mem, str body, struct tpay_note *out) {
    bool seen[COUNT(note_fields)] = {0};
    str rest = body, piece = {0};
    if (!utf8_is(body))
        return err_make(ERR_INVALID, S("the note is not percent-encoded text"));
    while (str_cut(&rest, '&', &piece)) {
        str name = {0};
        size_t at = str_find_byte(piece, '=');
        if (!percent_read(mem, str_part(piece, 0, at), true, &name))
            return err_make(ERR_INVALID, S("a name in the note does not read"));
        TRY(field_take(mem, name, str_from(piece, at + 1), out, seen));
    }
    return OK_ERR;
}

static bool sum_is(struct arena *mem, const struct tpay_note *n, str code) {
    if (!code.len)
        return false;
    str summed = JOIN(mem, n->id, n->tr_id, n->tr_amount, n->tr_crc, code);
    return hash_is(hash_md5_hex(mem, summed), str_lower(mem, n->md5sum));
}

/* The sum of a payment link, which its buyer sees, is that of a note whose tr_id is `&`, whose
 * amount is the link's and whose tr_crc is `&<reference>&`. */
static bool is_of_a_link(const struct tpay_note *n) {
    return str_starts(n->tr_id, S("&"));
}

static err note_verify(struct arena *mem, const struct account *a, const struct tpay_note *n) {
    str code = tree_get(a->settings, S("code"));
    bool verified = sum_is(mem, n, code);
    verified |= sum_is(mem, n, tree_get(a->settings, S("code_previous")));
    if (!verified)
        return err_make(ERR_REFUSED,
            has_blanks(code) ? S("md5sum is wrong; the `code` of tpay has blanks around it")
                             : S("md5sum is wrong"));
    if (is_of_a_link(n))
        return err_make(ERR_REFUSED, S("md5sum is that of a payment link"));
    if (!str_is(n->id, tree_get(a->settings, S("merchant"))))
        return err_make(ERR_REFUSED, S("the note is for another merchant"));
    return OK_ERR;
}

/* CHARGEBACK is a refund from the panel or by API, a chargeback, or a rejection in two-step
 * mode: tpay has one word for all three. EVENT_REFUND, because the owner's own refund is by far
 * the commonest and the money is the same; a mark "disputed" would accuse a buyer who did
 * nothing. PAID (two-step mode) asks for a decision, and the word is TRUE all the same: FALSE
 * would refund the buyer. */
static const struct {
    str status, error;
    enum order_event what;
} statuses[] = {
    {S_INIT("TRUE"), S_INIT(""), EVENT_PAID},
    {S_INIT("TRUE"), S_INIT("none"), EVENT_PAID},
    {S_INIT("TRUE"), S_INIT("overpay"), EVENT_PAID},
    {S_INIT("TRUE"), S_INIT("surcharge"), EVENT_SHORT},
    {S_INIT("CHARGEBACK"), S_INIT("*"), EVENT_REFUND},
    {S_INIT("PAID"), S_INIT("*"), EVENT_PENDING},
    {S_INIT("FALSE"), S_INIT("*"), EVENT_FAILED},
};

static enum order_event status_read(const struct tpay_note *n) {
    for (size_t i = 0; i < COUNT(statuses); i++)
        if (str_is(statuses[i].status, n->tr_status)
            && (str_is(statuses[i].error, S("*")) || str_is(statuses[i].error, n->tr_error)))
            return statuses[i].what;
    return EVENT_STRANGE;
}

/* Only what MD5 covers, the status and what we made of it are the event. tr_paid is not covered:
 * were it part of the event, one valid note could be replayed as many payments. A payment that
 * was short and is completed later keeps its tr_id, so the two must differ. */
static str event_of(struct arena *mem, const struct tpay_note *n, enum order_event what) {
    str more = what == EVENT_SHORT ? S(".short") : S("");
    if (what == EVENT_STRANGE)
        more = JOIN(mem, S("."), n->tr_error);
    return gateway_event(
        mem, JOIN(mem, n->tr_id, S("|"), n->tr_status, more, S("|"), n->tr_amount));
}

static err amounts_read(const struct tpay_note *n, struct note *out) {
    str currency = n->tr_currency.len ? n->tr_currency : S("PLN");
    TRY(money_amount_read(n->tr_amount, currency, &out->asked));
    out->amount = out->asked;
    if (out->what == EVENT_PAID || out->what == EVENT_SHORT)
        if (n->tr_paid.len)
            TRY(money_amount_read(n->tr_paid, currency, &out->amount));
    if (out->what == EVENT_PAID && out->amount.minor < out->asked.minor)
        out->what = EVENT_SHORT;
    return OK_ERR;
}

static err tpay_read(
    struct arena *mem, const struct account *a, const struct request *r, struct note *out) {
    struct tpay_note n = {0};
    TRY(account_check(a));
    TRY(note_split(mem, r->body, &n));
    if (!n.id.len || !n.tr_id.len || !n.tr_amount.len || n.md5sum.len != 32)
        return err_make(ERR_INVALID, S("the note lacks id, tr_id, tr_amount or md5sum"));
    TRY(note_verify(mem, a, &n));
    struct note note = {
        .gateway = a->name,
        .transaction = n.tr_id,
        .reference = n.tr_crc,
        .what = status_read(&n),
        .test = str_is(n.test_mode, S("1")) || str_find(n.tr_id, S("-TST")) < n.tr_id.len,
        .status = n.tr_error.len ? JOIN(mem, n.tr_status, S(" "), n.tr_error) : n.tr_status,
        .raw = r->body,
    };
    TRY(amounts_read(&n, &note));
    note.event = event_of(mem, &n, note.what);
    *out = note;
    return OK_ERR;
}

/* FALSE is never said: in two-step mode it refunds the buyer. */
static struct response tpay_word(const struct account *a, enum gateway_said said) {
    return gateway_answer(S("TRUE"), said);
}

const struct gateway gateway_tpay = {
    .name = "tpay",
    .check = tpay_check,
    .link = tpay_link,
    .read = tpay_read,
    .word = tpay_word,
};
