/* A kept row: whatever bytes come, in a whole row or alone, it reads or it does not; what is looked
 * over is what is built; an order that reads is written, reads again, and is the same. */
#include "base/json.h"
#include "base/json_row.h"
#include "shop/order.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const str sample = S_INIT(
    "{\"id\":\"t01m8b6fkfa21gf7h4z\",\"mode\":\"test\",\"placed_at\":1795672231402,\"paid_at"
    "\":1795672736056,\"turn\":3,\"buyer\":{\"email\":\"bf6t@example.com\",\"name\":\"\\u0041"
    "nna \\\"\\n\",\"lang\":\"en\"},\"total\":\"5.00 EUR\",\"link\":\"http://shop.test/a\",\""
    "origin\":{\"ref\":\"x\"},\"marks\":4,\"lines\":[{\"product\":\"letter\",\"name\":\"A let"
    "ter\",\"quantity\":1,\"tax\":\"5\",\"net\":\"4.76 EUR\",\"gross\":\"5.00 EUR\",\"newer\""
    ":[1.5,null]}],\"consents\":[{\"id\":\"terms\",\"at\":1795672231402}],\"payments\":[{\"ga"
    "teway\":\"test\",\"amount\":\"5.00 EUR\",\"at\":1795672736056}],\"refunds\":[{\"dispute"
    "\":true,\"amount\":\"5.00 EUR\"}],\"steps\":[{\"id\":\"purchase\",\"do\":\"http\",\"stat"
    "e\":\"sending\",\"with\":{\"url\":\"https://keyed.test/purchases\",\"body\":{\"a\":[\"{{"
    "b}}\",{\"c\":\"d\"}]}},\"attempts\":2,\"due\":1795672847426,\"ours\":true},{\"line\":-1,"
    "\"id\":\"access\",\"do\":\"mail\",\"state\":\"waiting\",\"needs\":[\"lessons\"],\"values"
    "\":{\"link\":\"x\"},\"newer\":{\"a\":1},\"b\":2}],\"invoice\":{\"number\":\"7\"},\"later"
    "\":1}");

static void looked_over(struct arena *mem, str text) {
    const struct tree *t = NULL;
    struct json_row r = json_row_new(mem, text);
    bool built = json_read_row(mem, text, &t).code == ERR_NONE;
    json_row_skip(&r);
    assert(json_row_end(&r) == built);
}

/* Spelled one way: what stands in the row may be spelled another. */
static str one_way(struct arena *mem, str row) {
    const struct tree *t = NULL;
    err e = json_read_row(mem, row, &t);
    assert(e.code == ERR_NONE);
    return json_write(mem, t);
}

static void order_round(struct arena *mem, str row) {
    struct order *o = NULL, *back = NULL;
    if (order_read(mem, row, &o).code != ERR_NONE)
        return;
    str kept = order_write(mem, o);
    err e = order_read(mem, kept, &back);
    assert(e.code == ERR_NONE);
    str again = order_write(mem, back);
    assert(str_is(one_way(mem, kept), one_way(mem, again)));
    back->turn ^= 1;
    for (size_t i = 0; i < back->step_count; i++)
        back->steps[i].attempts ^= 1;
    e = order_read(mem, order_write(mem, back), &o);
    assert(e.code == ERR_NONE && o->turn == back->turn && o->step_count == back->step_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *mem = arena_new(256 << 20);
    str text = {(const char *)data, size};
    looked_over(mem, text);
    order_round(mem, text);
    /* Three bytes change one of the sample. */
    char *bytes = memcpy(arena_bytes(mem, sample.len), sample.ptr, sample.len);
    for (; size >= 3; data += 3, size -= 3)
        bytes[((size_t)data[0] << 8 | data[1]) % sample.len] = (char)data[2];
    str row = {bytes, sample.len};
    looked_over(mem, row);
    order_round(mem, row);
    arena_free(mem);
    return 0;
}
