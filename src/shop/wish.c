#include "shop/wish.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/limits.h"
#include "shop/words.h"

enum { ORIGIN_MAX = 200, ORIGINS_MAX = 12, EMAIL_LOCAL_MAX = 64 };

/* size_max in characters, as the page's maxlength counts them. */
static const struct {
    str name;
    size_t size_max;
} fields[WISH_FIELDS] = {
    [WISH_PRODUCT] = {S_INIT("product"), 64},
    [WISH_EMAIL] = {S_INIT("email"), 254},
    [WISH_NAME] = {S_INIT("name"), 120},
    [WISH_COUNTRY] = {S_INIT("country"), 2},
    [WISH_LANG] = {S_INIT("lang"), 8},
    [WISH_PRICE] = {S_INIT("price"), 64},
    [WISH_CODE] = {S_INIT("code"), 64},
    [WISH_AMOUNT] = {S_INIT("amount"), 64},
    [WISH_AS_COMPANY] = {S_INIT("as_company"), 8},
    [WISH_COMPANY] = {S_INIT("company"), 200},
    [WISH_TAX_ID] = {S_INIT("tax_id"), 32},
    [WISH_STREET] = {S_INIT("street"), 200},
    [WISH_POSTCODE] = {S_INIT("postcode"), 16},
    [WISH_CITY] = {S_INIT("city"), 120},
    [WISH_KEY] = {S_INIT("key"), 64},
    [WISH_WEBSITE] = {S_INIT("website"), 200},
};

void wish_wrong(struct wish *f, str field, str name, str what) {
    if (!f->wrong)
        f->wrong = tree_map(f->mem);
    if (!tree_find(f->wrong, field))
        tree_put_text(f->mem, f->wrong, field, words_with(f->mem, f->lang, name, what));
}

bool wish_code_is(str code) {
    return !code.len;
}

/* ---- what a text is ---- */

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* RFC 5322's atext and the dot. */
static bool local_is(str local) {
    if (!local.len || local.len > EMAIL_LOCAL_MAX || local.ptr[0] == '.'
        || local.ptr[local.len - 1] == '.' || str_find(local, S("..")) < local.len)
        return false;
    str others = S(".!#$%&'*+-/=?^_`{|}~");
    for (size_t i = 0; i < local.len; i++)
        if (!is_letter(local.ptr[i]) && !is_digit(local.ptr[i])
            && str_find_byte(others, local.ptr[i]) == others.len)
            return false;
    return true;
}

static bool label_is(str label) {
    if (!label.len || label.len > 63 || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!is_letter(label.ptr[i]) && !is_digit(label.ptr[i]) && label.ptr[i] != '-')
            return false;
    return true;
}

bool email_is(str text) {
    size_t at = str_find_byte(text, '@');
    str rest = str_from(text, at + 1), label = {0}, last = {0};
    size_t labels = 0;
    if (at == text.len || text.len > 254 || !local_is(str_part(text, 0, at)))
        return false;
    if (str_ends(rest, S(".")))
        return false;
    for (; str_cut(&rest, '.', &label); labels++, last = label)
        if (!label_is(label))
            return false;
    return labels >= 2 && last.len >= 2 && !is_digit(last.ptr[0]);
}

str email_fault(str text) {
    size_t at = str_find_byte(text, '@');
    if (!text.len)
        return S("email_missing");
    if (!ascii_is(str_part(text, 0, at)))
        return S("email_letters");
    if (!ascii_is(str_from(text, at)))
        return S("email_domain");
    return email_is(text) ? S("") : S("email_wrong");
}

