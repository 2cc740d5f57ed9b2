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
/* Makes room for so many more bytes; false when they are too many. */
bool buf_room(struct buf *b, size_t more);

static inline void buf_add(struct buf *b, str s) {
    if (s.len && (s.len <= b->room - b->len || buf_room(b, s.len))) {
        memcpy(b->ptr + b->len, s.ptr, s.len);
        b->len += s.len;
    }
}

static inline void buf_byte(struct buf *b, char byte) {
    if (b->len < b->room || buf_room(b, 1))
        b->ptr[b->len++] = byte;
}

void buf_format(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
str buf_str(const struct buf *b);

#endif
