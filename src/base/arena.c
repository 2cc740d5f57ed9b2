#include "base/arena.h"

#include "base/poison.h"

#include <assert.h>

enum { CHUNK_FIRST = 8 * 1024, CHUNK_MOST = 1 << 20, ALIGN = 16 };

struct chunk {
    struct chunk *before;
    size_t size, used;
    _Alignas(ALIGN) char bytes[];
};

struct deferred {
    void (*close)(void *handle);
    void *handle;
    struct deferred *before;
};

struct arena {
    struct chunk *now;
    struct deferred *defers;
    size_t taken, size_max;
};

__attribute__((noreturn, cold)) static void spent(void) {
    fputs("grosz: out of memory within a limit; the process ends, the queue is durable\n", stderr);
    abort();
}

/* Apart, or gcc takes poisoning for reading what malloc just gave. */
__attribute__((noinline)) static void forget(struct chunk *c, size_t from) {
    POISON(c->bytes + from, c->size - from);
}

static struct chunk *chunk_new(struct chunk *before, size_t size) {
    struct chunk *c = malloc(sizeof(*c) + size);
    if (!c)
        spent();
    *c = (struct chunk){.before = before, .size = size};
    forget(c, 0);
    return c;
}

struct arena *arena_new(size_t size_max) {
    struct arena *mem = calloc(1, sizeof(*mem));
    if (!mem)
        spent();
    mem->size_max = size_max;
    mem->now = chunk_new(NULL, CHUNK_FIRST);
    return mem;
}

static void close_to(struct arena *mem, const struct deferred *end) {
    while (mem->defers != end) {
        struct deferred *d = mem->defers;
        mem->defers = d->before;
        d->close(d->handle);
    }
}

static void chunk_drop(struct arena *mem) {
    struct chunk *c = mem->now;
    mem->now = c->before;
    UNPOISON(c->bytes, c->size);
    free(c);
}

void arena_reset(struct arena *mem) {
    close_to(mem, NULL);
    while (mem->now->before)
        chunk_drop(mem);
    mem->now->used = 0;
    mem->taken = 0;
    forget(mem->now, 0);
}

void arena_free(struct arena *mem) {
    if (!mem)
        return;
    close_to(mem, NULL);
    while (mem->now)
        chunk_drop(mem);
    free(mem);
}

__attribute__((noinline)) static void chunk_add(struct arena *mem, size_t need) {
    size_t room = mem->now->size < CHUNK_MOST ? mem->now->size * 2 : CHUNK_MOST;
    mem->now = chunk_new(mem->now, need > room ? need : room);
}

/* ALIGNed space of the newest chunk. Inside its two callers: it is what is called most of all. */
__attribute__((always_inline)) static inline char *space(struct arena *mem, size_t size) {
    size_t need = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (need < size || need > mem->size_max - mem->taken)
        spent();
    if (need > mem->now->size - mem->now->used)
        chunk_add(mem, need);
    struct chunk *c = mem->now;
    char *bytes = c->bytes + c->used;
    c->used += need;
    mem->taken += need;
    UNPOISON(bytes, size);
    return bytes;
}

void *arena_bytes(struct arena *mem, size_t size) {
    return space(mem, size);
}

void *arena_take(struct arena *mem, size_t size) {
    return memset(space(mem, size), 0, size);
}

void *arena_array(struct arena *mem, size_t count, size_t size) {
    size_t all;
    if (__builtin_mul_overflow(count, size, &all))
        spent();
    return arena_take(mem, all);
}

void arena_defer(struct arena *mem, void (*close)(void *handle), void *handle) {
    struct deferred *d = NEW(mem, struct deferred);
    *d = (struct deferred){close, handle, mem->defers};
    mem->defers = d;
}

struct arena_mark arena_mark(struct arena *mem) {
    return (struct arena_mark){mem->now, mem->now->used, mem->defers, mem->taken};
}

void arena_back(struct arena *mem, struct arena_mark mark) {
    close_to(mem, mark.defers);
    while (mem->now != mark.chunk)
        chunk_drop(mem);
    assert(mark.used <= mem->now->used);
    mem->now->used = mark.used;
    mem->taken = mark.taken;
    forget(mem->now, mark.used);
}

size_t arena_taken(const struct arena *mem) {
    return mem->taken;
}
