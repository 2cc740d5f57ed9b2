/* arena: memory and handles with one end.
 *
 * Everything that belongs to one request, job, page, command or loaded shop is taken from one arena
 * and goes away with it, newest handle first. An arena has a ceiling, given at new; a spent arena
 * aborts the process: limits at the doors make that unreachable, and the queue is durable.
 * An arena belongs to one thread at a time. malloc appears in arena.c only.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/poison.h"
#include "base/str.h"

/* Inside its header because it is what is called most of all; nobody else looks inside. */
struct arena {
    char *at, *end; /* what is left: of the newest chunk, and below the ceiling */
    struct chunk *now;
    struct deferred *defers;
    size_t before, size_max; /* before: taken in older chunks */
};

/* size_max: bytes that may be taken between two resets. */
struct arena *arena_new(size_t size_max);
void arena_free(struct arena *mem);
/* Closes what was deferred, forgets all memory, keeps the first chunk for the next round. */
void arena_reset(struct arena *mem);
enum { ARENA_ALIGN = 16 };
/* The same as arena_bytes, when the newest chunk has not so much left. */
void *arena_more(struct arena *mem, size_t size);
/* Not zeroed, aligned for any type; never null. For what is written at once. */
static inline void *arena_bytes(struct arena *mem, size_t size) {
    size_t need = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (need < size || need > (size_t)(mem->end - mem->at))
        return arena_more(mem, size);
    char *bytes = mem->at;
    mem->at += need;
    UNPOISON(bytes, size);
    return bytes;
}
/* The same, zeroed. */
static inline void *arena_take(struct arena *mem, size_t size) {
    return memset(arena_bytes(mem, size), 0, size);
}
/* Zeroed room for count elements; the product is checked. */
void *arena_array(struct arena *mem, size_t count, size_t size);
#define NEW(mem, type) ((type *)arena_take((mem), sizeof(type)))
/* Calls close(handle) when the arena is reset or freed, in reverse order. */
void arena_defer(struct arena *mem, void (*close)(void *handle), void *handle);
/* A point to come back to, for scratch; what was taken since is forgotten (handles too). */
struct arena_mark {
    void *chunk;
    size_t used;
    void *defers;
    size_t taken;
};
struct arena_mark arena_mark(struct arena *mem);
void arena_back(struct arena *mem, struct arena_mark mark);
/* Bytes taken since the last reset. */
size_t arena_taken(const struct arena *mem);

#endif
