#include "base/arena.h"
#include "base/limits.h"
#include "store/row.h"
#include "store/store.h"
#include "store/treap.h"

#include <assert.h>

/* A row is found by name through a hash table; a treap keeps the due ones in order, and one for
 * each kind its rows by name. Most kinds are never listed, and many rows are gone before: a row
 * comes into the order of its kind when somebody lists that. What goes away is taken again, by
 * size. */

struct memory_row {
    struct row row;
    struct treap_node by_name, by_due; /* by_name: in order; by_due: with a due time */
    struct memory_kind *kind;
    struct memory_row *next;            /* in its slot */
    struct memory_row *before, *behind; /* not in order yet */
    bool ordered;
    uint64_t hash;
    size_t room; /* of bytes */
    char *bytes;
    char names[];
};

struct memory_kind {
    str name;
    struct treap by_name;
    struct memory_row *unordered;
    struct memory_kind *next;
};

/* Pieces of 2^n bytes. */
enum { SLOTS_FIRST = 64, PIECE_LEAST = 6, PIECE_SIZES = 40 };

struct piece {
    struct piece *next;
};

struct store_memory {
    struct store base;
    struct arena *mem;
    struct piece *free[PIECE_SIZES];
    struct memory_row **slots; /* slot_count is a power of two */
    size_t slot_count, count;
    struct memory_kind *kinds;
    struct treap by_due;
};

/* ---- pieces ---- */

static unsigned piece_size(size_t size) {
    unsigned bits = size > 1 ? 64 - (unsigned)__builtin_clzl(size - 1) : 0;
    return bits > PIECE_LEAST ? bits : PIECE_LEAST;
}

static void *piece_take(struct store_memory *s, size_t size) {
    unsigned bits = piece_size(size);
    struct piece *p = s->free[bits];

    if (!p)
        return arena_bytes(s->mem, (size_t)1 << bits);
    s->free[bits] = p->next;
    return p;
}

