/* json_plain: the part of a text that stands in a JSON string as it is. Inside the reader and the
 * writer of rows: an order is hundreds of short texts. */
#ifndef BASE_JSON_PLAIN_H
#define BASE_JSON_PLAIN_H

#include "base/str.h"

#include <endian.h>

/* Bytes at the start that stand in a JSON string as they are: ASCII, no control, quote or
 * backslash. Eight at a time: the marks of a byte equal to x, or below x, are in its top bit, and
 * the lowest of them is always right. */
static inline size_t json_plain(str s) {
    const uint64_t ones = 0x0101010101010101, tops = ones << 7;
    size_t at = 0;
    for (uint64_t w; at + sizeof(w) <= s.len; at += sizeof(w)) {
        memcpy(&w, s.ptr + at, sizeof(w));
        w = le64toh(w);
        uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
        uint64_t marks = ((quote - ones) | (slash - ones) | (w - ones * 0x20) | w) & tops;
        if (marks)
            return at + (size_t)__builtin_ctzll(marks) / 8;
    }
    for (; at < s.len; at++) {
        unsigned char c = (unsigned char)s.ptr[at];
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
            break;
    }
    return at;
}

#endif
