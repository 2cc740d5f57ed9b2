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

static char *list_first(const struct field *f, const void *from) {
    return *(char *const *)at(from, f->at);
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
    return f->words[word];
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

/* ---- as it stood ---- */

static struct record_kept *kept_of(const struct record *r, const void *from) {
    return r->kept_at ? *(struct record_kept *const *)at(from, r->kept_at) : NULL;
}

/* Of the struct, as much as is kept as one. */
static size_t kept_size(const struct record *r) {
    return r->front ? r->fields[r->front].at : r->size;
}

static struct record_kept *kept_new(struct arena *mem, const struct record *r, void *into) {
    struct record_kept *kept = arena_bytes(mem, sizeof(*kept) + kept_size(r));
    *kept = (struct record_kept){.was = kept + 1};
    *(struct record_kept **)into_at(into, r->kept_at) = kept;
    return kept;
}

static void kept_set(
    struct record_kept *kept, const struct record *r, const void *from, str bytes) {
    kept->bytes = bytes;
    memcpy(kept->was, from, kept_size(r));
}

static bool kept_is(const struct record_kept *kept, const struct record *r, const void *from) {
    return kept && kept->bytes.len && memcmp(from, kept->was, kept_size(r)) == 0;
}

/* What was written since; a buffer that grew since still has it where it was. */
static str written(const struct buf *b, size_t since) {
    return b->full ? S("") : (str){b->ptr + since, b->len - since};
}

/* ---- values ---- */

static void later_write(struct buf *b, const struct field *f, const void *from) {
    str row = later_row(f, from);
    buf_add(b, row.len ? row : json_write(b->mem, *(const struct tree *const *)at(from, f->at)));
}

static void item_write(struct buf *b, const struct record *r, void *item) {
    struct record_kept *kept = kept_of(r, item);
    size_t start = b->len;
    if (kept_is(kept, r, item)) {
        buf_add(b, kept->bytes);
        return;
    }
    record_write(b, r, item);
    if (r->kept_at)
        kept_set(kept ? kept : kept_new(b->mem, r, item), r, item, written(b, start));
}

static void list_write(struct buf *b, const struct field *f, const void *from) {
    char *item = list_first(f, from);
    for (size_t i = 0; i < list_count(f, from); i++, item += f->record->size) {
        buf_byte(b, i ? ',' : '[');
        item_write(b, f->record, item);
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

static void key_write(struct buf *b, char before, const struct json_key *key) {
    size_t size = sizeof(key->bytes) + 1; /* what of it is too much is overwritten */
    if (size > b->room - b->len && !buf_room(b, size))
        return;
    b->ptr[b->len] = before;
    memcpy(b->ptr + b->len + 1, key->bytes, sizeof(key->bytes));
    b->len += 1 + key->len;
}

static void more_write(struct buf *b, const struct tree *more, char *before) {
    for (const struct tree *t = more->first; t; t = t->next, *before = ',') {
        name_write(b, *before, t->name);
        buf_add(b, json_write(b->mem, t));
    }
}

static char fields_write(
    struct buf *b, const struct field *f, const struct field *end, const void *from, char before) {
    for (; f < end; f++) {
        if (field_is_empty(f, from))
            continue;
        if (f->kind == FIELD_MORE) {
            more_write(b, *(const struct tree *const *)at(from, f->at), &before);
            continue;
        }
        key_write(b, before, &f->key);
        value_write(b, f, from);
        before = ',';
    }
    return before;
}

static char front_write(struct buf *b, const struct record *r, const void *from) {
    struct record_kept *kept = kept_of(r, from);
    size_t start = b->len;
    if (kept_is(kept, r, from)) {
        buf_add(b, kept->bytes);
        return ',';
    }
    char before = fields_write(b, r->fields, r->fields + r->front, from, '{');
    if (kept && before == ',')
        kept_set(kept, r, from, written(b, start));
    return before;
}

void record_write(struct buf *b, const struct record *r, const void *from) {
    char before = r->front ? front_write(b, r, from) : '{';
    before = fields_write(b, r->fields + r->front, r->fields + r->count, from, before);
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

static bool word_find(const struct field *f, str text, unsigned *out) {
    for (size_t i = 0; i < f->word_count; i++)
        if (text.len && f->words[i].ptr[0] == text.ptr[0] && str_is(f->words[i], text)) {
            *out = (unsigned)i;
            return true;
        }
    return false;
}

static bool word_read(const struct field *f, struct json_row *row, unsigned *out) {
    str text = {0};
    return json_row_text(row, &text) && word_find(f, text, out);
}

static bool money_kept(struct json_row *row, money *out) {
    str text = {0};
    return json_row_text(row, &text) && money_read(text, S(""), out).code == ERR_NONE;
}

static err item_read(struct arena *mem, const struct record *r, struct json_row *row, void *item) {
    json_row_kind(row);
    size_t start = row->at;
    TRY(record_read(mem, r, row, item));
    if (r->kept_at)
        kept_set(kept_new(mem, r, item), r, item, str_part(row->text, start, row->at - start));
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
    char kind = json_row_kind(row);
    if (f->kind == FIELD_RECORD && kind == '{')
        return record_read(mem, f->record, row, into_at(into, f->at));
    if (f->kind == FIELD_LIST && kind == '[')
        return list_read(mem, f, row, into);
    if (value_read(f, row, into) || row->broken)
        return OK_ERR;
    return err_make(ERR_CORRUPT, JOIN(mem, S("`"), f->name, S("` of a kept row does not read")));
}

static const char *small_plain(const char *from, const char *end, int *out) {
    int64_t number = 0;
    const char *behind = json_plain_int(from, end, &number);
    if (!behind || number < -1 || number > INT32_MAX)
        return NULL;
    *out = (int)number;
    return behind;
}

static const char *word_plain(
    const struct field *f, const char *from, const char *end, unsigned *out) {
    str text = {0};
    const char *behind = json_plain_text(from, end, &text);
    return behind && word_find(f, text, out) ? behind : NULL;
}

static const char *money_plain(const char *from, const char *end, money *out) {
    str text = {0};
    const char *behind = json_plain_text(from, end, &text);
    return behind && money_read(text, S(""), out).code == ERR_NONE ? behind : NULL;
}

static const char *later_plain(const char *from, const char *end, str *out) {
    const char *behind = json_plain_nest(from, end);
    if (behind)
        *out = (str){from, (size_t)(behind - from)};
    return behind;
}

/* What stands behind the value at `from`; null, and nothing read: it is to be read with care. */
static const char *value_plain(
    const struct field *f, const char *from, const char *end, void *into) {
    void *value = into_at(into, f->at);
    switch (f->kind) {
    case FIELD_TEXT: return json_plain_text(from, end, value);
    case FIELD_INT: return json_plain_int(from, end, value);
    case FIELD_SMALL: return small_plain(from, end, value);
    case FIELD_WORD: return word_plain(f, from, end, value);
    case FIELD_MONEY: return money_plain(from, end, value);
    case FIELD_LATER: return later_plain(from, end, into_at(into, f->count_at));
    case FIELD_BOOL:
    case FIELD_TREE:
    case FIELD_RECORD:
    case FIELD_LIST:
    case FIELD_MORE: break;
    }
    return NULL;
}

/* One map being read. */
struct reading {
    const struct record *r;
    void *into;
    const struct field *next, *end; /* in the order of the table, these are what comes next */
};

/* The one whose name stands there as record_write writes it. */
static inline const struct field *field_next(
    const struct reading *g, const char *from, const char *end) {
    if (end - from >= JSON_WIDE)
        for (const struct field *f = g->next; f != g->end; f++)
            if (json_key_is(from, &f->key) && f->key.len)
                return f;
    return NULL;
}

/* Fields in the order of the table with plain values, as nearly all are. True: another entry comes,
 * of *field, its value next, or of one whose name comes next (*field is null). */
static bool fields_plain(struct reading *g, struct json_row *row, const struct field **field) {
    const char *from = row->text.ptr + row->at, *end = row->text.ptr + row->text.len;
    const struct field *f = NULL;
    bool more = true;
    while (more && (f = field_next(g, from, end))) {
        from += f->key.len;
        g->next = f + 1;
        const char *behind = value_plain(f, from, end, g->into);
        if (!behind)
            break;
        more = behind < end && *behind == ',';
        from = behind + more;
    }
    row->at = (size_t)(from - row->text.ptr);
    *field = f;
    return more;
}

/* Keys mostly come in the table's order, so the search goes on behind the last one found. */
static const struct field *field_find(struct reading *g, str name) {
    const struct record *r = g->r;
    size_t from = (size_t)(g->next - r->fields);
    for (size_t i = 0; i < r->count; i++) {
        const struct field *f = &r->fields[from + i < r->count ? from + i : from + i - r->count];
        if (f->kind != FIELD_MORE && str_is(f->name, name)) {
            g->next = f + 1;
            return f;
        }
    }
    return NULL;
}

/* The front ends with the first name that is none of its. If more of it comes later after all, it is
 * no longer what is kept, and will be written anew. */
static void front_end(
    struct arena *mem, struct reading *g, const struct json_row *row, size_t start) {
    const struct record *r = g->r;
    if (row->text.ptr[row->at - 1] == ',')
        kept_set(
            kept_new(mem, r, g->into), r, g->into, str_part(row->text, start, row->at - 1 - start));
    g->end = r->fields + r->count;
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
    struct reading g = {r, into, r->fields, r->fields + (r->front ? r->front : r->count)};
    str name = {0};
    if (json_row_kind(row) != '{')
        return err_make(ERR_CORRUPT, S("a kept row is not a map"));
    size_t start = row->at;
    if (!json_row_open(row, '{'))
        return OK_ERR;
    while (json_row_more(row, '}')) {
        const struct field *f = NULL;
        bool more = fields_plain(&g, row, &f);
        if (more && !f && g.end != r->fields + r->count) {
            front_end(mem, &g, row, start);
            more = fields_plain(&g, row, &f);
        }
        if (!more)
            continue;
        if (!f && !json_row_name(row, &name))
            break;
        f = f ? f : field_find(&g, name);
        if (f)
            TRY(field_read(mem, f, row, into));
        else
            more_keep(mem, r, name, row, into);
    }
    return OK_ERR;
}
