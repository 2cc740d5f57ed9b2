#include "app/look.h"

#include "base/json.h"
#include "shop/order.h"

enum { SILENT_MOST = 1000 };

/* Ids sort by time within a mode. */
err look_newest(struct arena *mem, struct store *store, instant *newest) {
    static const str modes[][2] = {{S_INIT("o"), S_INIT("p")}, {S_INIT("t"), S_INIT("u")}};
    for (size_t i = 0; i < COUNT(modes); i++) {
        struct query q = {.kind = S("order"),
            .part_from = modes[i][0],
            .part_to = modes[i][1],
            .newest_first = true,
            .limit = 1};
        struct row_list list;
        TRY(store->kind->list(store, mem, &q, &list));
        instant at = list.count ? order_id_at(list.rows[0].part) : 0;
        *newest = at > *newest ? at : *newest;
    }
    return OK_ERR;
}

err look_silent(struct arena *mem, struct store *store, struct tree *out) {
    struct query q = {.kind = S("silence"), .limit = SILENT_MOST};
    struct row_list rows;
    TRY(store->kind->list(store, mem, &q, &rows));
    for (size_t i = 0; i < rows.count; i++) {
        const struct tree *t = NULL;
        TRY(json_read(mem, rows.rows[i].bytes, &t));
        tree_add(out, tree_copy(mem, t));
    }
    return OK_ERR;
}
