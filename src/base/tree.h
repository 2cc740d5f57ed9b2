/* tree: the one value for data files, JSON bodies, kept rows and page views.
 *
 * none, bool, number as text (money never becomes a double), text, html, list, map, each with line
 * and column when it came from a file. Nodes live in an arena and are linked: a map keeps the order
 * of its entries. html is made by page/mark only: no reader produces it.
 * Looking into something that is not there gives null; every reader here takes null.
 */
#ifndef BASE_TREE_H
#define BASE_TREE_H

#include "base/arena.h"

enum tree_kind {
    TREE_NONE,
    TREE_BOOL,
    TREE_NUMBER,
    TREE_TEXT,
    TREE_HTML,
    TREE_LIST,
    TREE_MAP,
};

struct tree {
    enum tree_kind kind;
    bool truth;    /* TREE_BOOL */
    bool quoted;   /* a scalar that stood in quotes or a block */
    bool later;    /* a map of tree_later */
    str text;      /* number, text, html: the characters; bool from a file: as written */
    str name;      /* of an entry in a map */
    int line, col; /* of the value */
    int name_line, name_col;
    size_t count; /* children of list or map */
    struct tree *first, *last, *next;
};

struct tree *tree_none(struct arena *mem);
struct tree *tree_bool(struct arena *mem, bool truth);
struct tree *tree_int(struct arena *mem, int64_t number);
/* The text must be a JSON number; it is kept as it is. */
struct tree *tree_number(struct arena *mem, str digits);
struct tree *tree_text(struct arena *mem, str text); /* borrows the bytes */
struct tree *tree_list(struct arena *mem);
struct tree *tree_map(struct arena *mem);

/* Adds at the end; the child must not have a parent yet. tree_put replaces an entry of that name in
 * place. All return the child. */
struct tree *tree_add(struct tree *list, struct tree *child);
struct tree *tree_put(struct tree *map, str name, struct tree *child);
struct tree *tree_put_text(struct arena *mem, struct tree *map, str name, str text);
struct tree *tree_put_int(struct arena *mem, struct tree *map, str name, int64_t number);
struct tree *tree_put_bool(struct arena *mem, struct tree *map, str name, bool truth);
struct tree *tree_copy(struct arena *mem, const struct tree *t);

/* A map whose entries are made when they are first looked for, each by a row: what nobody names
 * costs nothing. `make` is given what stands at that offset behind `of`, which must live as long as
 * the map; null is no such entry. Who goes through all entries takes a tree_copy, which has them
 * all. */
struct tree_row {
    str name;
    struct tree *(*make)(struct arena *mem, const void *at);
    size_t at;
};
#define TREE_ROW(type, member, make) \
    { S_INIT(#member), make, offsetof(struct type, member) }
struct tree *tree_later(
    struct arena *mem, const struct tree_row *rows, size_t count, const void *of);
/* For rows: the str that stands there. */
struct tree *tree_text_at(struct arena *mem, const void *at);

const struct tree *tree_find(const struct tree *map, str name);
/* "a.b.c" through maps, and digits through lists. */
const struct tree *tree_path(const struct tree *t, str path);
/* RFC 6901: "/a/0/b~1c"; "" is the whole. Null when absent. */
const struct tree *tree_pointer(const struct tree *t, str pointer);
/* Whether an entry of a list, which may be null, is this text. */
bool tree_has(const struct tree *list, str text);
/* Text of a text, number or bool; "" for everything else. */
str tree_str(const struct tree *t);
str tree_get(const struct tree *map, str name); /* tree_str(tree_find()) */
/* A whole number; `otherwise` when it is not one. */
int64_t tree_get_int(const struct tree *map, str name, int64_t otherwise);
bool tree_get_bool(const struct tree *map, str name, bool otherwise);
bool tree_is(const struct tree *t, enum tree_kind kind);
/* The same values in the same order, wherever they stood. */
bool tree_is_same(const struct tree *a, const struct tree *b);
/* Not none, not false, not "", not an empty list: what {{#x}} asks. */
bool tree_truth(const struct tree *t);
const char *tree_kind_name(enum tree_kind kind);

#endif
