#include "base/json_row.h"
#include "shop/order.h"

/* What is written in a row is not empty: that a name stands there says enough. */

static bool is_among(str name, const str *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_is(names[i], name))
            return true;
    return false;
}

static bool name_next(struct json_row *row, str *name) {
    return json_row_more(row, '}') && json_row_name(row, name);
}

bool order_is_over(struct arena *mem, str bytes) {
    static const str front[] = {
        S_INIT("id"), S_INIT("mode"), S_INIT("placed_at"), S_INIT("expires_at")};
    static const str ends[] = {S_INIT("paid_at"), S_INIT("fulfilled_at"), S_INIT("expired_at")};
    struct json_row row = json_row_new(mem, bytes);
    str name = {0};
    bool more = json_row_kind(&row) == '{' && json_row_open(&row, '{');
    while (more && name_next(&row, &name)) {
        if (is_among(name, ends, COUNT(ends)))
            return true;
        more = is_among(name, front, COUNT(front));
        json_row_skip(&row);
    }
    return false;
}

bool order_glance(struct arena *mem, str bytes, struct order_glance *out) {
    static const str told[] = {
        S_INIT("paid_at"), S_INIT("payments"), S_INIT("refunds"), S_INIT("remarks")};
    struct json_row row = json_row_new(mem, bytes);
    struct order_glance g = {0};
    str name = {0};
    bool more = json_row_kind(&row) == '{' && json_row_open(&row, '{');
    while (more && name_next(&row, &name)) {
        g.heard = g.heard || is_among(name, told, COUNT(told));
        if (str_is(name, S("gateway")))
            more = json_row_text(&row, &g.gateway);
        else if (str_is(name, S("placed_at")))
            more = json_row_int(&row, &g.placed_at);
        else
            json_row_skip(&row);
        if (g.heard && g.gateway.len && g.placed_at)
            break;
    }
    *out = g;
    return more && !row.broken && g.gateway.len && g.placed_at;
}
