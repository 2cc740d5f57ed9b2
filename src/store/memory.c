#include "base/arena.h"
#include "base/limits.h"
#include "store/row.h"
#include "store/store.h"
#include "store/treap.h"

#include <assert.h>

/* A row is found by name through a hash table; two treaps keep the order for lists and for due
 * rows. Everything is malloc'ed, because rows go away one by one. */

struct memory_row {
    struct row row;
    struct treap_node by_name, by_due; /* by_due: only with a due time */
    struct memory_row *next;           /* in its slot */
    uint64_t hash;
    size_t room; /* of bytes */
    char *bytes;
    char names[];
};

struct store_memory {
    struct store base;
    struct memory_row **slots; /* slot_count is a power of two */
    size_t slot_count, count;
    struct treap by_name, by_due;
};

enum { SLOTS_FIRST = 64 };

static void *memory_get(void *old, size_t size) {
    void *got = realloc(old, size);

    if (!got)
        abort();
    return got;
}

/* ---- order ---- */

#define ROW_OF(node, member) \
    ((struct memory_row *)(void *)((char *)(node)-offsetof(struct memory_row, member)))
#define ROW_OF_CONST(node, member)                                            \
    ((const struct memory_row *)(const void *)((const char *)(node)-offsetof( \
        struct memory_row, member)))

static int order_by_name(const struct treap_node *node_a, const struct treap_node *node_b) {
    const struct row *a = &ROW_OF_CONST(node_a, by_name)->row;
    const struct row *b = &ROW_OF_CONST(node_b, by_name)->row;
    int order = str_order(a->kind, b->kind);

    return order ? order : row_name_order(a->part, a->key, b->part, b->key);
}

static int order_by_due(const struct treap_node *node_a, const struct treap_node *node_b) {
    const struct row *a = &ROW_OF_CONST(node_a, by_due)->row;
    const struct row *b = &ROW_OF_CONST(node_b, by_due)->row;

    if (a->due != b->due)
        return a->due < b->due ? -1 : 1;
    int order = str_order(a->part, b->part);
    return order ? order : row_name_order(a->kind, a->key, b->kind, b->key);
}

/* ---- find ---- */

static uint64_t name_hash(str part, str kind, str key) {
    return str_hash(str_hash(str_hash(0xcbf29ce484222325, part), kind), key);
}

static struct memory_row **memory_slot(const struct store_memory *s, uint64_t hash) {
    return &s->slots[hash & (s->slot_count - 1)];
}

static struct memory_row *memory_find(
    const struct store_memory *s, uint64_t hash, const struct row *name) {
    struct memory_row *at = *memory_slot(s, hash);

    while (at
           && !(at->hash == hash && str_is(at->row.part, name->part)
                && str_is(at->row.kind, name->kind) && str_is(at->row.key, name->key)))
        at = at->next;
    return at;
}

static err memory_get_row(
    struct store *base, struct arena *mem, str part, str kind, str key, struct row *out) {
    const struct row name = {.part = part, .kind = kind, .key = key};
    const struct memory_row *found =
        memory_find((struct store_memory *)base, name_hash(part, kind, key), &name);

    if (!found)
        return err_make(ERR_ABSENT, S("no such row"));
    *out = row_copy(mem, &found->row);
    return OK_ERR;
}

/* ---- write ---- */

static void memory_grow(struct store_memory *s) {
    size_t count = s->slot_count;
    struct memory_row **slots = s->slots;

    s->slot_count = count * 4;
    s->slots = memory_get(NULL, s->slot_count * sizeof *slots);
    memset(s->slots, 0, s->slot_count * sizeof *slots);
    for (size_t i = 0; i < count; i++)
        for (struct memory_row *at = slots[i], *next; at; at = next) {
            struct memory_row **slot = memory_slot(s, at->hash);
            next = at->next;
            at->next = *slot;
            *slot = at;
        }
    free(slots);
}

static str names_add(char **at, str text) {
    char *start = *at;

    if (text.len)
        memcpy(start, text.ptr, text.len);
    *at += text.len;
    return (str){start, text.len};
}

static struct memory_row *memory_add(struct store_memory *s, uint64_t hash, const struct put *p) {
    size_t names = p->part.len + p->kind.len + p->key.len;
    struct memory_row *r = memory_get(NULL, sizeof *r + names);
    char *at = r->names;

    *r = (struct memory_row){.hash = hash};
    r->row.part = names_add(&at, p->part);
    r->row.kind = names_add(&at, p->kind);
    r->row.key = names_add(&at, p->key);
    if (++s->count > s->slot_count)
        memory_grow(s);
    r->next = *memory_slot(s, hash);
    *memory_slot(s, hash) = r;
    treap_put(&s->by_name, &r->by_name);
    return r;
}

static void memory_set_due(struct store_memory *s, struct memory_row *r, instant due) {
    if (r->row.due)
        treap_drop(&s->by_due, &r->by_due);
    r->row.due = due;
    if (due)
        treap_put(&s->by_due, &r->by_due);
}

static void memory_put(struct store_memory *s, struct memory_row *r, const struct put *p) {
    if (p->bytes.len > r->room) {
        free(r->bytes);
        r->bytes = memory_get(NULL, p->bytes.len);
        r->room = p->bytes.len;
    }
    if (p->bytes.len)
        memcpy(r->bytes, p->bytes.ptr, p->bytes.len);
    r->row.bytes = (str){r->bytes, p->bytes.len};
    r->row.version++;
    if (r->row.due != p->due)
        memory_set_due(s, r, p->due);
}

static void memory_drop(struct store_memory *s, struct memory_row *r) {
    struct memory_row **at = memory_slot(s, r->hash);

    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    s->count--;
    memory_set_due(s, r, 0);
    treap_drop(&s->by_name, &r->by_name);
    free(r->bytes);
    free(r);
}