bool nip_read(struct arena *mem, str text, str *digits) {
    static const int weights[9] = {6, 5, 7, 2, 3, 4, 5, 6, 7};
    char *out = arena_take(mem, 10);
    size_t len = 0;
    int sum = 0;
    if (str_is_like(str_part(text, 0, 2), S("PL")))
        text = str_from(text, 2);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == ' ' || text.ptr[i] == '-')
            continue;
        if (!is_digit(text.ptr[i]) || len == 10)
            return false;
        out[len++] = text.ptr[i];
    }
    for (size_t i = 0; i < 9 && len == 10; i++)
        sum += weights[i] * (out[i] - '0');
    *digits = (str){out, len};
    return len == 10 && sum > 0 && sum % 11 == out[9] - '0';
}

/* Of the same length in UTF-8, so that their order is that of their bytes. */
static const struct {
    str first, last;
} no_text[] = {
    {S_INIT("\xc2\x80"), S_INIT("\xc2\x9f")},         /* C1 controls: a terminal obeys them */
    {S_INIT("\xe2\x80\xa8"), S_INIT("\xe2\x80\xae")}, /* U+2028 to U+202E: lines, directions */
    {S_INIT("\xe2\x81\xa6"), S_INIT("\xe2\x81\xa9")}, /* U+2066 to U+2069: directions, isolated */
};

/* One line of plain text: no control characters, none that turn the direction of what follows. */
static bool is_line(str text) {
    if (visible_is(text))
        return true;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f)
            return false;
        for (size_t k = 0; k < COUNT(no_text) && c >= 0x80; k++) {
            str sign = str_part(text, i, no_text[k].first.len);
            if (str_order(sign, no_text[k].first) >= 0 && str_order(sign, no_text[k].last) <= 0)
                return false;
        }
    }
    return true;
}

/* ---- reading ---- */

static size_t field_find(str name) {
    size_t i = 0;
    while (i < WISH_FIELDS && !str_is(fields[i].name, name))
        i++;
    return i;
}

static bool is_consent(const struct wish *f, str name) {
    for (size_t i = 0; str_starts(name, S("consent_")) && i < f->shop->consent_count; i++)
        if (str_is(str_from(name, 8), f->shop->consents[i].id))
            return true;
    return false;
}

static void origin_add(struct wish *f, struct tree **origin, const struct tree *t) {
    str text = str_trim(tree_str(t));
    if ((!str_starts(t->name, S("utm_")) && !str_is(t->name, S("ref"))) || t->name.len > 64)
        return;
    if (!text.len || !is_line(text) || !is_line(t->name))
        return;
    if (!*origin)
        *origin = tree_map(f->mem);
    /* Nobody sees these fields, so nobody could mend one that is too long. */
    if ((*origin)->count < ORIGINS_MAX)
        tree_put_text(f->mem, *origin, t->name, utf8_prefix(text, ORIGIN_MAX));
}

static void field_read(struct wish *f, size_t field, const struct tree *t) {
    str text = str_trim(tree_str(t));
    size_t size_max = fields[field].size_max;
    f->values[field] = text;
    if (t->kind == TREE_LIST || t->kind == TREE_MAP || !is_line(text))
        wish_wrong(f, t->name, S("text_wrong"), S(""));
    else if (text.len > size_max && utf8_length(text) > size_max)
        wish_wrong(f, t->name, field == WISH_COUNTRY ? S("country_wrong") : S("too_long"),
            str_int(f->mem, (int64_t)size_max));
}

static void fields_read(struct wish *f, struct order *o) {
    struct tree *origin = NULL;
    const struct tree *given = f->wish->fields, *twice = f->wish->twice;
    for (const struct tree *t = given ? given->first : NULL; t; t = t->next) {
        size_t field = field_find(t->name);
        if (field < WISH_FIELDS)
            field_read(f, field, t);
        else
            origin_add(f, &origin, t);
    }
    for (const struct tree *t = twice ? twice->first : NULL; t; t = t->next)
        if (field_find(tree_str(t)) < WISH_FIELDS || is_consent(f, tree_str(t)))
            wish_wrong(f, tree_str(t), S("twice"), S(""));
    o->origin = origin;
}

