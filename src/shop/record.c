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

static str later_row(const struct field *f, const void *from) {
    return *(const str *)at(from, f->count_at);
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
    case FIELD_LATER: return !later_row(f, from).len && !*(const struct tree *const *)value;
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
    for (; rest >= 100; rest /= 100) {
        room[--i] = (char)('0' + rest % 10);
        room[--i] = (char)('0' + rest / 10 % 10);
    }
    do
        room[--i] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        room[--i] = '-';
    buf_add(b, (str){room + i, sizeof(room) - i});
}

static const struct record_kept *kept_of(const struct record *r, const void *from) {
    return r->kept_at ? *(const struct record_kept *const *)at(from, r->kept_at) : NULL;
}

static void later_write(struct buf *b, const struct field *f, const void *from) {
    str row = later_row(f, from);
    buf_add(b, row.len ? row : json_write(b->mem, *(const struct tree *const *)at(from, f->at)));
}

static void list_write(struct buf *b, const struct field *f, const void *from) {
    const char *item = list_first(f, from);
    for (size_t i = 0; i < list_count(f, from); i++, item += f->record->size) {
        const struct record_kept *kept = kept_of(f->record, item);
        buf_byte(b, i ? ',' : '[');
        if (kept && memcmp(item, kept->was, f->record->size) == 0)
            buf_add(b, kept->bytes);
        else
            record_write(b, f->record, item);
    }
    buf_byte(b, ']');
}

static void value_write(struct buf *b, const struct field *f, const void *from) {
    const void *value = at(from, f->at);
    switch (f->kind) {
    case FIELD_TEXT: json_write_text(b, *(const str *)value); break;
    case FIELD_INT: number_write(b, *(const int64_t *)value); break;
    case FIELD_SMALL: number_write(b, *(const int *)value); break;
    case FIELD_BOOL: buf_add(b, S("true")); break;
    case FIELD_WORD: json_write_text(b, word_of(f, from)); break;
    case FIELD_MONEY: json_write_text(b, money_write(b->mem, *(const money *)value)); break;
    case FIELD_TREE: buf_add(b, json_write(b->mem, *(const struct tree *const *)value)); break;
    case FIELD_LATER: later_write(b, f, from); break;
    case FIELD_RECORD: record_write(b, f->record, value); break;
    case FIELD_LIST: list_write(b, f, from); break;
    case FIELD_MORE: break;
    }
}

static void name_write(struct buf *b, char before, str name) {
    buf_byte(b, before);
    json_write_text(b, name);
    buf_byte(b, ':');
}

/* The names of a table are plain. */
static void field_name_write(struct buf *b, char before, str name) {
    size_t size = name.len + 4;
    if (size > b->room - b->len && !buf_room(b, size))
        return;
    char *at = b->ptr + b->len;
    at[0] = before;
    at[1] = '"';
    memcpy(at + 2, name.ptr, name.len);
    at[size - 2] = '"';
    at[size - 1] = ':';
    b->len += size;
}

