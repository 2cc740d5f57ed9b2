#include "partner/gateway.h"

#include "base/hash.h"
#include "partner/gateways.h"

static const struct gateway *const gateways[] = {&gateway_test, &gateway_tpay};
static const str names[] = {S_INIT("test"), S_INIT("tpay")};

const struct gateway *gateway_find(str use) {
    for (size_t i = 0; i < COUNT(gateways); i++)
        if (str_is(str_of(gateways[i]->name), use))
            return gateways[i];
    return NULL;
}

const str *gateway_names(size_t *count) {
    *count = COUNT(names);
    return names;
}

enum { EVENT_MAX = 64 };

static bool is_key(str s) {
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!alnum && str_find_byte(S("._|-"), c) == 4)
            return false;
    }
    return s.len > 0 && s.len <= EVENT_MAX;
}

str gateway_event(struct arena *mem, str parts) {
    return is_key(parts) ? parts : hash_sha256_hex(mem, parts);
}

struct response gateway_answer(str word, enum gateway_said said) {
    switch (said) {
    case GATEWAY_HEARD: return response_text(200, word);
    case GATEWAY_FORGED: return response_text(403, S("not verified\n"));
    case GATEWAY_BROKEN: return response_text(400, S("not readable\n"));
    case GATEWAY_NOT_NOW: break;
    }
    struct response r = response_text(503, S("not now\n"));
    response_header(&r, S("Retry-After"), S("10"));
    return r;
}

str gateway_description(struct arena *mem, const struct order *o) {
    str text = {0};
    for (size_t i = 0; i < o->line_count; i++)
        text = i ? JOIN(mem, text, S(", "), o->lines[i].name) : o->lines[i].name;
    return text;
}
