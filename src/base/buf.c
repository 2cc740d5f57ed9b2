#include "base/buf.h"

#include <stdarg.h>

struct buf buf_new(struct arena *mem, size_t size_max) {
    return (struct buf){.mem = mem, .size_max = size_max};
}

bool buf_room(struct buf *b, size_t more) {
    if (b->full || more > b->size_max - b->len) {
        b->full = true;
        b->room = b->len; /* what would still fit is not added either */
        return false;
    }
    if (more <= b->room - b->len)
        return true;
    size_t room = b->room ? b->room * 2 : 256;
    while (room < b->len + more)
        room *= 2;
    room = room < b->size_max ? room : b->size_max;
    char *bigger = arena_bytes(b->mem, room);
    if (b->len)
        memcpy(bigger, b->ptr, b->len);
    b->ptr = bigger;
    b->room = room;
    return true;
}

void buf_format(struct buf *b, const char *format, ...) {
    char text[256];
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int len = vsnprintf(text, sizeof(text), format, list);
    if (len > 0 && (size_t)len < sizeof(text)) {
        buf_add(b, (str){text, (size_t)len});
    } else if (len > 0) {
        char *whole = arena_take(b->mem, (size_t)len + 1);
        vsnprintf(whole, (size_t)len + 1, format, again);
        buf_add(b, (str){whole, (size_t)len});
    }
    va_end(again);
    va_end(list);
}

str buf_str(const struct buf *b) {
    return (str){b->ptr ? b->ptr : "", b->len};
}
