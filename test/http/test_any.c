#include "base/arena.h"
#include "check.h"
#include "files.h"

/* test/fuzz/fuzz_http.c: asserts what must hold of any bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROUNDS = 20000, CHANGES = 4 };

static const str samples[] = {
    S_INIT("bytes=0-499"),
    S_INIT("bytes=-5"),
    S_INIT("bytes=9-"),
    S_INIT("\"a1\""),
    S_INIT("\"b,\" , W/\"a1\",\"a1\""),
    S_INIT("*"),
    S_INIT("Sun, 06 Nov 1994 08:49:37 GMT"),
    S_INIT("Sunday, 06-Nov-94 08:49:37 GMT"),
    S_INIT("Sun Nov  6 08:49:37 1994"),
    S_INIT("GET /a?b=c HTTP/1.1\nHost: a:80\nX-A: b\tc"),
    S_INIT("POST / HTTP/1.1\nhost: [::1]\nContent-Length: 12\nExpect: 100-continue"),
    S_INIT("POST http://a/x HTTP/1.0\nTransfer-Encoding: chunked\nHost: a"),
    S_INIT("POST / HTTP/1.1\nHost: a\nContent-Length: 1\nTransfer-Encoding: chunked"),
    S_INIT("GET / HTTP/1.1\nHost: a\nHost: b"),
    S_INIT("OPTIONS * HTTP/1.1\nHost: a"),
};

/* splitmix64: the same bytes in every run. */
static uint64_t dice(uint64_t *seed, uint64_t most) {
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % most;
}

/* Another byte, a byte less, or the end of another sample. */
static str change(struct arena *mem, uint64_t *seed, str text) {
    static const str bytes = S_INIT("\0\1\t\n\r \"#*+,-./09:;=AWaz\x7f\x80\xff");
    size_t at = (size_t)dice(seed, text.len + 1);
    str head = str_part(text, 0, at), tail = str_from(text, at);
    str other = samples[dice(seed, COUNT(samples))];
    switch (dice(seed, 4)) {
    case 0: return JOIN(mem, head, str_part(bytes, (size_t)dice(seed, bytes.len), 1), tail);
    case 1:
        return JOIN(
            mem, head, str_part(bytes, (size_t)dice(seed, bytes.len), 1), str_from(tail, 1));
    case 2: return JOIN(mem, head, str_from(tail, 1));
    default: return JOIN(mem, head, str_from(other, (size_t)dice(seed, other.len + 1)));
    }
}

TEST(any_bytes) {
    struct arena *mem = arena_new(1 << 20);
    uint64_t seed = 1;
    int went = 0;
    for (int i = 0; i < ROUNDS; i++) {
        str text = samples[dice(&seed, COUNT(samples))];
        for (uint64_t n = dice(&seed, CHANGES + 1); n; n--)
            text = change(mem, &seed, text);
        went += !LLVMFuzzerTestOneInput((const uint8_t *)text.ptr, text.len);
        arena_reset(mem);
    }
    CHECK_INT("every one holds", went, ROUNDS);
    arena_free(mem);
}

const struct check_test any_tests[ANY_TESTS] = {ROW(any_bytes)};
