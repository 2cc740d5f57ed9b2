#include "base/buf.h"
#include "base/limits.h"
#include "sim/sim.h"

/* A newer version of the program beside this one, on the same store: it reads what this one reads,
 * and keeps more in each part of an order. This one must bring all of that through. */

static bool is_escaped(str bytes, size_t at) {
    size_t from = at;
    while (from && bytes.ptr[from - 1] == '\\')
        from--;
    return (at - from) % 2;
}

/* The end of the text that begins at `at`. */
static size_t text_end(str bytes, size_t at) {
    do
        at += 1 + str_find_byte(str_from(bytes, at + 1), '"');
    while (at < bytes.len && is_escaped(bytes, at));
    return at;
}

/* A map ends at `at`: it keeps more, once. False: it did so before. */
static bool keep_more(struct buf *b, str bytes, size_t *from, size_t at) {
    const str more = S("\"newer\":\"kept\"");
    str before = str_part(bytes, *from, at - *from);
    buf_add(b, before);
    *from = at;
    if (str_ends(before, more))
        return false;
    if (bytes.ptr[at - 1] != '{')
        buf_byte(b, ',');
    buf_add(b, more);
    return true;
}

/* A step that was kept before, with all it shall keep: nothing is looked for in it. Its length. */
static size_t step_kept(const struct ghost_order *o, size_t *step, str rest) {
    size_t len = o ? row_step_same(&o->row, step, rest) : 0;
    return str_ends(str_part(rest, 0, len), S("\"newer\":\"kept\"}")) ? len : 0;
}

/* The order itself, and each entry of its lists: their maps are the first, and the third from
 * outside. */
static str newer_row(struct arena *mem, struct ghost_order *o, str bytes) {
    struct buf b = buf_new(mem, 2 * bytes.len + LIMIT_ROW);
    size_t from = 0, step = 0, kept = 0;
    size_t head = o ? row_head_same(&o->row, bytes) : 0, start = head && o->row.newer ? head : 0;
    int depth = start ? 2 : 0;
    bool list = start > 0; /* of the two outermost the inner one is one */
    buf_room(&b, bytes.len + bytes.len / 4);
    for (size_t at = start; at < bytes.len; at++) {
        char c = bytes.ptr[at];
        if (c == '{' && depth == 2 && list && (kept = step_kept(o, &step, str_from(bytes, at)))) {
            at += kept - 1;
            continue;
        }
        if (c == '"')
            at = text_end(bytes, at);
        if (c == '}' && (depth == 1 || (depth == 3 && list)))
            head = keep_more(&b, bytes, &from, at) && at < head ? 0 : head;
        if (c == '{' || c == '[')
            list = ++depth == 2 ? c == '[' : list;
        depth -= c == '}' || c == ']';
    }
    buf_add(&b, str_from(bytes, from));
    if (head)
        o->row.newer = true;
    return buf_str(&b);
}

void newer_writes(struct process *p, struct arena *mem, struct change *changes, size_t count) {
    for (size_t i = 0; p->newer && i < count; i++) {
        struct put *puts = arena_array(mem, changes[i].count, sizeof(*puts));
        for (size_t k = 0; k < changes[i].count; k++) {
            puts[k] = changes[i].puts[k];
            if (str_is(puts[k].kind, S("order")) && !puts[k].drop)
                puts[k].bytes =
                    newer_row(mem, ghost_order(p->sim, puts[k].part, false), puts[k].bytes);
        }
        changes[i].puts = puts;
    }
}

size_t newer_count(str bytes) {
    const str key = S("\"newer\":");
    size_t count = 0, before = S("\"ne").len; /* few other words have a w */
    for (size_t at = 0; at < bytes.len; at++) {
        at += str_find_byte(str_from(bytes, at), 'w');
        count += at >= before && str_starts(str_from(bytes, at - before), key);
    }
    return count;
}
