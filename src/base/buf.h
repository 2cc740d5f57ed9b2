/* buf: text that grows in an arena, up to a ceiling.
 *
 * Past the ceiling nothing more is added and `full` is set; the caller asks once, at the end.
 * The text is valid until the arena's end. buf_format is the one printf of the house: for numbers.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"

struct buf {
    struct arena *mem;
    char *ptr;
    size_t len, room, size_max;
    bool full;
};

struct buf buf_new(struct arena *mem, size_t size_max);
void buf_add(struct buf *b, str s);
void buf_byte(struct buf *b, char byte);
void buf_format(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
str buf_str(const struct buf *b);

#endif
