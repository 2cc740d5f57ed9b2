#include "shop/record.h"

#include "base/json.h"
#include "shop/money.h"
#include "shop/record_kept.h"

#include <assert.h>
#include <endian.h>

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
    case FIELD_TEXT:
    case FIELD_MORE: return ((const str *)value)->len == 0;
    case FIELD_INT: return *(const int64_t *)value == 0;
    case FIELD_SMALL: return *(const int *)value == 0;
    case FIELD_BOOL: return !*(const bool *)value;
    case FIELD_WORD: return false;
    case FIELD_MONEY: return ((const money *)value)->currency[0] == 0;
    case FIELD_LATER: return !later_row(f, from).len && !*(const struct tree *const *)value;
    case FIELD_TREE: return *(const struct tree *const *)value == NULL;
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

/* Eight digits, the first in the lowest byte: two fours, four pairs, then all. */
static uint64_t eight_digits(uint32_t number) {
    const uint64_t fours = number / 10000 | (uint64_t)(number % 10000) << 32;
    uint64_t high = (fours * 10486 >> 20) & 0x0000007f0000007f;
    const uint64_t pairs = high | (fours - 100 * high) << 16;
    high = (pairs * 103 >> 10) & 0x000f000f000f000f;
    return (high | (pairs - 10 * high) << 8) + 0x3030303030303030;
}

/* Eight digits each, but for those in front: without zeros. Eight bytes more may be overwritten. */
static char *digits_write(char *at, uint64_t number) {
    const uint64_t zeros = 0x3030303030303030, eight = 100000000;
    if (number >= eight)
        at = digits_write(at, number / eight);
    uint64_t digits = eight_digits((uint32_t)(number % eight));
    int skip = number >= eight ? 0 : number ? __builtin_ctzll(digits ^ zeros) / 8 : 7;
    digits = htole64(digits >> 8 * skip);
    memcpy(at, &digits, sizeof(digits));
    return at + sizeof(digits) - skip;
}

static void number_write(struct buf *b, int64_t number) {
    enum { ROOM = 32 };
    if (ROOM > b->room - b->len && !buf_room(b, ROOM))
        return;
    char *at = b->ptr + b->len;
    if (number < 0)
        *at++ = '-';
    at = digits_write(at, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
    b->len = (size_t)(at - b->ptr);
}

/* ---- as it stood ---- */

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
    if (row.len)
        buf_add(b, row);
    else
        json_write_tree(b, *(const struct tree *const *)at(from, f->at));
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
    case FIELD_SMALL: number_write(b, *(const int *)value); break;
    case FIELD_BOOL: buf_add(b, S("true")); break;
    case FIELD_WORD: json_write_text(b, word_of(f, from)); break;
    case FIELD_MONEY: json_write_text(b, money_write(b->mem, *(const money *)value)); break;
    case FIELD_TREE: json_write_tree(b, *(const struct tree *const *)value); break;
    case FIELD_LATER: later_write(b, f, from); break;
    case FIELD_RECORD: record_write(b, f->record, value); break;
    case FIELD_LIST: list_write(b, f, from); break;
    case FIELD_MORE: buf_add(b, *(const str *)value); break;
    case FIELD_TEXT:
    case FIELD_INT: break;
    }
}

static void key_write(struct buf *b, char before, const struct json_key *key) {
    size_t size = sizeof(key->bytes) + 1; /* what of it is too much is overwritten */
    if (size > b->room - b->len && !buf_room(b, size))
        return;
    b->ptr[b->len] = before;
    memcpy(b->ptr + b->len + 1, key->bytes, sizeof(key->bytes));
    b->len += 1 + key->len;
}

/* Texts and numbers, which most are; else all the others. False: there is nothing to write. */
static inline bool field_write(
    struct buf *b, const struct field *f, const void *from, char before) {
    const str *text = at(from, f->at);
    const int64_t *number = at(from, f->at);
    if (f->kind == FIELD_TEXT ? !text->len : f->kind == FIELD_INT && !*number)
        return false;
    if (f->kind > FIELD_INT && field_is_empty(f, from))
        return false;
    key_write(b, before, &f->key); /* FIELD_MORE has none: it is the comma only */
    if (f->kind == FIELD_TEXT)
        json_write_text(b, *text);
    else if (f->kind == FIELD_INT)
        number_write(b, *number);
    else
        value_write(b, f, from);
    return true;
}

static char fields_write(
    struct buf *b, const struct field *f, const struct field *end, const void *from, char before) {
    for (; f < end; f++)
        if (field_write(b, f, from, before))
            before = ',';
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
        str more = *(const str *)at(from, f->at);
        struct json_row row = json_row_new(mem, JOIN(mem, S("{"), more, S("}")));
        for (struct tree *t = json_row_tree(&row)->first, *next; t; t = next) {
            next = t->next;
            t->next = NULL;
            tree_put(map, t->name, t);
        }
    }
    return map;
}
