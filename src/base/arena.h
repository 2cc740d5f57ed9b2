/* arena: memory and handles with one end.
 *
 * Everything that belongs to one request, job, page, command or loaded shop is taken from one arena
 * and goes away with it, newest handle first. An arena has a ceiling, given at new; a spent arena
 * aborts the process: limits at the doors make that unreachable, and the queue is durable.
 * An arena belongs to one thread at a time. malloc appears in arena.c only.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena;

/* size_max: bytes that may be taken between two resets. */
struct arena *arena_new(size_t size_max);
void arena_free(struct arena *mem);
/* Closes what was deferred, forgets all memory, keeps the first chunk for the next round. */
void arena_reset(struct arena *mem);
/* Zeroed, aligned for any type; never null. */
void *arena_take(struct arena *mem, size_t size);
/* The same, not zeroed: for text that is written at once. */
void *arena_bytes(struct arena *mem, size_t size);
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