void record_write(struct buf *b, const struct record *r, const void *from) {
    char before = '{';
    for (size_t i = 0; i < r->count; i++) {
        const struct field *f = &r->fields[i];
        if (field_is_empty(f, from))
            continue;
        if (f->kind != FIELD_MORE) {
            field_name_write(b, before, f->name);
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

static struct tree *later_tree(struct arena *mem, const struct field *f, const void *from) {
    struct json_row row = json_row_new(mem, later_row(f, from));
    return row.text.len ? json_row_tree(&row)
                        : tree_copy(mem, *(const struct tree *const *)at(from, f->at));
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
    case FIELD_LATER: return later_tree(mem, f, from);
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

/* ---- from a row ---- */

static bool int_read(struct json_row *row, int64_t least, int64_t most, int64_t *out) {
    str text = {0};
    int64_t number = 0;
    if (json_row_int(row, out))
        return *out >= least && *out <= most;
    if (!json_row_word(row, &text))
        return false;
    bool minus = str_starts(text, S("-"));
    if (!str_number(str_from(text, minus), &number))
        return false;
    *out = minus ? -number : number;
    return *out >= least && *out <= most;
}

static bool small_read(struct json_row *row, int *out) {
    int64_t number = 0;
    if (!int_read(row, -1, INT32_MAX, &number))
        return false;
    *out = (int)number;
    return true;
}

static bool bool_read(struct json_row *row, bool *out) {
    str text = {0};
    if (!json_row_word(row, &text))
        return false;
    *out = str_is(text, S("true"));
    return *out || str_is(text, S("false"));
}

static bool word_read(const struct field *f, struct json_row *row, unsigned *out) {
    str text = {0};
    if (!json_row_text(row, &text))
        return false;
    for (size_t i = 0; i < f->word_count; i++)
        if (text.len && f->words[i][0] == text.ptr[0] && str_is(str_of(f->words[i]), text)) {
            *out = (unsigned)i;
            return true;
        }
    return false;
}

static bool money_kept(struct json_row *row, money *out) {
    str text = {0};
    return json_row_text(row, &text) && money_read(text, S(""), out).code == ERR_NONE;
}

static err item_read(struct arena *mem, const struct record *r, struct json_row *row, void *item) {
    json_row_kind(row);
    size_t start = row->at;
    TRY(record_read(mem, r, row, item));
    if (!r->kept_at)
        return OK_ERR;
    struct record_kept *kept = NEW(mem, struct record_kept);
    *(const struct record_kept **)into_at(item, r->kept_at) = kept;
    kept->bytes = str_part(row->text, start, row->at - start);
    kept->was = memcpy(arena_bytes(mem, r->size), item, r->size);
    return OK_ERR;
}

/* A list is as long as it turns out to be. */
static err list_read(struct arena *mem, const struct field *f, struct json_row *row, void *into) {
    size_t count = 0, room = 2, size = f->record->size;
    char *items = NULL;
    if (!json_row_open(row, '['))
        return OK_ERR;
    while (json_row_more(row, ']')) {
        if (!items || count == room) {
            char *more = arena_bytes(mem, (room *= 2) * size);
            if (items)
                memcpy(more, items, count * size);
            items = more;
        }
        memset(items + count * size, 0, size);
        TRY(item_read(mem, f->record, row, items + count++ * size));
    }
    *(void **)into_at(into, f->at) = items;
    *(size_t *)into_at(into, f->count_at) = count;
    return OK_ERR;
}

/* Scalars only; false is a value of the wrong kind. */
static bool value_read(const struct field *f, struct json_row *row, void *into) {
    void *value = into_at(into, f->at);
    switch (f->kind) {
    case FIELD_TEXT: return json_row_text(row, value);
    case FIELD_INT: return int_read(row, INT64_MIN + 1, INT64_MAX, value);
    case FIELD_SMALL: return small_read(row, value);
    case FIELD_BOOL: return bool_read(row, value);
    case FIELD_WORD: return word_read(f, row, value);
    case FIELD_MONEY: return money_kept(row, value);
    case FIELD_TREE: *(const struct tree **)value = json_row_tree(row); return true;
    case FIELD_LATER: *(str *)into_at(into, f->count_at) = json_row_skip(row); return true;
    case FIELD_RECORD:
    case FIELD_LIST:
    case FIELD_MORE: break;
    }
    return false;
}

static err field_read(struct arena *mem, const struct field *f, struct json_row *row, void *into) {
    if (f->kind == FIELD_TEXT && json_row_plain(row, into_at(into, f->at)))
        return OK_ERR;
    if (f->kind == FIELD_INT && json_row_int(row, into_at(into, f->at)))
        return OK_ERR;
    char kind = json_row_kind(row);
    if (f->kind == FIELD_RECORD && kind == '{')
        return record_read(mem, f->record, row, into_at(into, f->at));
    if (f->kind == FIELD_LIST && kind == '[')
        return list_read(mem, f, row, into);
    if (value_read(f, row, into) || row->broken)
        return OK_ERR;
    return err_make(ERR_CORRUPT, JOIN(mem, S("`"), f->name, S("` of a kept row does not read")));
}

/* Keys mostly come in the table's order, and as record_write writes them. */
static const struct field *field_next(const struct record *r, struct json_row *row, size_t *from) {
    for (size_t k = *from; k < r->count; k++)
        if (r->fields[k].name.len && json_row_is_name(row, r->fields[k].name)) {
            *from = k + 1;
            return &r->fields[k];
        }
    return NULL;
}

/* So the search goes on behind the last one found. */
static const struct field *field_find(const struct record *r, str name, size_t *from) {
    for (size_t i = 0; i < r->count; i++) {
        size_t k = *from + i < r->count ? *from + i : *from + i - r->count;
        if (r->fields[k].kind != FIELD_MORE && str_is(r->fields[k].name, name)) {
            *from = k + 1;
            return &r->fields[k];
        }
    }
    return NULL;
}

static void more_keep(
    struct arena *mem, const struct record *r, str name, struct json_row *row, void *into) {
    const struct field *last = &r->fields[r->count - 1];
    if (last->kind != FIELD_MORE) {
        json_row_skip(row);
        return;
    }
    struct tree *value = json_row_tree(row);
    if (row->broken)
        return;
    struct tree **more = into_at(into, last->at);
    if (!*more)
        *more = tree_map(mem);
    tree_put(*more, name, value);
}

err record_read(struct arena *mem, const struct record *r, struct json_row *row, void *into) {
    size_t from = 0;
    str name = {0};
    if (json_row_kind(row) != '{')
        return err_make(ERR_CORRUPT, S("a kept row is not a map"));
    if (!json_row_open(row, '{'))
        return OK_ERR;
    while (json_row_more(row, '}')) {
        const struct field *f = field_next(r, row, &from);
        if (!f && !json_row_name(row, &name))
            break;
        f = f ? f : field_find(r, name, &from);
        if (f)
            TRY(field_read(mem, f, row, into));
        else
            more_keep(mem, r, name, row, into);
    }
    return OK_ERR;
}