static void change_apply(struct store_memory *s, struct change *c) {
    /* As many as there are puts are filled, and only those are looked at. */
    struct {
        struct memory_row *row;
        uint64_t hash;
    } found[LIMIT_CHANGE_PUTS] __attribute__((uninitialized));

    assert(change_is_lawful(c));
    for (size_t i = 0; i < c->count; i++) {
        const struct put *p = &c->puts[i];
        const struct row name = {.part = p->part, .kind = p->kind, .key = p->key};
        found[i].hash = name_hash(p->part, p->kind, p->key);
        found[i].row = memory_find(s, found[i].hash, &name);
        if (put_fits(p, found[i].row ? found[i].row->row.version : 0))
            continue;
        c->kept = put_misfit(p);
        return;
    }
    c->kept = KEPT_OK;
    for (size_t i = 0; i < c->count; i++) {
        struct memory_row *r = found[i].row;
        if (!c->puts[i].drop)
            memory_put(s, r ? r : memory_add(s, found[i].hash, &c->puts[i]), &c->puts[i]);
        else if (r)
            memory_drop(s, r);
    }
}

static void memory_apply(struct store *base, struct change *changes, size_t count) {
    for (size_t i = 0; i < count; i++)
        change_apply((struct store_memory *)base, &changes[i]);
}

/* ---- list and lease ---- */

static void list_due(struct store_memory *s, const struct query *q, struct row_heap *rows) {
    const struct memory_row probe = {.row.due = 1};
    struct treap_node *at = treap_from(&s->by_due, &probe.by_due);

    for (; at; at = treap_next(at)) {
        const struct row *row = &ROW_OF(at, by_due)->row;
        if (row->due > q->due_max)
            return;
        if ((!q->kind.len || str_is(q->kind, row->kind)) && !row_heap_add(rows, row))
            return;
    }
}

static void list_up(struct store_memory *s, const struct query *q, struct row_heap *rows) {
    const struct row_range r = row_range(q);
    const struct memory_row probe = {
        .row = {.kind = q->kind, .part = r.from_part, .key = r.from_key}};
    struct treap_node *at = treap_from(&s->by_name, &probe.by_name);

    if (at && r.behind && !order_by_name(at, &probe.by_name))
        at = treap_next(at);
    for (; at; at = treap_next(at)) {
        const struct row *row = &ROW_OF(at, by_name)->row;
        if (!str_is(row->kind, q->kind)
            || (!r.endless && row_name_order(row->part, row->key, r.to_part, r.to_key) >= 0)
            || !row_heap_add(rows, row))
            return;
    }
}

static void list_down(struct store_memory *s, const struct query *q, struct row_heap *rows) {
    const struct row_range r = row_range(q);
    /* No kind has a control character: this one is behind ours and before the next. */
    str kind_end = JOIN(rows->mem, q->kind, S("\0"));
    const struct memory_row probe = {
        .row = {.kind = r.endless ? kind_end : q->kind, .part = r.to_part, .key = r.to_key}};
    struct treap_node *at = treap_from(&s->by_name, &probe.by_name);

    for (at = at ? treap_before(at) : treap_last(&s->by_name); at; at = treap_before(at)) {
        const struct row *row = &ROW_OF(at, by_name)->row;
        if (!str_is(row->kind, q->kind)
            || row_name_order(row->part, row->key, r.from_part, r.from_key) < 0
            || !row_heap_add(rows, row))
            return;
    }
}

static err memory_list(
    struct store *base, struct arena *mem, const struct query *q, struct row_list *out) {
    struct row_heap rows = row_heap(mem, q->limit);

    (q->due_only          ? list_due
        : q->newest_first ? list_down
                          : list_up)((struct store_memory *)base, q, &rows);
    *out = row_heap_list(&rows);
    return OK_ERR;
}

static err memory_lease(struct store *base, struct arena *mem, instant now, instant until,
    size_t limit, struct row_list *out) {
    struct store_memory *s = (struct store_memory *)base;
    const struct query due = {.due_max = now, .limit = limit};
    struct row_heap rows = row_heap(mem, limit);

    list_due(s, &due, &rows);
    for (size_t i = 0; i < rows.count; i++) {
        struct row *row = &rows.rows[i];
        struct memory_row *r = memory_find(s, name_hash(row->part, row->kind, row->key), row);
        memory_set_due(s, r, until);
        row->due = until;
        row->version = ++r->row.version;
    }
    *out = row_heap_list(&rows);
    return OK_ERR;
}

/* ---- from open to close ---- */

static void memory_close(struct store *base) {
    struct store_memory *s = (struct store_memory *)base;

    for (size_t i = 0; i < s->slot_count; i++)
        for (struct memory_row *at = s->slots[i], *next; at; at = next) {
            next = at->next;
            free(at->bytes);
            free(at);
        }
    free(s->slots);
    free(s);
}

static const struct store_kind memory_kind = {
    .name = "memory",
    .get = memory_get_row,
    .list = memory_list,
    .apply = memory_apply,
    .lease = memory_lease,
    .close = memory_close,
};

struct store *store_memory(void) {
    struct store_memory *s = memory_get(NULL, sizeof *s);

    *s = (struct store_memory){
        .base.kind = &memory_kind,
        .slots = memory_get(NULL, SLOTS_FIRST * sizeof *s->slots),
        .slot_count = SLOTS_FIRST,
        .by_name = {.order = order_by_name, .dice = 1},
        .by_due = {.order = order_by_due, .dice = 1},
    };
    memset(s->slots, 0, SLOTS_FIRST * sizeof *s->slots);
    return &s->base;
}
