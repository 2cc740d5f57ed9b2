/* A partner's answer and a kept request: whatever bytes come, the outcome is one of the four,
 * its words are one line of UTF-8; a request that reads is written back to the same. */
#include "base/encode.h"
#include "base/json.h"
#include "partner/connector.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void request_round(struct arena *mem, str text) {
    const struct tree *t = NULL;
    struct talk_request r = {0}, again = {0};
    if (json_read(mem, text, &t).code != ERR_NONE || talk_request_read(mem, t, &r).code != ERR_NONE)
        return;
    str first = talk_request_write(mem, &r);
    err e = json_read(mem, first, &t);
    assert(e.code == ERR_NONE);
    e = talk_request_read(mem, t, &again);
    assert(e.code == ERR_NONE);
    assert(str_is(first, talk_request_write(mem, &again)));
    assert(r.header_count == again.header_count && str_is(r.body, again.body));
}

static struct tree *settings_new(struct arena *mem) {
    const struct tree *t = NULL;
    err e = json_read(mem,
        S("{\"url\":\"https://a\",\"class\":\"askable\",\"values\":{\"link\":\"/a/b\"},"
          "\"receipt\":\"/id\",\"ask\":{\"url\":\"https://a\",\"list\":\"/l\",\"match\":{\"x\":\"1"
          "\"},"
          "\"values\":{\"link\":\"/b\"},\"next\":{\"pointer\":\"/n\",\"query\":\"q\"}}}"),
        &t);
    assert(e.code == ERR_NONE);
    return tree_copy(mem, t);
}

static bool is_one_line(str s) {
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < ' ')
            return false;
    return utf8_is(s);
}

static void answer_any(struct arena *mem, str text, int status) {
    const struct connector *http = connector_find(S("http"));
    struct shop shop = {0};
    struct step_call call = {.shop = &shop, .with = settings_new(mem), .view = tree_map(mem)};
    struct talk_answer a = {.sent = TALK_ANSWERED, .status = status, .body = text};
    struct step_outcome o = {0};
    struct talk_request next = {0};
    a.headers[a.header_count++] = (struct header){S("Retry-After"), text};
    http->read(mem, &call, &a, &o);
    assert(o.result <= STEP_UNCLEAR && o.wait_ms >= 0 && is_one_line(o.why));
    assert(o.result != STEP_DID || tree_get(o.values, S("link")).len > 0);
    enum step_found found = http->asked(mem, &call, &a, &o, &next);
    assert(found <= STEP_NO_WORD && is_one_line(o.why));
    assert(!next.kind || (found == STEP_NO_WORD && str_starts(next.url, S("https://a?q="))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *mem = arena_new(256 << 20);
    static const int statuses[] = {200, 201, 400, 404, 422, 429, 500, 503, 301, 0};
    str text = {(const char *)data, size};
    request_round(mem, text);
    if (size)
        answer_any(mem, str_from(text, 1), statuses[data[0] % COUNT(statuses)]);
    arena_free(mem);
    return 0;
}
