#include "base/tree.h"

static struct tree *node(struct arena *mem, enum tree_kind kind, str text) {
    struct tree *t = NEW(mem, struct tree);
    t->kind = kind;
    t->text = text;
    return t;
}

struct tree *tree_none(struct arena *mem) {
    return node(mem, TREE_NONE, S(""));
}

struct tree *tree_bool(struct arena *mem, bool truth) {
    struct tree *t = node(mem, TREE_BOOL, truth ? S("true") : S("false"));
    t->truth = truth;
    return t;
}

struct tree *tree_int(struct arena *mem, int64_t number) {
    return node(mem, TREE_NUMBER, str_int(mem, number));
}

struct tree *tree_number(struct arena *mem, str digits) {
    return node(mem, TREE_NUMBER, digits);
}
struct tree *tree_text(struct arena *mem, str text) {
    return node(mem, TREE_TEXT, text);
}
struct tree *tree_list(struct arena *mem) {
    return node(mem, TREE_LIST, S(""));
}
struct tree *tree_map(struct arena *mem) {
    return node(mem, TREE_MAP, S(""));
}

struct tree *tree_add(struct tree *list, struct tree *child) {
    if (list->last)
        list->last->next = child;
    else
        list->first = child;
    list->last = child;
    list->count++;
    return child;
}

struct tree *tree_put(struct tree *map, str name, struct tree *child) {
    child->name = name;
    struct tree *before = NULL;
    for (struct tree *t = map->first; t; before = t, t = t->next) {
        if (!str_is(t->name, name))
            continue;
        child->next = t->next;
        *(before ? &before->next : &map->first) = child;
        if (map->last == t)
            map->last = child;
        return child;
    }
    return tree_add(map, child);
}

struct tree *tree_put_text(struct arena *mem, struct tree *map, str name, str text) {
    return tree_put(map, name, tree_text(mem, text));
}

struct tree *tree_put_int(struct arena *mem, struct tree *map, str name, int64_t number) {
    return tree_put(map, name, tree_int(mem, number));
}

struct tree *tree_put_bool(struct arena *mem, struct tree *map, str name, bool truth) {
    return tree_put(map, name, tree_bool(mem, truth));
}

/* ---- maps that are made as they are looked at ---- */

struct later {
    struct tree map; /* first: a pointer to it is one to the whole */
    struct later *self;
    struct arena *mem;
    const struct tree_row *rows;
    size_t count;
    const void *of;
};

struct tree *tree_later(
    struct arena *mem, const struct tree_row *rows, size_t count, const void *of) {
    struct later *l = NEW(mem, struct later);
    *l = (struct later){.map = {.kind = TREE_MAP, .later = true, .text = S("")},
        .self = l,
        .mem = mem,
        .rows = rows,
        .count = count,
        .of = of};
    return &l->map;
}

struct tree *tree_text_at(struct arena *mem, const void *at) {
    return tree_text(mem, *(const str *)at);
}

static const struct tree_row *row_of(const struct later *l, str name) {
    for (size_t i = 0; i < l->count; i++)
        if (str_is(l->rows[i].name, name))
            return &l->rows[i];
    return NULL;
}

/* What it holds is the same before and after; only that it is there is new. */
static const struct tree *later_make(struct later *l, str name) {
    const struct tree_row *row = row_of(l, name);
    struct tree *made = row ? row->make(l->mem, (const char *)l->of + row->at) : NULL;
    if (!made)
        return NULL;
    made->name = row->name;
    return tree_add(&l->map, made);
}

/* What was put by hand first, then the rows in their order. */
static void later_copy(struct arena *mem, const struct later *l, struct tree *copy) {
    for (const struct tree *c = l->map.first; c; c = c->next)
        if (!row_of(l, c->name))
            tree_add(copy, tree_copy(mem, c));
    for (size_t i = 0; i < l->count; i++) {
        const struct tree *c = tree_find(&l->map, l->rows[i].name);
        if (c)
            tree_add(copy, tree_copy(mem, c));
    }
    copy->later = false;
}

struct tree *tree_copy(struct arena *mem, const struct tree *t) {
    if (!t)
        return tree_none(mem);
    struct tree *copy = NEW(mem, struct tree);
    *copy = *t;
    copy->first = copy->last = copy->next = NULL;
    copy->count = 0;
    if (t->later)
        later_copy(mem, (const struct later *)t, copy);
    for (const struct tree *c = t->later ? NULL : t->first; c; c = c->next)
        tree_add(copy, tree_copy(mem, c));
    return copy;
}

