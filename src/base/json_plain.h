/* json_plain: the part of a text that stands in a JSON string as it is. Inside the reader and the
 * writer of rows: an order is hundreds of short texts. */
#ifndef BASE_JSON_PLAIN_H
#define BASE_JSON_PLAIN_H

#include "base/str.h"

#include <endian.h>
#if defined(__SSE2__)
#include <emmintrin.h>

/* Sixteen at a time, where there are so many; signed, what is not ASCII is below a blank too. */
static inline size_t json_plain_wide(str s, bool *end) {
    const __m128i blank = _mm_set1_epi8(' '), quote = _mm_set1_epi8('"');
    const __m128i slash = _mm_set1_epi8('\\');
    size_t at = 0;
    for (; at + sizeof(__m128i) <= s.len; at += sizeof(__m128i)) {
        __m128i w = _mm_loadu_si128((const __m128i *)(const void *)(s.ptr + at));
        __m128i marks = _mm_or_si128(_mm_cmplt_epi8(w, blank),
            _mm_or_si128(_mm_cmpeq_epi8(w, quote), _mm_cmpeq_epi8(w, slash)));
        unsigned found = (unsigned)_mm_movemask_epi8(marks);
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
static inline uint64_t json_marks(const char *from) {
    const uint64_t ones = 0x0101010101010101, tops = ones << 7;
    uint64_t w;
    memcpy(&w, from, sizeof(w));
    w = le64toh(w);
    uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
    return ((quote - ones) | (slash - ones) | (w - ones * 0x20) | w) & tops;
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

#endif