static void piece_back(struct store_memory *s, void *piece, size_t size) {
    unsigned bits = piece_size(size);
    struct piece *p = piece;

    p->next = s->free[bits];
    s->free[bits] = p;
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

    return row_name_order(a->part, a->key, b->part, b->key);
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

static uint64_t part_hash(str part) {
    return str_hash(0xcbf29ce484222325, part);
}

static uint64_t name_hash(uint64_t part, str kind, str key) {
    return str_hash(str_hash(part, kind), key);
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
        memory_find((struct store_memory *)base, name_hash(part_hash(part), kind, key), &name);

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
    s->slots = arena_array(s->mem, s->slot_count, sizeof *slots);
    for (size_t i = 0; i < count; i++)
        for (struct memory_row *at = slots[i], *next; at; at = next) {
            struct memory_row **slot = memory_slot(s, at->hash);
            next = at->next;
            at->next = *slot;
            *slot = at;
        }
}

static struct memory_kind *kind_find(const struct store_memory *s, str name) {
    struct memory_kind *k = s->kinds;

    while (k && !str_is(k->name, name))
        k = k->next;
    return k;
}

static struct memory_kind *kind_of(struct store_memory *s, str name) {
    struct memory_kind *k = kind_find(s, name);

    if (k)
        return k;
    k = NEW(s->mem, struct memory_kind);
    *k = (struct memory_kind){.name = str_copy(s->mem, name),
        .by_name = {.order = order_by_name, .dice = 1},
        .next = s->kinds};
    return s->kinds = k;
}

static void unordered_add(struct memory_row *r) {
    r->behind = r->kind->unordered;
    if (r->behind)
        r->behind->before = r;
    r->kind->unordered = r;
}

static void unordered_drop(struct memory_row *r) {
    if (r->behind)
        r->behind->before = r->before;
    *(r->before ? &r->before->behind : &r->kind->unordered) = r->behind;
}

/* All its rows, in order; null: there is none. */
static struct treap *kind_order(const struct store_memory *s, str name) {
    struct memory_kind *k = kind_find(s, name);

    for (struct memory_row *r = k ? k->unordered : NULL; r; r = r->behind) {
        treap_put(&k->by_name, &r->by_name);
        r->ordered = true;
    }
    if (!k)
        return NULL;
    k->unordered = NULL;
    return &k->by_name;
}

static struct memory_row *memory_add(struct store_memory *s, uint64_t hash, const struct put *p) {
    size_t names = p->part.len + p->kind.len + p->key.len;
    struct memory_row *r = piece_take(s, sizeof *r + names);
    char *at = r->names;

    *r = (struct memory_row){.hash = hash, .kind = kind_of(s, p->kind)};
    r->row.part = row_text(&at, p->part);
    r->row.kind = row_text(&at, p->kind);
    r->row.key = row_text(&at, p->key);
    if (++s->count > s->slot_count)
        memory_grow(s);
    r->next = *memory_slot(s, hash);
    *memory_slot(s, hash) = r;
    unordered_add(r);
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
        if (r->bytes)
            piece_back(s, r->bytes, r->room);
        r->bytes = piece_take(s, p->bytes.len);
        r->room = (size_t)1 << piece_size(p->bytes.len);
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
    if (r->ordered)
        treap_drop(&r->kind->by_name, &r->by_name);
    else
        unordered_drop(r);
    if (r->bytes)
        piece_back(s, r->bytes, r->room);
    piece_back(s, r, sizeof *r + r->row.part.len + r->row.kind.len + r->row.key.len);
}

static void change_apply(struct store_memory *s, struct change *c) {
    /* As many as there are puts are filled, and only those are looked at. */
    struct {
        struct memory_row *row;
        uint64_t hash;
    } found[LIMIT_CHANGE_PUTS] __attribute__((uninitialized));

    assert(change_is_lawful(c));
    uint64_t part = part_hash(c->puts[0].part);
    for (size_t i = 0; i < c->count; i++) {
        const struct put *p = &c->puts[i];
        const struct row name = {.part = p->part, .kind = p->kind, .key = p->key};
        found[i].hash = name_hash(part, p->kind, p->key);
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
    struct treap_node *at = treap_first(&s->by_due);

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
    const struct memory_row probe = {.row = {.part = r.from_part, .key = r.from_key}};
    const struct treap *t = kind_order(s, q->kind);
    struct treap_node *at = t ? treap_from(t, &probe.by_name) : NULL;

    if (at && r.behind && !order_by_name(at, &probe.by_name))
        at = treap_next(at);
    for (; at; at = treap_next(at)) {
        const struct row *row = &ROW_OF(at, by_name)->row;
        if ((!r.endless && row_name_order(row->part, row->key, r.to_part, r.to_key) >= 0)
            || !row_heap_add(rows, row))
            return;
    }
}

static void list_down(struct store_memory *s, const struct query *q, struct row_heap *rows) {
    const struct row_range r = row_range(q);
    const struct memory_row probe = {.row = {.part = r.to_part, .key = r.to_key}};
    const struct treap *t = kind_order(s, q->kind);
    struct treap_node *at = t && !r.endless ? treap_from(t, &probe.by_name) : NULL;

    if (t)
        at = at ? treap_before(at) : treap_last(t);
    for (; at; at = treap_before(at)) {
        const struct row *row = &ROW_OF(at, by_name)->row;
        if (row_name_order(row->part, row->key, r.from_part, r.from_key) < 0
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
    struct row_heap rows = row_heap(mem, limit);
    struct memory_row **leased =
        arena_array(mem, limit < s->count ? limit : s->count, sizeof *leased);
    struct treap_node *at = treap_first(&s->by_due);

    for (; at && ROW_OF(at, by_due)->row.due <= now; at = treap_next(at)) {
        if (!row_heap_add(&rows, &ROW_OF(at, by_due)->row))
            break;
        leased[rows.count - 1] = ROW_OF(at, by_due);
    }
    for (size_t i = 0; i < rows.count; i++) {
        memory_set_due(s, leased[i], until);
        rows.rows[i].due = until;
        rows.rows[i].version = ++leased[i]->row.version;
    }
    *out = row_heap_list(&rows);
    return OK_ERR;
}

/* ---- from open to close ---- */

static void memory_close(struct store *base) {
    arena_free(((struct store_memory *)base)->mem);
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
    struct arena *mem = arena_new(SIZE_MAX / 2);
    struct store_memory *s = NEW(mem, struct store_memory);

    s->base.kind = &memory_kind;
    s->mem = mem;
    s->slots = arena_array(mem, SLOTS_FIRST, sizeof *s->slots);
    s->slot_count = SLOTS_FIRST;
    s->by_due = (struct treap){.order = order_by_due, .dice = 1};
    return &s->base;
}
