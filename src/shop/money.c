#include "shop/money.h"

#include "base/arena.h"

#include <assert.h>

#define MINOR_MAX INT64_C(10000000000000)

/* What this shop may sell in. `sign` is how Polish texts write it after the amount; "" is the code.
 * Decimals follow ISO 4217. */
static const struct currency {
    char code[4];
    int decimals;
    const char *sign;
} currencies[] = {
    {"PLN", 2, "zł"},
    {"EUR", 2, "€"},
    {"USD", 2, ""},
    {"GBP", 2, "£"},
    {"CHF", 2, ""},
    {"CZK", 2, "Kč"},
    {"SEK", 2, ""},
    {"NOK", 2, ""},
    {"DKK", 2, ""},
    {"HUF", 2, "Ft"},
    {"RON", 2, ""},
    {"BGN", 2, ""},
    {"UAH", 2, ""},
    {"TRY", 2, ""},
    {"CAD", 2, ""},
    {"AUD", 2, ""},
    {"NZD", 2, ""},
    {"JPY", 0, ""},
    {"KRW", 0, ""},
    {"ISK", 0, ""},
    {"CLP", 0, ""},
    {"VND", 0, ""},
    {"BRL", 2, ""},
    {"MXN", 2, ""},
    {"INR", 2, ""},
    {"ZAR", 2, ""},
    {"SGD", 2, ""},
    {"HKD", 2, ""},
    {"ILS", 2, ""},
    {"AED", 2, ""},
    {"THB", 2, ""},
};

static const struct currency *currency_find(str code) {
    if (code.len != 3)
        return NULL;
    for (size_t i = 0; i < COUNT(currencies); i++)
        if (memcmp(currencies[i].code, code.ptr, 3) == 0)
            return &currencies[i];
    return NULL;
}

static const struct currency *currency_of(money m) {
    const struct currency *c = currency_find(str_of(m.currency));
    assert(c);
    return c;
}

static int64_t scale_of(const struct currency *c) {
    return c->decimals == 2 ? 100 : 1;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool money_currency_is(str currency) {
    return currency_find(currency) != NULL;
}

money money_of(int64_t minor, str currency) {
    money m = {.minor = minor};
    assert(currency.len == 3);
    memcpy(m.currency, currency.ptr, 3);
    return m;
}

bool money_is(money a, money b) {
    return a.minor == b.minor && memcmp(a.currency, b.currency, sizeof(a.currency)) == 0;
}

money money_add(money a, money b) {
    if (!a.currency[0] && !a.minor)
        return b;
    if (!b.currency[0] && !b.minor)
        return a;
    assert(memcmp(a.currency, b.currency, sizeof(a.currency)) == 0);
    bool spilled = __builtin_add_overflow(a.minor, b.minor, &a.minor);
    assert(!spilled);
    return a;
}

/* ---- reading ---- */

/* Sentences for the most frequent ways to write an amount wrongly, by the first byte that is
 * wrong. */
static const struct {
    char byte;
    str sentence;
} misreadings[] = {
    {',', S_INIT("an amount has a dot, not a comma: 499.00")},
    {'_', S_INIT("an amount has no underscores: 499.00")},
    {'e', S_INIT("an amount has no exponent: 499.00")},
    {'E', S_INIT("an amount has no exponent: 499.00")},
    {'-', S_INIT("an amount has no sign: 499.00")},
    {'+', S_INIT("an amount has no sign: 499.00")},
    {' ', S_INIT("an amount has no blanks between its digits: 1499.00")},
};

static err amount_wrong(str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (is_digit(text.ptr[i]) || text.ptr[i] == '.')
            continue;
        if (!i && text.ptr[i] >= 'A') /* a word, no number */
            break;
        for (size_t k = 0; k < COUNT(misreadings); k++)
            if (misreadings[k].byte == text.ptr[i])
                return err_make(ERR_INVALID, misreadings[k].sentence);
    }
    return err_make(ERR_INVALID, S("this is not an amount: write it like 499.00"));
}

static err currency_wrong(void) {
    return err_make(ERR_INVALID,
        S("a price needs a currency that this shop knows, in three capital letters: 499.00 PLN"));
}

static err amount_scaled(str whole, str part, const struct currency *c, money *out) {
    int64_t units = 0, cents = 0;
    if (whole.len > 15 || !str_number(whole, &units))
        return err_make(ERR_INVALID, S("this amount is too large"));
    if (part.len && !str_number(part, &cents))
        return amount_wrong(part);
    int64_t minor = units * scale_of(c) + cents;
    if (minor > MINOR_MAX)
        return err_make(ERR_INVALID, S("this amount is too large"));
    *out = money_of(minor, str_of(c->code));
    return OK_ERR;
}

