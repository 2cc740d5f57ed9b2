#include "shop/record.h"

#include "base/json.h"
#include "shop/money.h"

#include <assert.h>

static const void *at(const void *from, size_t offset) {
    return (const char *)from + offset;
}
static void *into_at(void *into, size_t offset) {
    return (char *)into + offset;
}

static size_t list_count(const struct field *f, const void *from) {
    return *(const size_t *)at(from, f->count_at);
}

static const char *list_first(const struct field *f, const void *from) {
    return *(const char *const *)at(from, f->at);
}

static bool record_is_empty(const struct record *r, const void *from);

static bool field_is_empty(const struct field *f, const void *from) {
    const void *value = at(from, f->at);
    switch (f->kind) {
    case FIELD_TEXT: return ((const str *)value)->len == 0;
    case FIELD_INT: return *(const int64_t *)value == 0;
    case FIELD_SMALL: return *(const int *)value == 0;
    case FIELD_BOOL: return !*(const bool *)value;
    case FIELD_WORD: return false;
    case FIELD_MONEY: return ((const money *)value)->currency[0] == 0;
    case FIELD_TREE:
    case FIELD_MORE: return *(const struct tree *const *)value == NULL;
    case FIELD_RECORD: return record_is_empty(f->record, value);
    case FIELD_LIST: return list_count(f, from) == 0;
    }
    return true;
}

static bool record_is_empty(const struct record *r, const void *from) {
    for (size_t i = 0; i < r->count; i++)
        if (!field_is_empty(&r->fields[i], from))
            return false;
    return true;
}

static str word_of(const struct field *f, const void *from) {
    unsigned word = *(const unsigned *)at(from, f->at);
    assert(word < f->word_count);
    return str_of(f->words[word]);
}

/* ---- to JSON ---- */

static void number_write(struct buf *b, int64_t number) {
    char room[24];
    size_t i = sizeof(room);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do
        room[--i] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        room[--i] = '-';
    buf_add(b, (str){room + i, sizeof(room) - i});
}

