#include "base/arena.h"

#include <assert.h>

enum { CHUNK_FIRST = 8 * 1024, CHUNK_MOST = 1 << 20 };

struct chunk {
    struct chunk *before;
    size_t size;
    _Alignas(ARENA_ALIGN) char bytes[];
};

struct deferred {
    void (*close)(void *handle);
    void *handle;
    struct deferred *before;
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

/* From `used` bytes of the newest chunk on; `taken` with them, and all before. */
static void go_on(struct arena *mem, size_t used, size_t taken) {
    size_t left = mem->now->size - used, most = mem->size_max - taken;
    mem->before = taken - used;
    mem->at = mem->now->bytes + used;
    mem->end = mem->at + (left < most ? left : most);
}

struct arena *arena_new(size_t size_max) {
    struct arena *mem = calloc(1, sizeof(*mem));
    if (!mem)
        spent();
    mem->size_max = size_max;
    mem->now = chunk_new(NULL, CHUNK_FIRST);
    go_on(mem, 0, 0);
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
    go_on(mem, 0, 0);
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

static size_t used(const struct arena *mem) {
    return (size_t)(mem->at - mem->now->bytes);
}

void *arena_more(struct arena *mem, size_t size) {
    size_t need = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    size_t taken = arena_taken(mem);
    if (need < size || need > mem->size_max - taken)
        spent();
    size_t room = mem->now->size < CHUNK_MOST ? mem->now->size * 2 : CHUNK_MOST;
    mem->now = chunk_new(mem->now, need > room ? need : room);
    go_on(mem, 0, taken);
    return arena_bytes(mem, size);
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
    return (struct arena_mark){mem->now, used(mem), mem->defers, arena_taken(mem)};
}

void arena_back(struct arena *mem, struct arena_mark mark) {
    close_to(mem, mark.defers);
    assert(mem->now != mark.chunk || mark.used <= used(mem));
    while (mem->now != mark.chunk)
        chunk_drop(mem);
    go_on(mem, mark.used, mark.taken);
    forget(mem->now, mark.used);
}

size_t arena_taken(const struct arena *mem) {
    return mem->before + used(mem);
}
