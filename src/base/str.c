#include "base/str.h"

#include "base/arena.h"

#include <endian.h>

str str_of(const char *text) {
    return (str){text, text ? strlen(text) : 0};
}

const char *str_cz(struct arena *mem, str s) {
    char *copy = arena_bytes(mem, s.len + 1);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = 0;
    return copy;
}

str str_copy(struct arena *mem, str s) {
    return s.len ? (str){str_cz(mem, s), s.len} : (str){"", 0};
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_is_like(str a, str b) {
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

int str_order(str a, str b) {
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
    if (order)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool str_ends(str s, str with) {
    return s.len >= with.len && str_is(str_from(s, s.len - with.len), with);
}

size_t str_find_byte(str s, char byte) {
    const char *at = s.len ? memchr(s.ptr, byte, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : s.len;
}

/* memmem makes a table first, which is longer than most of our texts; in a long one it is what does
 * not get slow by what a stranger writes. */
static size_t find_short(str s, str part) {
    for (size_t at = 0; at + part.len <= s.len; at++) {
        at += str_find_byte(str_from(s, at), part.ptr[0]);
        if (str_starts(str_from(s, at), part))
            return at;
    }
    return s.len;
}

size_t str_find(str s, str part) {
    enum { SHORT = 512 };
    if (!part.len)
        return 0;
    if (s.len <= SHORT)
        return find_short(s, part);
    const char *at = memmem(s.ptr, s.len, part.ptr, part.len);
    return at ? (size_t)(at - s.ptr) : s.len;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

str str_trim(str s) {
    while (s.len && is_blank(s.ptr[0]))
        s = str_from(s, 1);
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

str str_lower(struct arena *mem, str s) {
    char *copy = arena_bytes(mem, s.len + 1);
    for (size_t i = 0; i < s.len; i++)
        copy[i] = lower(s.ptr[i]);
    copy[s.len] = 0;
    return (str){copy, s.len};
}

bool str_cut(str *rest, char by, str *piece) {
    if (!rest->len)
        return false;
    size_t at = str_find_byte(*rest, by);
    *piece = str_part(*rest, 0, at);
    /* What ends with `by` has an empty last piece only when something stands behind it. */
    *rest = str_from(*rest, at + 1);
    return true;
}

bool str_number(str s, int64_t *out) {
    int64_t number = 0;
    if (!s.len)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        if (__builtin_mul_overflow(number, 10, &number)
            || __builtin_add_overflow(number, s.ptr[i] - '0', &number))
            return false;
    }
    *out = number;
    return true;
}

str str_join(struct arena *mem, const str *parts, size_t count) {
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    char *text = arena_bytes(mem, len + 1);
    text[len] = 0;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len)
            memcpy(text + at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    return (str){text, len};
}

/* By hand, not by printf: a row that is kept has dozens of these. */
str str_int(struct arena *mem, int64_t number) {
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        digits[--at] = '-';
    return str_copy(mem, (str){digits + at, sizeof(digits) - at});
}

static uint64_t hash_words(uint64_t a, uint64_t b) {
    unsigned __int128 all = (unsigned __int128)(a ^ 0x9e3779b97f4a7c15) * (b ^ 0xd1342543de82ef95);
    return (uint64_t)all ^ (uint64_t)(all >> 64);
}

static uint64_t hash_load(const char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return le64toh(word);
}

/* The last bytes of a text, fewer than eight, with zeros behind them: without a loop or a call. */
static uint64_t hash_rest(str text, size_t len) {
    const char *at = text.ptr + text.len - len;
    uint64_t word = 0;
    uint32_t low, high;
    if (text.len >= sizeof(word))
        return len ? hash_load(at + len - sizeof(word)) >> 8 * (sizeof(word) - len) : 0;
    if (len >= sizeof(low)) {
        memcpy(&low, at, sizeof(low));
        memcpy(&high, at + len - sizeof(high), sizeof(high));
        return le32toh(low) | (uint64_t)le32toh(high) << 8 * (len - sizeof(high));
    }
    for (size_t i = len; i; i--)
        word = word << 8 | (unsigned char)at[i - 1];
    return word;
}

uint64_t str_hash(uint64_t before, str text) {
    uint64_t word = 0;
    size_t at = 0;
    for (; at + 2 * sizeof(word) <= text.len; at += 2 * sizeof(word))
        before =
            hash_words(before ^ hash_load(text.ptr + at), hash_load(text.ptr + at + sizeof(word)));
    if (at + sizeof(word) <= text.len) {
        word = hash_load(text.ptr + at);
        at += sizeof(word);
    }
    return hash_words(hash_words(before ^ word, text.len), hash_rest(text, text.len - at));
}
