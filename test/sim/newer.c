#include "sim/sim.h"

/* A newer version of the program beside this one, on the same store: it reads what this one reads,
 * and keeps more in each part of an order. This one must bring all of that through. */

static const struct tree *kept_more(struct arena *mem, const struct tree *more) {
    if (more)
        return more;
    struct tree *t = tree_map(mem);
    tree_put_text(mem, t, S("newer"), S("kept"));
    return t;
}

#define KEEP(mem, list, count)                    \
    for (size_t keep = 0; keep < (count); keep++) \
    (list)[keep].more = kept_more(mem, (list)[keep].more)

static str newer_row(struct arena *mem, str bytes) {
    struct order *o = NULL;
    if (order_read(mem, bytes, &o).code != ERR_NONE)
        return bytes;
    o->more = kept_more(mem, o->more);
    KEEP(mem, o->lines, o->line_count);
    KEEP(mem, o->consents, o->consent_count);
    KEEP(mem, o->payments, o->payment_count);
    KEEP(mem, o->refunds, o->refund_count);
    KEEP(mem, o->remarks, o->remark_count);
    KEEP(mem, o->steps, o->step_count);
    return order_write(mem, o);
}

void newer_writes(struct process *p, struct arena *mem, struct change *changes, size_t count) {
    for (size_t i = 0; p->newer && i < count; i++) {
        struct put *puts = arena_array(mem, changes[i].count, sizeof(*puts));
        for (size_t k = 0; k < changes[i].count; k++) {
            puts[k] = changes[i].puts[k];
            if (str_is(puts[k].kind, S("order")) && !puts[k].drop)
                puts[k].bytes = newer_row(mem, puts[k].bytes);
        }
        changes[i].puts = puts;
    }
}

size_t newer_count(str bytes) {
    const str key = S("\"newer\":");
    size_t count = 0;
    for (size_t at; (at = str_find(bytes, key)) < bytes.len; count++)
        bytes = str_from(bytes, at + key.len);
    return count;
}
