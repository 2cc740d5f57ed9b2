/* json_plain: what stands in JSON as it is, read where it stands. Inside the reader and the writer
 * of rows: an order is hundreds of short texts.
 *
 * The readers here take what is plain, most often with sixteen bytes at once: null is not "no
 * JSON", it is "read this with care" (json_row), as at the end of a row. */
#ifndef BASE_JSON_PLAIN_H
#define BASE_JSON_PLAIN_H

#include "base/str.h"

#include <endian.h>
#if defined(__SSE2__)
#include <emmintrin.h>

/* A bit for each of sixteen bytes that is a control, a quote, a backslash or not ASCII (which is
 * below a blank too: signed). */
static inline unsigned json_marks_wide(const char *from) {
    const __m128i blank = _mm_set1_epi8(' '), quote = _mm_set1_epi8('"');
    const __m128i slash = _mm_set1_epi8('\\');
    __m128i w = _mm_loadu_si128((const __m128i *)(const void *)from);
    __m128i marks = _mm_or_si128(
        _mm_cmplt_epi8(w, blank), _mm_or_si128(_mm_cmpeq_epi8(w, quote), _mm_cmpeq_epi8(w, slash)));
    return (unsigned)_mm_movemask_epi8(marks);
}

static inline size_t json_plain_wide(str s, bool *end) {
    size_t at = 0;
    for (; at + sizeof(__m128i) <= s.len; at += sizeof(__m128i)) {
        unsigned found = json_marks_wide(s.ptr + at);
        if (found) {
            *end = true;
            return at + (size_t)__builtin_ctz(found);
        }
    }
    return at;
}
#else
static inline size_t json_plain_wide(str s, bool *end) {
    (void)s;
    (void)end;
    return 0;
}
#endif

/* Of eight bytes: the marks of a byte equal to x, or below x, are in its top bit, and the lowest of
 * them is always right. */
static inline uint64_t json_marks_of(uint64_t w) {
    const uint64_t ones = 0x0101010101010101, tops = ones << 7;
    uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
    return ((quote - ones) | (slash - ones) | (w - ones * 0x20) | w) & tops;
}

static inline uint64_t json_marks(const char *from) {
    uint64_t w;
    memcpy(&w, from, sizeof(w));
    return json_marks_of(le64toh(w));
}

/* Bytes at the start that stand in a JSON string as they are: ASCII, no control, quote or
 * backslash. */
static inline size_t json_plain(str s) {
    bool end = false;
    size_t at = json_plain_wide(s, &end);
    if (end)
        return at;
    for (uint64_t marks; at + sizeof(marks) <= s.len; at += sizeof(marks))
        if ((marks = json_marks(s.ptr + at)))
            return at + (size_t)__builtin_ctzll(marks) / 8;
    /* The last few once more with those before them. */
    if (at && !json_marks(s.ptr + s.len - sizeof(uint64_t)))
        return s.len;
    for (; at < s.len; at++) {
        unsigned char c = (unsigned char)s.ptr[at];
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
            break;
    }
    return at;
}

/* A text of four bytes to fifteen: its first half and its last, which may overlap. */
static inline bool json_plain_move_short(char *out, str s) {
    uint64_t front = 0, back = 0;
    uint32_t four[2];
    if (s.len >= sizeof(front)) {
        memcpy(&front, s.ptr, sizeof(front));
        memcpy(&back, s.ptr + s.len - sizeof(back), sizeof(back));
        memcpy(out, &front, sizeof(front));
        memcpy(out + s.len - sizeof(back), &back, sizeof(back));
        return !(json_marks_of(front) | json_marks_of(back));
    }
    memcpy(&four[0], s.ptr, sizeof(four[0]));
    memcpy(&four[1], s.ptr + s.len - sizeof(four[1]), sizeof(four[1]));
    memcpy(out, &four[0], sizeof(four[0]));
    memcpy(out + s.len - sizeof(four[1]), &four[1], sizeof(four[1]));
    return !json_marks_of((uint64_t)four[0] << 32 | four[1]);
}

/* Copies what is plain; false, and something was copied: it is not. */
static inline bool json_plain_move(char *out, str s) {
#if defined(__SSE2__)
    unsigned marks = 0;
    for (size_t at = 0; s.len >= sizeof(__m128i); at += sizeof(__m128i)) {
        size_t last = s.len - sizeof(__m128i);
        at = at < last ? at : last;
        memcpy(out + at, s.ptr + at, sizeof(__m128i));
        marks |= json_marks_wide(s.ptr + at);
        if (at == last)
            return !marks;
    }
#else
    if (s.len >= 16) {
        memcpy(out, s.ptr, s.len);
        return json_plain(s) == s.len;
    }
#endif
    if (s.len >= sizeof(uint32_t))
        return json_plain_move_short(out, s);
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        out[i] = s.ptr[i];
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
            return false;
    }
    return true;
}

