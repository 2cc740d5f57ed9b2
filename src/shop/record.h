/* record: a struct of this room as one map of a kept row, there and back, by a table of its
 * fields.
 *
 * What is empty (0, "", false, null) is not written and reads back empty. Money is "499.00 PLN",
 * an instant is its milliseconds, a state is its word. Reading is strict about kinds; keys that
 * the table does not have are collected in a FIELD_MORE and written back, so that an older
 * program loses nothing that a newer one has kept.
 */
#ifndef SHOP_RECORD_H
#define SHOP_RECORD_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json_row.h"
#include "base/tree.h"

enum field_kind {
    FIELD_TEXT,   /* str */
    FIELD_INT,    /* int64_t, instant */
    FIELD_SMALL,  /* int, unsigned below 2^31 */
    FIELD_BOOL,   /* bool */
    FIELD_WORD,   /* an enum, written as its word; always there */
    FIELD_MONEY,  /* money */
    FIELD_TREE,   /* const struct tree * */
    FIELD_LATER,  /* the same, and a str: when read, its JSON is there and the tree is null */
    FIELD_RECORD, /* a struct inside */
    FIELD_LIST,   /* a pointer to structs, and a size_t count */
    FIELD_MORE,   /* str: all other entries, as they stand; at most one, the last row */
};

struct record;

struct field {
    struct json_key key; /* of no bits: FIELD_MORE */
    str name;
    enum field_kind kind;
    size_t at;                   /* offset in the struct */
    size_t count_at;             /* FIELD_LIST, FIELD_LATER: offset of the count, of the str */
    const struct record *record; /* FIELD_RECORD, FIELD_LIST */
    const str *words;            /* FIELD_WORD */
    size_t word_count;
};

/* A name has at most 13 letters. */
#define FIELD_NAMED(type, kind, member, name) \
    { JSON_KEY(name), S_INIT(name), kind, offsetof(struct type, member), 0, NULL, NULL, 0 }
#define FIELD(type, kind, member) FIELD_NAMED(type, kind, member, #member)
#define FIELD_INSIDE(type, member, of)                                                             \
    {                                                                                              \
        JSON_KEY(#member), S_INIT(#member), FIELD_RECORD, offsetof(struct type, member), 0, &(of), \
            NULL, 0                                                                                \
    }
#define FIELD_ITEMS(type, member, counter, of)                                         \
    {                                                                                  \
        JSON_KEY(#member), S_INIT(#member), FIELD_LIST, offsetof(struct type, member), \
            offsetof(struct type, counter), &(of), NULL, 0                             \
    }
#define FIELD_REST(type) \
    { {"", 0, 0}, S_INIT(""), FIELD_MORE, offsetof(struct type, more), 0, NULL, NULL, 0 }

struct record {
    size_t size; /* of the struct */
    const struct field *fields;
    size_t count;
    size_t kept_at; /* offset of a `struct record_kept *`; 0: there is none */
    size_t front;   /* so many fields, the front of the struct too, are kept as one; 0: all are */
};

/* How it, or its front, stood in the row when it was read or last written. What is the same as then
 * is written as it stood: most changes of an order are of one step, and its row is mostly steps. */
struct record_kept {
    str bytes;
    void *was;
};

/* A step, as it stands in an order's row and in a matter's; an order's row. */
extern const struct record step_record, order_record;

/* Items of lists remember how they were written: the buffer's arena lives as long as they do. */
void record_write(struct buf *b, const struct record *r, const void *from);
/* The next value of the row. `into` must be zeroed. ERR_CORRUPT names the field that is of another
 * kind; whether the row was JSON at all says json_row_end. */
MUST err record_read(struct arena *mem, const struct record *r, struct json_row *row, void *into);
/* The same map as record_write's, as a tree. */
struct tree *record_tree(struct arena *mem, const struct record *r, const void *from);

#endif
