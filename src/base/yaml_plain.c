#include "base/yaml_plain.h"

#include "base/encode.h"

enum { ANY = 1 << 30, SHOWN = 40 };

static const char signs[] = "+-", decimal[] = "0123456789";

/* Eats between `least` and `most` characters out of `set`. */
static bool eat(str *s, const char *set, size_t least, size_t most) {
    size_t n = 0;
    while (n < s->len && n < most && s->ptr[n] && strchr(set, s->ptr[n]))
        n++;
    *s = str_from(*s, n);
    return n >= least;
}

static bool is_any(str s, const str *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_is_like(s, words[i]))
            return true;
    return false;
}

static bool is_yes_no(str s) {
    static const str words[] = {
        S_INIT("yes"), S_INIT("no"), S_INIT("on"), S_INIT("off"), S_INIT("y"), S_INIT("n")};
    return is_any(s, words, COUNT(words));
}

static bool is_truth(str s) {
    return str_is(s, S("true")) || str_is(s, S("false"));
}

static bool is_loud_truth(str s) {
    static const str words[] = {S_INIT("true"), S_INIT("false")};
    return is_any(s, words, COUNT(words)) && !is_truth(s);
}

static bool is_null(str s) {
    static const str words[] = {S_INIT("null"), S_INIT("~")};
    return is_any(s, words, COUNT(words));
}

static bool is_infinite(str s) {
    static const str words[] = {S_INIT(".inf"), S_INIT(".nan")};
    eat(&s, signs, 0, 1);
    return is_any(s, words, COUNT(words));
}

static bool is_sign_of_yaml(str s) {
    return str_is(s, S("=")) || str_is(s, S("<<"));
}

/* Ruby: `:word` is a symbol. */
static bool is_symbol(str s) {
    return s.len > 1 && s.ptr[0] == ':';
}

/* 12:30 and 1:30:15.5, but not 8080:80 nor 127.0.0.1:80 */
static bool is_base_60(str s) {
    size_t groups = 0;
    eat(&s, signs, 0, 1);
    if (!eat(&s, decimal, 1, 1) || !eat(&s, "0123456789_", 0, ANY))
        return false;
    for (; eat(&s, ":", 1, 1); groups++) {
        bool two =
            s.len > 1 && strchr("012345", s.ptr[0]) && eat(&(str){s.ptr + 1, 1}, decimal, 1, 1);
        if (!eat(&s, decimal, 1, two ? 2 : 1))
            return false;
    }
    if (eat(&s, ".", 1, 1))
        eat(&s, "0123456789_", 0, ANY);
    return groups && !s.len;
}

static bool is_date(str s) {
    if (!eat(&s, decimal, 4, 4) || !eat(&s, "-", 1, 1) || !eat(&s, decimal, 1, 2)
        || !eat(&s, "-", 1, 1) || !eat(&s, decimal, 1, 2))
        return false;
    return !s.len || (eat(&s, "Tt \t", 1, ANY) && eat(&s, decimal, 1, 1));
}

static bool is_padded(str s) {
    eat(&s, signs, 0, 1);
    if (!eat(&s, "0", 1, 1) || !eat(&s, "0123456789_", 1, ANY))
        return false;
    if (eat(&s, ".", 1, 1))
        eat(&s, decimal, 0, ANY);
    return !s.len;
}

static bool is_other_base(str s) {
    static const struct {
        const char *letter, *digits;
    } bases[] = {{"x", "0123456789abcdefABCDEF_"}, {"o", "01234567_"}, {"b", "01_"}};
    eat(&s, signs, 0, 1);
    if (!eat(&s, "0", 1, 1))
        return false;
    for (size_t i = 0; i < COUNT(bases); i++) {
        str rest = s;
        if (eat(&rest, bases[i].letter, 1, 1) && eat(&rest, bases[i].digits, 1, ANY) && !rest.len)
            return true;
    }
    return false;
}

