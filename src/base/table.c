#include "base/table.h"

enum { WORD = 48 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Which letters a word has, as bits; others share one. */
static uint32_t letters_of(str word) {
    uint32_t set = 0;
    for (size_t i = 0; i < word.len; i++)
        set |= UINT32_C(1) << (word.ptr[i] & 31);
    return set;
}

static size_t bits(uint32_t set) {
    return (size_t)__builtin_popcount(set);
}

/* Damerau's distance in its simple form: insert, drop, change, swap neighbours. What comes to
 * `most` or beyond is not counted to its end: a row grows from the two before it. */
static size_t distance(str a, str b, size_t most) {
    size_t rows[3][WORD + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    if (a.len > WORD || b.len > WORD || a.len >= b.len + most || b.len >= a.len + most)
        return WORD;
    size_t lead = 0;
    for (size_t k = 0; k <= b.len; k++)
        last[k] = k;
    for (size_t i = 1; i <= a.len; i++) {
        now[0] = i;
        size_t first = i;
        for (size_t k = 1; k <= b.len; k++) {
            size_t change = last[k - 1] + (a.ptr[i - 1] != b.ptr[k - 1]);
            now[k] = least(change, least(last[k], now[k - 1]) + 1);
            if (i > 1 && k > 1 && a.ptr[i - 1] == b.ptr[k - 2] && a.ptr[i - 2] == b.ptr[k - 1])
                now[k] = least(now[k], before[k - 2] + 1);
            first = least(first, now[k]);
        }
        if (first >= most && lead + 1 >= most)
            return WORD;
        lead = first;
        size_t *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[b.len];
}

/* One step brings at most one new letter and takes at most one away: most words are told apart so.
 */
str table_near(str word, const str *names, size_t count) {
    size_t best = word.len > 4 ? 3 : 2;
    str near = S("");
    uint32_t mine = letters_of(word);
    for (size_t i = 0; i < count; i++) {
        uint32_t theirs = letters_of(names[i]);
        if (bits(mine & ~theirs) >= best || bits(theirs & ~mine) >= best)
            continue;
        size_t d = distance(word, names[i], best);
        if (d < best) {
            best = d;
            near = names[i];
        }
    }
    return near;
}

str table_guess(struct arena *mem, str word, const str *names, size_t count) {
    str near = table_near(word, names, count);
    return near.len ? JOIN(mem, S(", did you mean `"), near, S("`?")) : S("");
}