err money_amount_read(str text, str currency, money *out) {
    const struct currency *c = currency_find(currency);
    if (!c)
        return currency_wrong();
    size_t dot = str_find_byte(text, '.');
    str whole = str_part(text, 0, dot), part = str_from(text, dot + 1);
    bool pointed = dot < text.len;
    if (!whole.len)
        return amount_wrong(text);
    for (size_t i = 0; i < text.len; i++)
        if (!is_digit(text.ptr[i]) && i != dot)
            return amount_wrong(text);
    if (pointed && c->decimals == 0)
        return err_make(ERR_INVALID, S("this currency has no decimals: 499"));
    if (pointed && part.len != (size_t)c->decimals)
        return err_make(ERR_INVALID, S("an amount has two decimals or none: 499.00 or 499"));
    return amount_scaled(whole, part, c, out);
}

static bool is_capitals(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < 'A' || s.ptr[i] > 'Z')
            return false;
    return s.len == 3;
}

/* As money_write writes it: the rows of an order are full of it. */
static bool written_read(str text, money *out) {
    size_t at = 0, dot = 0;
    int64_t minor = 0;
    if (text.len < 5 || text.len > 18 || text.ptr[text.len - 4] != ' ')
        return false;
    const struct currency *c = currency_find(str_from(text, text.len - 3));
    for (; at < text.len - 4; at++)
        if (is_digit(text.ptr[at]))
            minor = minor * 10 + (text.ptr[at] - '0');
        else if (text.ptr[at] == '.' && at && !dot)
            dot = at;
        else
            return false;
    if (!c || minor > MINOR_MAX || (dot ? at - dot - 1 : 0) != (size_t)c->decimals)
        return false;
    *out = money_of(minor, (str){c->code, 3});
    return true;
}

err money_read(str text, str currency, money *out) {
    if (written_read(text, out))
        return OK_ERR;
    text = str_trim(text);
    size_t blank = str_find_byte(text, ' ');
    str left = str_part(text, 0, blank), right = str_from(text, blank + 1);
    if (blank == text.len) {
        bool letters = text.len && !is_digit(text.ptr[0]) && !is_digit(text.ptr[text.len - 1]);
        return currency.len && !letters ? money_amount_read(text, currency, out)
                                        : (letters ? amount_wrong(text) : currency_wrong());
    }
    if (is_capitals(left))
        return money_amount_read(right, left, out);
    if (is_capitals(right))
        return money_amount_read(left, right, out);
    return is_digit(right.len ? right.ptr[0] : 'x') ? amount_wrong(text) : currency_wrong();
}

/* ---- reading what somebody printed ---- */

enum { SHOWN_MAX = 64 };

/* Without blanks, U+00A0, U+202F and U+2009; 0 when it is too long to be an amount. */
static size_t squeeze(str text, char *out) {
    static const str blanks[] = {S_INIT(" "), S_INIT("\t"), S_INIT("\r"), S_INIT("\n"),
        S_INIT("\xc2\xa0"), S_INIT("\xe2\x80\xaf"), S_INIT("\xe2\x80\x89"), S_INIT("'")};
    size_t len = 0;
    while (text.len) {
        size_t skip = 0;
        for (size_t i = 0; i < COUNT(blanks) && !skip; i++)
            if (str_starts(text, blanks[i]))
                skip = blanks[i].len;
        if (!skip && len == SHOWN_MAX)
            return 0;
        if (!skip)
            out[len++] = text.ptr[0];
        text = str_from(text, skip ? skip : 1);
    }
    return len;
}

/* Cuts the code or the sign of a currency from either end. */
static const struct currency *currency_cut(str *text) {
    for (size_t i = 0; i < COUNT(currencies); i++) {
        const str names[] = {str_of(currencies[i].code), str_of(currencies[i].sign)};
        for (size_t k = 0; k < COUNT(names); k++) {
            if (!names[k].len || names[k].len > text->len)
                continue;
            str head = str_part(*text, 0, names[k].len);
            str tail = str_from(*text, text->len - names[k].len);
            if (str_is_like(head, names[k])) {
                *text = str_from(*text, names[k].len);
                return &currencies[i];
            }
            if (str_is_like(tail, names[k])) {
                *text = str_part(*text, 0, text->len - names[k].len);
                return &currencies[i];
            }
        }
    }
    return NULL;
}

/* Digits in groups of three behind the first separator; the separators are left out. */
static bool ungroup(str text, char *out, size_t *len) {
    size_t run = 0;
    bool grouped = false;
    *len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (is_digit(text.ptr[i])) {
            out[(*len)++] = text.ptr[i];
            run++;
            continue;
        }
        bool separator = text.ptr[i] == '.' || text.ptr[i] == ',';
        if (!separator || run == 0 || run > 3 || (grouped && run != 3))
            return false;
        grouped = true;
        run = 0;
    }
    return *len && (!grouped || run == 3);
}

