#include "shop/money.h"
#include "shop/record.h"
#include "shop/record_kept.h"

/* ---- with care ---- */

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

/* ---- what is plain ---- */

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
    case FIELD_INT: return json_plain_int(from, end, value);
    case FIELD_SMALL: return small_plain(from, end, value);
    case FIELD_WORD: return word_plain(f, from, end, value);
    case FIELD_MONEY: return money_plain(from, end, value);
    case FIELD_LATER: return later_plain(from, end, into_at(into, f->count_at));
    case FIELD_TEXT:
    case FIELD_BOOL:
    case FIELD_TREE:
    case FIELD_RECORD:
    case FIELD_LIST:
    case FIELD_MORE: break;
    }
    return NULL;
}

/* ---- a map ---- */

/* One map being read. */
struct reading {
    const struct record *r;
    void *into;
    const struct field *next, *end; /* in the order of the table, these are what comes next */
};

/* The one whose name stands there as record_write writes it; `end` when none does. */
static inline const struct field *field_next(
    const struct field *f, const struct field *end, const char *from) {
    while (f != end && !(json_key_is(from, &f->key) && f->key.len))
        f++;
    return f;
}

/* Fields in the order of the table with plain values, as nearly all are. True: another entry comes,
 * of *field, its value next, or of one whose name comes next (*field is null). */
static bool fields_plain(struct reading *g, struct json_row *row, const struct field **field) {
    const char *from = row->text.ptr + row->at, *end = row->text.ptr + row->text.len;
    const struct field *next = g->next, *f;
    bool more = true;
    *field = NULL;
    while (end - from >= JSON_WIDE && (f = field_next(next, g->end, from)) != g->end) {
        from += f->key.len;
        next = f + 1;
        const char *behind = f->kind == FIELD_TEXT
                                 ? json_plain_text(from, end, into_at(g->into, f->at))
                                 : value_plain(f, from, end, g->into);
        if (!behind) {
            *field = f;
            break;
        }
        from = behind;
        more = from < end && *from == ',';
        if (!more)
            break;
        from++;
    }
    g->next = next;
    row->at = (size_t)(from - row->text.ptr);
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

/* The front ends with the first name that is none of its. If more of it comes later after all, it
 * is no longer what is kept, and will be written anew. */
static void front_end(
    struct arena *mem, struct reading *g, const struct json_row *row, size_t start) {
    const struct record *r = g->r;
    if (row->text.ptr[row->at - 1] == ',')
        kept_set(
            kept_new(mem, r, g->into), r, g->into, str_part(row->text, start, row->at - 1 - start));
    g->end = r->fields + r->count;
}

/* An entry that stands from `start` on, as it stands, behind those that there are. */
static void more_keep(
    struct arena *mem, const struct field *last, struct json_row *row, size_t start, void *into) {
    json_row_skip(row);
    if (last->kind != FIELD_MORE || row->broken)
        return;
    str *more = into_at(into, last->at);
    str entry = str_part(row->text, start, row->at - start);
    if (!more->len)
        *more = entry;
    else if (more->ptr + more->len + 1 == entry.ptr)
        more->len += 1 + entry.len;
    else
        *more = JOIN(mem, *more, S(","), entry);
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
        size_t entry = row->at;
        if (!f && !json_row_name(row, &name))
            break;
        f = f ? f : field_find(&g, name);
        if (f)
            TRY(field_read(mem, f, row, into));
        else
            more_keep(mem, &r->fields[r->count - 1], row, entry, into);
    }
    return OK_ERR;
}