/* ---- what begins at `at`, by what stands behind it; null: not plain ---- */

enum { JSON_WIDE = 16 };

/* A text, quotes and all. */
static inline const char *json_plain_text(const char *at, const char *end, str *out) {
#if defined(__SSE2__)
    if (at == end || *at != '"')
        return NULL;
    for (const char *from = ++at; end - from >= JSON_WIDE; from += JSON_WIDE) {
        unsigned marks = json_marks_wide(from);
        if (!marks)
            continue;
        from += __builtin_ctz(marks);
        if (*from != '"')
            return NULL;
        *out = (str){at, (size_t)(from - at)};
        return from + 1;
    }
#endif
    return NULL;
}

/* Eight digits, as the numbers they are, the first in the lowest byte: pairs, fours, all. */
static inline uint64_t json_eight_digits(uint64_t w) {
    w = w * 10 + (w >> 8);
    return (((w & 0x000000ff000000ff) * (100 + (UINT64_C(1000000) << 32)))
               + (((w >> 16) & 0x000000ff000000ff) * (1 + (UINT64_C(10000) << 32))))
           >> 32;
}

/* A whole number of at most fifteen digits: an instant has thirteen, a count one. */
static inline const char *json_plain_int(const char *at, const char *end, int64_t *out) {
#if defined(__SSE2__) && defined(__x86_64__)
    static const int64_t tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    if (end - at <= JSON_WIDE)
        return NULL;
    bool minus = *at == '-';
    at += minus;
    __m128i w = _mm_loadu_si128((const __m128i *)(const void *)at);
    w = _mm_sub_epi8(w, _mm_set1_epi8('0'));
    __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(w, _mm_set1_epi8(9)), w);
    int count = __builtin_ctz(~(unsigned)_mm_movemask_epi8(digits));
    if (!count || count == JSON_WIDE || (count > 1 && *at == '0')
        || (at[count] != ',' && at[count] != '}' && at[count] != ']'))
        return NULL;
    uint64_t low = (uint64_t)_mm_cvtsi128_si64(w);
    int64_t number;
    if (count <= 8) {
        number = (int64_t)json_eight_digits(low << (64 - 8 * count));
    } else {
        uint64_t high = (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(w, w));
        number = (int64_t)json_eight_digits(low) * tens[count - 8]
                 + (int64_t)json_eight_digits(high << (128 - 8 * count));
    }
    *out = minus ? -number : number;
    return at + count;
#else
    return NULL;
#endif
}

/* Behind a value: out of each list and map that ends here. */
static inline const char *json_plain_close(
    const char *at, const char *end, uint64_t *maps, int *depth) {
    for (; *depth && at < end && *at == (*maps & 1 ? '}' : ']'); at++) {
        *maps >>= 1;
        --*depth;
    }
    return at;
}

/* A map or list of texts, numbers, lists and maps, none of them empty: as most are. */
static inline const char *json_plain_nest(const char *at, const char *end) {
    enum { DEEP = 8 };
    uint64_t maps = 0; /* a bit for each that is open: is it a map? */
    int depth = 0;
    str text;
    int64_t number;
    while (end - at >= JSON_WIDE) {
        if (*at == '{' || *at == '[') {
            if (++depth > DEEP)
                return NULL;
            maps = maps << 1 | (*at++ == '{');
        } else {
            at = *at == '"' ? json_plain_text(at, end, &text) : json_plain_int(at, end, &number);
            if (!depth || !at)
                return NULL;
            at = json_plain_close(at, end, &maps, &depth);
            if (!depth)
                return at;
            if (at == end || *at++ != ',')
                return NULL;
        }
        if (maps & 1) {
            at = json_plain_text(at, end, &text);
            if (!at || at == end || *at++ != ':')
                return NULL;
        }
    }
    return NULL;
}

/* ---- names that are known ---- */

/* As it stands before its value, `"name":`, and a bit for each of its bytes. */
struct json_key {
    char bytes[JSON_WIDE];
    unsigned bits, len;
};
#define JSON_KEY(name) \
    { "\"" name "\":", (1u << (sizeof(name) + 2)) - 1, (unsigned)sizeof(name) + 2 }

/* Sixteen bytes must be there. */
static inline bool json_key_is(const char *at, const struct json_key *key) {
#if defined(__SSE2__)
    __m128i w = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i k = _mm_loadu_si128((const __m128i *)(const void *)key->bytes);
    return !(~(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(w, k)) & key->bits);
#else
    return memcmp(at, key->bytes, key->len) == 0;
#endif
}

#endif