static bool is_yes(str text) {
    static const str no[] = {S_INIT(""), S_INIT("0"), S_INIT("no"), S_INIT("off"), S_INIT("false")};
    for (size_t i = 0; i < COUNT(no); i++)
        if (str_is_like(text, no[i]))
            return false;
    return true;
}

bool wish_ticked(const struct wish *f, str name) {
    return is_yes(str_trim(tree_get(f->wish->fields, name)));
}

str wish_key_hash(const struct wish *f) {
    if (!f->values[WISH_KEY].len)
        return S("");
    struct buf b = buf_new(f->mem, 2 * LIMIT_BODY);
    for (size_t i = 0; i < WISH_FIELDS; i++) {
        buf_add(&b, f->values[i]);
        buf_byte(&b, 0); /* no field holds one */
    }
    for (const struct tree *t = f->wish->fields->first; t; t = t->next) {
        if (field_find(t->name) < WISH_FIELDS)
            continue;
        buf_add(&b, t->name);
        buf_byte(&b, 0);
        buf_add(&b, tree_str(t));
        buf_byte(&b, 0);
    }
    return hash_sha256_hex(f->mem, buf_str(&b));
}

/* ---- buyer and company ---- */

static void country_check(struct wish *f, struct order *o) {
    str text = f->values[WISH_COUNTRY];
    if (text.len && (text.len != 2 || !is_letter(text.ptr[0]) || !is_letter(text.ptr[1])))
        wish_wrong(f, S("country"), S("country_wrong"), S(""));
    else if (text.len) {
        char *upper = arena_take(f->mem, 2);
        upper[0] = (char)(text.ptr[0] & ~0x20);
        upper[1] = (char)(text.ptr[1] & ~0x20);
        o->buyer.country = (str){upper, 2};
    }
}

static void email_check(struct wish *f, struct order *o) {
    str email = f->values[WISH_EMAIL], fault = email_fault(email);
    if (fault.len)
        wish_wrong(f, S("email"), fault, S(""));
    o->buyer.email = email;
}

/* An invoice needs all of it; a tax number can only be demanded, and checked, where we know its
 * rule. */
static void company_check(struct wish *f, struct order *o) {
    static const enum wish_field needed[] = {WISH_COMPANY, WISH_STREET, WISH_POSTCODE, WISH_CITY};
    if (!is_yes(f->values[WISH_AS_COMPANY]))
        return;
    if (!o->buyer.country.len)
        o->buyer.country = f->shop->seller.country;
    bool polish = str_is(o->buyer.country, S("PL"));
    str tax_id = f->values[WISH_TAX_ID];
    for (size_t i = 0; i < COUNT(needed); i++)
        if (!f->values[needed[i]].len)
            wish_wrong(f, fields[needed[i]].name, S("missing"), S(""));
    if (polish && !tax_id.len)
        wish_wrong(f, S("tax_id"), S("missing"), S(""));
    else if (polish && !nip_read(f->mem, tax_id, &tax_id))
        wish_wrong(f, S("tax_id"), S("tax_id_wrong"), S(""));
    o->company = (struct company){.name = f->values[WISH_COMPANY],
        .tax_id = tax_id,
        .street = f->values[WISH_STREET],
        .postcode = f->values[WISH_POSTCODE],
        .city = f->values[WISH_CITY]};
}

static str lang_of(const struct wish *f, str wish) {
    bool known = str_is(wish, S("pl")) || str_is(wish, S("en"));
    return known ? wish : (f->wish->lang.len ? f->wish->lang : f->shop->lang);
}

void wish_check(struct wish *f, struct order *o) {
    f->lang = lang_of(f, str_trim(tree_get(f->wish->fields, S("lang"))));
    fields_read(f, o);
    o->buyer.name = f->values[WISH_NAME];
    o->buyer.lang = f->lang;
    email_check(f, o);
    country_check(f, o);
    company_check(f, o);
}