/* 1_000 and 19,90: Ruby leaves both marks out, so 19,90 becomes 1990. */
static bool is_grouped(str s) {
    bool marked = str_find_byte(s, '_') < s.len || str_find_byte(s, ',') < s.len;
    eat(&s, signs, 0, 1);
    if (!marked || !eat(&s, decimal, 1, 1) || !eat(&s, "0123456789_,", 0, ANY))
        return false;
    if (eat(&s, ".", 1, 1))
        eat(&s, "0123456789_", 0, ANY);
    return !s.len;
}

static bool is_exponent(str s) {
    eat(&s, signs, 0, 1);
    bool digits = eat(&s, decimal, 1, ANY);
    if (eat(&s, ".", 1, 1))
        digits = eat(&s, decimal, 1, ANY) || digits;
    return digits && eat(&s, "eE", 1, 1) && eat(&s, signs, 0, 1) && eat(&s, decimal, 1, ANY)
           && !s.len;
}

static bool is_plus(str s) {
    return eat(&s, "+", 1, 1) && eat(&s, "0123456789.", 1, ANY) && !s.len;
}

/* .5 and 5. */
static bool is_half(str s) {
    eat(&s, signs, 0, 1);
    bool before = eat(&s, decimal, 1, ANY);
    bool dot = eat(&s, ".", 1, 1);
    bool behind = eat(&s, decimal, 1, ANY);
    return dot && before != behind && !s.len;
}

static const struct {
    bool (*is)(str s);
    str why;
} traps[] = {
    {is_yes_no, S_INIT(" is a word to some programs and true or false to others")},
    {is_loud_truth, S_INIT(" is true or false only when written small, like `true`; for a text")},
    {is_null,
        S_INIT(" is a text to some programs and nothing to others: leave it empty, or for a text")},
    {is_infinite, S_INIT(" is not a number that can be counted with; for a text")},
    {is_sign_of_yaml, S_INIT(" is a sign with a meaning of its own to some programs")},
    {is_symbol, S_INIT(" begins with a colon, which Jekyll takes away")},
    {is_base_60, S_INIT(" is counted in sixties by some programs (12:30 becomes 750)")},
    {is_date, S_INIT(" is a text to some programs and a date to others")},
    {is_padded, S_INIT(" begins with 0, which some programs drop or count in eights (010 is 8)")},
    {is_other_base, S_INIT(" is counted in sixteens, eights or twos by some programs")},
    {is_grouped,
        S_INIT(" has a `_` or `,` between its digits, which some programs drop (19,90 is 1990)")},
    {is_exponent, S_INIT(" is a number with many zeros to some programs (1e3 becomes 1000)")},
    {is_plus, S_INIT(" begins with `+`, which some programs leave out")},
    {is_half, S_INIT(" lacks digits beside its point; for a text")},
};

str yaml_plain_mistake(struct arena *mem, str text) {
    for (size_t i = 0; i < COUNT(traps); i++) {
        if (!traps[i].is(text))
            continue;
        str shown = utf8_prefix(text, SHOWN);
        str dots = shown.len < text.len ? S("…") : S("");
        return JOIN(mem, S("`"), shown, dots, S("`"), traps[i].why, S(": put quotes"));
    }
    return S("");
}

/* -?digits(.digits)?: what JSON calls a number, once is_padded has had its say. */
static bool is_number(str s) {
    eat(&s, "-", 0, 1);
    if (!eat(&s, decimal, 1, ANY))
        return false;
    return !s.len || (eat(&s, ".", 1, 1) && eat(&s, decimal, 1, ANY) && !s.len);
}

struct tree *yaml_plain(struct arena *mem, str text) {
    if (!text.len)
        return tree_none(mem);
    if (is_truth(text))
        return tree_bool(mem, str_is(text, S("true")));
    return is_number(text) && !is_padded(text) ? tree_number(mem, text) : tree_text(mem, text);
}
