#include "http/coding.h"

#include "base/arena.h"

#include <assert.h>
#include <zlib.h>

enum {
    LEVEL = 9, /* once for a page, not once for a buyer */
    WINDOW = 15,
    GZIP = 16, /* added to the window: gzip's frame around it */
    MEMORY = 8,
    SCRATCH = 1 << 20, /* zlib takes 268 KB */
};

bool request_takes_gzip(const struct request *r) {
    str rest = request_header(r, S("Accept-Encoding")), piece = {0};
    int any = 0, gzip = -1;
    while (str_cut(&rest, ',', &piece)) {
        str name = {0};
        str parameters = piece;
        if (!str_cut(&parameters, ';', &name))
            continue;
        name = str_trim(name);
        if (str_is_like(name, S("gzip")) || str_is_like(name, S("x-gzip")))
            gzip = header_quality(parameters);
        if (str_is(name, S("*")))
            any = header_quality(parameters);
    }
    return (gzip < 0 ? any : gzip) > 0;
}

static void *scratch_take(void *mem, unsigned count, unsigned size) {
    return arena_array(mem, count, size);
}

static void scratch_leave(void *mem, void *taken) {}

str gzip_write(struct arena *mem, str bytes) {
    struct arena *scratch = arena_new(SCRATCH);
    z_stream z = {.zalloc = scratch_take, .zfree = scratch_leave, .opaque = scratch};
    int fine = deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW + GZIP, MEMORY, Z_DEFAULT_STRATEGY);
    assert(fine == Z_OK && bytes.len < UINT32_MAX);
    size_t room = deflateBound(&z, bytes.len);
    char *out = arena_take(mem, room);
    /* zlib reads it only; its signature is older than const. */
    z.next_in = (unsigned char *)(uintptr_t)bytes.ptr;
    z.avail_in = (unsigned)bytes.len;
    z.next_out = (unsigned char *)out;
    z.avail_out = (unsigned)room;
    fine = deflate(&z, Z_FINISH);
    assert(fine == Z_STREAM_END);
    size_t size = z.total_out;
    deflateEnd(&z);
    arena_free(scratch);
    return (str){out, size};
}