const struct tree *tree_find(const struct tree *map, str name) {
    if (!tree_is(map, TREE_MAP))
        return NULL;
    for (const struct tree *t = map->first; t; t = t->next)
        if (str_is(t->name, name))
            return t;
    return map->later ? later_make(((const struct later *)map)->self, name) : NULL;
}

static const struct tree *child(const struct tree *t, str name) {
    int64_t index;
    if (tree_is(t, TREE_MAP))
        return tree_find(t, name);
    if (!tree_is(t, TREE_LIST) || !str_number(name, &index) || (name.len > 1 && name.ptr[0] == '0'))
        return NULL;
    const struct tree *c = t->first;
    while (c && index-- > 0)
        c = c->next;
    return c;
}

const struct tree *tree_path(const struct tree *t, str path) {
    str name;
    for (str rest = path; t && str_cut(&rest, '.', &name);)
        t = child(t, name);
    return t;
}

/* ~1 is '/', ~0 is '~'. */
static bool token_is(str token, str name) {
    size_t n = 0;
    for (size_t i = 0; i < token.len; i++, n++) {
        char c = token.ptr[i];
        if (c == '~' && i + 1 < token.len && (token.ptr[i + 1] == '0' || token.ptr[i + 1] == '1'))
            c = token.ptr[++i] == '0' ? '~' : '/';
        if (n >= name.len || name.ptr[n] != c)
            return false;
    }
    return n == name.len;
}

const struct tree *tree_pointer(const struct tree *t, str pointer) {
    if (!pointer.len)
        return t;
    if (pointer.ptr[0] != '/')
        return NULL;
    for (str rest = pointer; t && rest.len;) {
        rest = str_from(rest, 1);
        size_t end = str_find_byte(rest, '/');
        str token = str_part(rest, 0, end);
        rest = str_from(rest, end);
        const struct tree *c = NULL;
        if (tree_is(t, TREE_LIST))
            c = child(t, token);
        for (const struct tree *m = tree_is(t, TREE_MAP) ? t->first : NULL; m && !c; m = m->next)
            c = token_is(token, m->name) ? m : NULL;
        t = c;
    }
    return t;
}

str tree_str(const struct tree *t) {
    bool scalar = t && (t->kind == TREE_TEXT || t->kind == TREE_NUMBER || t->kind == TREE_BOOL);
    return scalar ? t->text : S("");
}

bool tree_has(const struct tree *list, str text) {
    for (const struct tree *t = list ? list->first : NULL; t; t = t->next)
        if (str_is(tree_str(t), text))
            return true;
    return false;
}

str tree_get(const struct tree *map, str name) {
    return tree_str(tree_find(map, name));
}

int64_t tree_get_int(const struct tree *map, str name, int64_t otherwise) {
    str text = tree_get(map, name);
    bool minus = str_starts(text, S("-"));
    int64_t number;
    if (!str_number(minus ? str_from(text, 1) : text, &number))
        return otherwise;
    return minus ? -number : number;
}

bool tree_get_bool(const struct tree *map, str name, bool otherwise) {
    const struct tree *t = tree_find(map, name);
    return tree_is(t, TREE_BOOL) ? t->truth : otherwise;
}

bool tree_is(const struct tree *t, enum tree_kind kind) {
    return t && t->kind == kind;
}

bool tree_is_same(const struct tree *a, const struct tree *b) {
    if (a == b)
        return true;
    if (!a || !b || a->kind != b->kind || a->truth != b->truth || a->count != b->count
        || !str_is(a->name, b->name) || !str_is(a->text, b->text))
        return false;
    const struct tree *x = a->first, *y = b->first;
    for (; x && y; x = x->next, y = y->next)
        if (!tree_is_same(x, y))
            return false;
    return true;
}

bool tree_truth(const struct tree *t) {
    if (!t || t->kind == TREE_NONE)
        return false;
    if (t->kind == TREE_BOOL)
        return t->truth;
    return t->kind == TREE_LIST || t->kind == TREE_MAP ? t->count > 0 || t->later : t->text.len > 0;
}

const char *tree_kind_name(enum tree_kind kind) {
    static const char *const names[] = {
        "nothing", "yes or no", "a number", "a text", "HTML", "a list", "a map"};
    return names[kind];
}
