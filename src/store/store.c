#include "store/store.h"

#include "base/arena.h"
#include "base/encode.h"
#include "base/limits.h"
#include "shop/order.h"
#include "store/row.h"

/* A part, kind or key: Azure takes neither control characters nor more than 512 characters. */
static bool name_is_lawful(str name) {
    return name.len <= LIMIT_KEY && !control_has(name, S(""));
}

/* `part`: of the change, which is lawful. */
static bool put_is_lawful(const struct put *p, str part) {
    return p->kind.len && str_is(p->part, part) && name_is_lawful(p->kind) && name_is_lawful(p->key)
           && p->bytes.len <= LIMIT_ROW && p->version >= PUT_ANY && p->due >= 0;
}

static bool put_is_alone(const struct put *puts, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (str_is(puts[i].key, puts[at].key) && str_is(puts[i].kind, puts[at].kind))
            return false;
    return true;
}

bool change_is_lawful(const struct change *c) {
    if (!c->count || c->count > LIMIT_CHANGE_PUTS || !c->puts[0].part.len
        || !name_is_lawful(c->puts[0].part))
        return false;
    for (size_t i = 0; i < c->count; i++)
        if (!put_is_lawful(&c->puts[i], c->puts[0].part) || !put_is_alone(c->puts, i))
            return false;
    return true;
}

bool put_fits(const struct put *p, int64_t version) {
    return p->version == PUT_ANY || p->version == version;
}

enum kept put_misfit(const struct put *p) {
    return p->version == PUT_NEW ? KEPT_KNOWN : KEPT_CONFLICT;
}

int row_name_order(str part_a, str key_a, str part_b, str key_b) {
    int order = str_order(part_a, part_b);

    return order ? order : str_order(key_a, key_b);
}

struct row_range row_range(const struct query *q) {
    struct row_range r = {
        .from_part = q->part_from,
        .to_part = q->part_to,
        .endless = !q->part_to.len,
    };
    bool after = q->after_part.len || q->after_key.len;

    if (!after)
        return r;
    if (q->newest_first) {
        if (r.endless || row_name_order(q->after_part, q->after_key, r.to_part, r.to_key) < 0) {
            r.to_part = q->after_part;
            r.to_key = q->after_key;
            r.endless = false;
        }
    } else if (row_name_order(q->after_part, q->after_key, r.from_part, r.from_key) >= 0) {
        r.from_part = q->after_part;
        r.from_key = q->after_key;
        r.behind = true;
    }
    return r;
}

struct row_heap row_heap(struct arena *mem, size_t limit) {
    return (struct row_heap){.mem = mem, .limit = limit};
}

static void row_heap_grow(struct row_heap *h) {
    size_t room = h->room ? h->room * 4 : 16;
    struct row *rows = arena_array(h->mem, room, sizeof *rows);

    if (h->count)
        memcpy(rows, h->rows, h->count * sizeof *rows);
    h->rows = rows;
    h->room = room;
}

bool row_heap_add(struct row_heap *h, const struct row *row) {
    if (h->count == h->limit || (h->count && h->bytes + row->bytes.len > LIMIT_LIST)) {
        h->more = true;
        return false;
    }
    if (h->count == h->room)
        row_heap_grow(h);
    h->rows[h->count++] = row_copy(h->mem, row);
    h->bytes += row->bytes.len;
    return true;
}

struct row_list row_heap_list(const struct row_heap *h) {
    return (struct row_list){h->rows, h->count, h->more};
}

str row_text(char **at, str text) {
    char *start = *at;

    if (text.len)
        memcpy(start, text.ptr, text.len);
    *at += text.len;
    return (str){start, text.len};
}

struct row row_copy(struct arena *mem, const struct row *row) {
    char *at = arena_bytes(mem, row->part.len + row->kind.len + row->key.len + row->bytes.len + 1);
    struct row copy = *row;

    copy.part = row_text(&at, row->part);
    copy.kind = row_text(&at, row->kind);
    copy.key = row_text(&at, row->key);
    copy.bytes = row_text(&at, row->bytes);
    *at = 0;
    return copy;
}

str store_restored(struct arena *mem, instant now, instant made_at, instant before, str newest_live,
    str newest_test) {
    instant at = now > before ? now : before + 1;
    instant live = order_id_at(newest_live), test = order_id_at(newest_test);

    at = live > at ? live : at;
    at = test > at ? test : at;
    return JOIN(
        mem, S("{\"at\":"), str_int(mem, at), S(",\"made_at\":"), str_int(mem, made_at), S("}"));
}