err money_read_shown(str text, str currency, money *out) {
    char squeezed[SHOWN_MAX], digits[SHOWN_MAX];
    str rest = {squeezed, squeeze(text, squeezed)};
    const struct currency *c = currency_cut(&rest);
    if (!c)
        c = currency_find(currency);
    if (!c)
        return currency_wrong();
    size_t at = rest.len;
    while (at > 0 && is_digit(rest.ptr[at - 1]))
        at--;
    str part = str_from(rest, at), whole = rest;
    char cents[2] = {'0', '0'};
    bool pointed = at > 0 && part.len >= 1 && part.len <= 2;
    if (pointed) {
        whole = str_part(rest, 0, at - 1);
        memcpy(cents, part.ptr, part.len);
    }
    size_t len = 0;
    if (!ungroup(whole, digits, &len)
        || (pointed && rest.ptr[at - 1] != '.' && rest.ptr[at - 1] != ','))
        return amount_wrong(text);
    if (c->decimals == 0 && (cents[0] != '0' || cents[1] != '0'))
        return amount_wrong(text);
    str decimals = c->decimals ? (str){cents, 2} : S("");
    return amount_scaled((str){digits, len}, decimals, c, out);
}

/* ---- writing ---- */

static size_t digits_put(char *end, uint64_t number) {
    size_t len = 0;
    do
        end[-(ptrdiff_t)++len] = (char)('0' + number % 10);
    while (number /= 10);
    return len;
}

str money_amount(struct arena *mem, money m) {
    const struct currency *c = currency_of(m);
    char *room = arena_bytes(mem, 32);
    char *end = room + 32, *at = end;
    uint64_t minor = m.minor < 0 ? 0 - (uint64_t)m.minor : (uint64_t)m.minor;
    if (c->decimals) {
        *--at = (char)('0' + minor % 10);
        *--at = (char)('0' + minor / 10 % 10);
        *--at = '.';
        minor /= 100;
    }
    at -= digits_put(at, minor);
    if (m.minor < 0)
        *--at = '-';
    return (str){at, (size_t)(end - at)};
}

str money_write(struct arena *mem, money m) {
    str amount = money_amount(mem, m);
    char *text = arena_bytes(mem, amount.len + 4);
    memcpy(text, amount.ptr, amount.len);
    text[amount.len] = ' ';
    memcpy(text + amount.len + 1, m.currency, 3);
    return (str){text, amount.len + 4};
}

struct manner {
    str group, point;
};

static str money_grouped(struct arena *mem, str amount, struct manner how) {
    size_t dot = str_find_byte(amount, '.');
    str whole = str_part(amount, 0, dot), part = str_from(amount, dot + 1);
    bool minus = str_starts(whole, S("-"));
    str digits = str_from(whole, minus);
    size_t head = digits.len % 3 ? digits.len % 3 : 3;
    str text = JOIN(mem, minus ? S("-") : S(""), str_part(digits, 0, head));
    for (size_t at = head; at < digits.len; at += 3)
        text = JOIN(mem, text, how.group, str_part(digits, at, 3));
    return part.len ? JOIN(mem, text, how.point, part) : text;
}

str money_show(struct arena *mem, money m, str lang) {
    const struct currency *c = currency_of(m);
    str amount = money_amount(mem, m);
    str code = str_of(c->code);
    if (!str_is(lang, S("pl")))
        return JOIN(mem, code, S(" "), money_grouped(mem, amount, (struct manner){S(","), S(".")}));
    str sign = c->sign[0] ? str_of(c->sign) : code;
    struct manner polish = {S("\xc2\xa0"), S(",")};
    return JOIN(mem, money_grouped(mem, amount, polish), S("\xc2\xa0"), sign);
}

/* ---- tax ---- */

static bool rate_word(str rate) {
    for (size_t i = 0; i < rate.len; i++)
        if (rate.ptr[i] < 'a' || rate.ptr[i] > 'z')
            return false;
    return rate.len >= 1 && rate.len <= 4;
}

/* In hundredths of a per cent: "8.5" is 850. */
static bool rate_read(str rate, int64_t *out) {
    size_t dot = str_find_byte(rate, '.');
    str whole = str_part(rate, 0, dot), part = str_from(rate, dot + 1);
    int64_t units = 0, cents = 0;
    if (rate_word(rate)) {
        *out = 0;
        return true;
    }
    if (!whole.len || whole.len > 3 || !str_number(whole, &units))
        return false;
    if (dot < rate.len && (part.len < 1 || part.len > 2 || !str_number(part, &cents)))
        return false;
    *out = units * 100 + (part.len == 1 ? cents * 10 : cents);
    return *out <= 10000;
}

err money_tax(money gross, str rate, money *out) {
    int64_t r = 0;
    if (!rate_read(rate, &r))
        return err_make(ERR_INVALID,
            S("a tax rate is a number from 0 to 100 or a short word: \"23\", \"8.5\", \"zw\""));
    assert(gross.minor >= 0 && gross.minor <= MINOR_MAX);
    int64_t whole = 10000 + r;
    *out = gross;
    out->minor = (2 * gross.minor * r + whole) / (2 * whole);
    return OK_ERR;
}
