#include "http/range.h"

#include "base/arena.h"

/* Digits only; a number past what can be counted is as good as the largest that can. */
static bool number(str text, uint64_t *out) {
    int64_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    *out = str_number(text, &n) ? (uint64_t)n : INT64_MAX;
    return text.len > 0;
}

/* "-500": the last so many. */
static enum range_answer suffix(str text, uint64_t size, struct range *out) {
    uint64_t last = 0;
    if (!number(text, &last))
        return RANGE_WHOLE;
    if (!last || !size)
        return RANGE_NONE;
    last = last < size ? last : size;
    *out = (struct range){size - last, last};
    return RANGE_PART;
}

enum range_answer range_read(str header, uint64_t size, struct range *out) {
    *out = (struct range){0, size};
    str unit = S("bytes=");
    if (header.len < unit.len || !str_is_like(str_part(header, 0, unit.len), unit))
        return RANGE_WHOLE;
    str spec = str_trim(str_from(header, unit.len));
    size_t dash = str_find_byte(spec, '-');
    if (dash == spec.len)
        return RANGE_WHOLE;
    str from = str_part(spec, 0, dash), to = str_from(spec, dash + 1);
    uint64_t first = 0, last = INT64_MAX;
    if (!from.len)
        return suffix(to, size, out);
    if (!number(from, &first) || (to.len && !number(to, &last)) || last < first)
        return RANGE_WHOLE;
    if (first >= size)
        return RANGE_NONE;
    last = last < size ? last : size - 1;
    *out = (struct range){first, last - first + 1};
    return RANGE_PART;
}

static str decimal(struct arena *mem, uint64_t n) {
    return str_int(mem, (int64_t)n);
}

str range_write(struct arena *mem, enum range_answer answer, struct range part, uint64_t size) {
    if (answer == RANGE_NONE)
        return JOIN(mem, S("bytes */"), decimal(mem, size));
    return JOIN(mem, S("bytes "), decimal(mem, part.at), S("-"),
        decimal(mem, part.at + part.size - 1), S("/"), decimal(mem, size));
}
