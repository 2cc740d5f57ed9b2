/* str: a view of bytes.
 *
 * Pointer and length by value; not NUL-terminated, never owned: the bytes belong to an arena, a
 * literal or a request. The empty str may have a null pointer. Nothing here allocates except JOIN
 * and str_copy, which say where the result lives.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MUST         __attribute__((warn_unused_result))

struct arena;

typedef struct str {
    const char *ptr;
    size_t len;
} str;

#define S(literal) ((str){(literal), sizeof(literal) - 1})
/* For tables at file scope, where a compound literal may not stand inside another struct. */
#define S_INIT(literal) \
    { (literal), sizeof(literal) - 1 }

/* A C string at a library's door; null gives the empty str. */
str str_of(const char *text);
/* NUL-terminated copy for a library's door. */
const char *str_cz(struct arena *mem, str s);
str str_copy(struct arena *mem, str s);

static inline bool str_is(str a, str b) {
    return a.len == b.len && (!a.len || (a.ptr[0] == b.ptr[0] && memcmp(a.ptr, b.ptr, a.len) == 0));
}
/* ASCII letters compare without case. */
bool str_is_like(str a, str b);
/* Byte order: <0, 0, >0. */
int str_order(str a, str b);
/* For tables in memory, no protection: goes on from `before`, and "ab", "c" is not "a", "bc". */
uint64_t str_hash(uint64_t before, str text);
static inline bool str_starts(str s, str with) {
    return s.len >= with.len && (!with.len || memcmp(s.ptr, with.ptr, with.len) == 0);
}
bool str_ends(str s, str with);
/* Offset of the first byte, or of the first occurrence; len when there is none. */
size_t str_find_byte(str s, char byte);
size_t str_find(str s, str part);
/* The part from `at` on, or [at, at+len); both are clamped to what is there. */
static inline str str_from(str s, size_t at) {
    at = at < s.len ? at : s.len;
    return (str){at ? s.ptr + at : s.ptr, s.len - at};
}
static inline str str_part(str s, size_t at, size_t len) {
    s = str_from(s, at);
    return (str){s.ptr, len < s.len ? len : s.len};
}
/* Without blanks, tabs, CR and LF at both ends. */
str str_trim(str s);
str str_lower(struct arena *mem, str s);
/* Cuts `*rest` at the first `by`; true and the piece in `*piece` until nothing is left.
 * "a,,b" gives "a", "", "b"; "" gives nothing. */
bool str_cut(str *rest, char by, str *piece);
/* Unsigned decimal digits only, all of them; false on anything else or overflow. */
bool str_number(str s, int64_t *out);

str str_join(struct arena *mem, const str *parts, size_t count);
#define JOIN(mem, ...) \
    str_join((mem), (const str[]){__VA_ARGS__}, sizeof((const str[]){__VA_ARGS__}) / sizeof(str))
/* A number as decimal text. */
str str_int(struct arena *mem, int64_t number);

#endif