static bool is_plain(unsigned char c) {
    return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

static void text_write(struct buf *b, str text) {
    size_t from = 0;
    buf_byte(b, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (is_plain(c))
            continue;
        buf_add(b, str_part(text, from, i - from));
        from = i + 1;
        if (c == '"' || c == '\\') {
            buf_byte(b, '\\');
            buf_byte(b, (char)c);
        } else {
            buf_format(b, "\\u%04x", c);
        }
    }
    buf_add(b, str_from(text, from));
    buf_byte(b, '"');
}

static void list_write(struct buf *b, const struct field *f, const void *from) {
    const char *item = list_first(f, from);
    for (size_t i = 0; i < list_count(f, from); i++, item += f->record->size) {
        buf_byte(b, i ? ',' : '[');
        record_write(b, f->record, item);
    }
    buf_byte(b, ']');
}

static void value_write(struct buf *b, const struct field *f, const void *from) {
    const void *value = at(from, f->at);
    switch (f->kind) {
    case FIELD_TEXT: text_write(b, *(const str *)value); break;
    case FIELD_INT: number_write(b, *(const int64_t *)value); break;
    case FIELD_SMALL: number_write(b, *(const int *)value); break;
    case FIELD_BOOL: buf_add(b, S("true")); break;
    case FIELD_WORD: text_write(b, word_of(f, from)); break;
    case FIELD_MONEY: text_write(b, money_write(b->mem, *(const money *)value)); break;
    case FIELD_TREE: buf_add(b, json_write(b->mem, *(const struct tree *const *)value)); break;
    case FIELD_RECORD: record_write(b, f->record, value); break;
    case FIELD_LIST: list_write(b, f, from); break;
    case FIELD_MORE: break;
    }
}

static void name_write(struct buf *b, char before, str name) {
    buf_byte(b, before);
    text_write(b, name);
    buf_byte(b, ':');
}

void record_write(struct buf *b, const struct record *r, const void *from) {
    char before = '{';
    for (size_t i = 0; i < r->count; i++) {
        const struct field *f = &r->fields[i];
        if (field_is_empty(f, from))
            continue;
        if (f->kind != FIELD_MORE) {
            name_write(b, before, f->name);
            value_write(b, f, from);
            before = ',';
            continue;
        }
        const struct tree *more = *(const struct tree *const *)at(from, f->at);
        for (const struct tree *t = more->first; t; t = t->next, before = ',') {
            name_write(b, before, t->name);
            buf_add(b, json_write(b->mem, t));
        }
    }
    buf_add(b, before == '{' ? S("{}") : S("}"));
}

/* ---- to a tree ---- */

static struct tree *list_tree(struct arena *mem, const struct field *f, const void *from) {
    struct tree *list = tree_list(mem);
    const char *item = list_first(f, from);
    for (size_t i = 0; i < list_count(f, from); i++, item += f->record->size)
        tree_add(list, record_tree(mem, f->record, item));
    return list;
}

static struct tree *value_tree(struct arena *mem, const struct field *f, const void *from) {
    const void *value = at(from, f->at);
    switch (f->kind) {
    case FIELD_TEXT: return tree_text(mem, *(const str *)value);
    case FIELD_INT: return tree_int(mem, *(const int64_t *)value);
    case FIELD_SMALL: return tree_int(mem, *(const int *)value);
    case FIELD_BOOL: return tree_bool(mem, true);
    case FIELD_WORD: return tree_text(mem, word_of(f, from));
    case FIELD_MONEY: return tree_text(mem, money_write(mem, *(const money *)value));
    case FIELD_TREE: return tree_copy(mem, *(const struct tree *const *)value);
    case FIELD_RECORD: return record_tree(mem, f->record, value);
    case FIELD_LIST: return list_tree(mem, f, from);
    case FIELD_MORE: break;
    }
    return tree_none(mem);
}

struct tree *record_tree(struct arena *mem, const struct record *r, const void *from) {
    struct tree *map = tree_map(mem);
    for (size_t i = 0; i < r->count; i++) {
        const struct field *f = &r->fields[i];
        if (field_is_empty(f, from))
            continue;
        if (f->kind != FIELD_MORE) {
            tree_put(map, f->name, value_tree(mem, f, from));
            continue;
        }
        const struct tree *more = *(const struct tree *const *)at(from, f->at);
        for (const struct tree *t = more->first; t; t = t->next)
            tree_put(map, t->name, tree_copy(mem, t));
    }
    return map;
}

/* ---- from a tree ---- */

static bool int_read(const struct tree *t, int64_t least, int64_t most, int64_t *out) {
    if (t->kind != TREE_NUMBER)
        return false;
    bool minus = str_starts(t->text, S("-"));
    int64_t number = 0;
    if (!str_number(str_from(t->text, minus), &number))
        return false;
    *out = minus ? -number : number;
    return *out >= least && *out <= most;
}

static bool word_read(const struct field *f, const struct tree *t, unsigned *out) {
    for (size_t i = 0; i < f->word_count && t->kind == TREE_TEXT; i++)
        if (str_is(str_of(f->words[i]), t->text)) {
            *out = (unsigned)i;
            return true;
        }
    return false;
}

static bool money_kept(const struct tree *t, money *out) {
    return t->kind == TREE_TEXT && money_read(t->text, S(""), out).code == ERR_NONE;
}

static err list_read(struct arena *mem, const struct field *f, const struct tree *t, void *into) {
    char *items = arena_array(mem, t->count, f->record->size);
    *(void **)into_at(into, f->at) = items;
    *(size_t *)into_at(into, f->count_at) = t->count;
    for (const struct tree *c = t->first; c; c = c->next, items += f->record->size)
        TRY(record_read(mem, f->record, c, items));
    return OK_ERR;
}

/* Scalars only; false is a value of the wrong kind. */
static bool value_read(const struct field *f, const struct tree *t, void *into) {
    void *value = into_at(into, f->at);
    int64_t number = 0;
    switch (f->kind) {
    case FIELD_TEXT: *(str *)value = t->text; return t->kind == TREE_TEXT;
    case FIELD_INT: return int_read(t, INT64_MIN + 1, INT64_MAX, value);
    case FIELD_SMALL:
        if (!int_read(t, -1, INT32_MAX, &number))
            return false;
        *(int *)value = (int)number;
        return true;
    case FIELD_BOOL: *(bool *)value = t->truth; return t->kind == TREE_BOOL;
    case FIELD_WORD: return word_read(f, t, value);
    case FIELD_MONEY: return money_kept(t, value);
    case FIELD_TREE: *(const struct tree **)value = t; return true;
    case FIELD_RECORD:
    case FIELD_LIST:
    case FIELD_MORE: break;
    }
    return false;
}

static err field_read(struct arena *mem, const struct field *f, const struct tree *t, void *into) {
    if (f->kind == FIELD_RECORD && t->kind == TREE_MAP)
        return record_read(mem, f->record, t, into_at(into, f->at));
    if (f->kind == FIELD_LIST && t->kind == TREE_LIST)
        return list_read(mem, f, t, into);
    if (value_read(f, t, into))
        return OK_ERR;
    return err_make(ERR_CORRUPT, JOIN(mem, S("`"), f->name, S("` of a kept row does not read")));
}

/* Keys mostly come in the table's order, so the search goes on behind the last one found. */
static const struct field *field_find(const struct record *r, str name, size_t *from) {
    for (size_t i = 0; i < r->count; i++) {
        size_t k = (*from + i) % r->count;
        if (r->fields[k].kind != FIELD_MORE && str_is(r->fields[k].name, name)) {
            *from = k + 1;
            return &r->fields[k];
        }
    }
    return NULL;
}

static void more_keep(struct arena *mem, const struct record *r, const struct tree *t, void *into) {
    const struct field *last = &r->fields[r->count - 1];
    if (last->kind != FIELD_MORE)
        return;
    struct tree **more = into_at(into, last->at);
    if (!*more)
        *more = tree_map(mem);
    tree_put(*more, t->name, tree_copy(mem, t));
}

err record_read(struct arena *mem, const struct record *r, const struct tree *t, void *into) {
    size_t from = 0;
    if (!tree_is(t, TREE_MAP))
        return err_make(ERR_CORRUPT, S("a kept row is not a map"));
    for (const struct tree *c = t->first; c; c = c->next) {
        const struct field *f = field_find(r, c->name, &from);
        if (f)
            TRY(field_read(mem, f, c, into));
        else
            more_keep(mem, r, c, into);
    }
    return OK_ERR;
}
