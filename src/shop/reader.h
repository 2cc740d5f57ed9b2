/* reader: what the files of a shop are read with: a tree's values of the right kind, or a
 * mistake at its place. Used by shop, shop_settings, shop_steps and product; a reader lives for
 * one shop_read. */
#ifndef SHOP_READER_H
#define SHOP_READER_H

#include "shop/shop.h"

struct reader {
    struct arena *mem;
    struct shop *shop;
    const struct shop_partners *partners;
    struct report *report;
    str file;
    bool blind; /* shop.yml did not read: what products name in it cannot be judged */
};

struct place reader_place(const struct reader *r, const struct tree *t);
void reader_mistake(const struct reader *r, const struct tree *t, str sentence);
void reader_advice(const struct reader *r, const struct tree *t, str sentence);
/* A mistake at each entry of the map that `names` does not have. */
void reader_keys(const struct reader *r, const struct tree *map, const str *names, size_t count);
/* The text of a scalar entry; "" when it is not there (a mistake when needed) or no scalar. */
str reader_text(const struct reader *r, const struct tree *map, str name, bool needed);
/* The same for what stands on one line: needed, no line break, `most` characters. */
str reader_line(const struct reader *r, const struct tree *map, str name, size_t most);
/* The entry as a list of texts; null when it is not there or wrong. */
const struct tree *reader_texts(const struct reader *r, const struct tree *map, str name);
/* The entry as a map or list; null when it is not there or wrong. */
const struct tree *reader_kind(
    const struct reader *r, const struct tree *map, str name, enum tree_kind kind);
bool reader_yes(const struct reader *r, const struct tree *map, str name, bool otherwise);

/* [a-z0-9-], 1 … 64, not a dash at the ends. */
bool id_is(str id);
bool name_is(str name); /* the same, underscores too */

/* The parts of shop.yml, each in its file. */
void settings_read(struct reader *r, const struct tree *settings);
void steps_read(struct reader *r, const struct tree *settings);
void connectors_read(struct reader *r, const struct tree *settings);
/* After the products: what each product's steps name. */
void steps_check(struct reader *r);
void products_read(struct reader *r, const struct tree *products);

/* What holes of a step may name, beside the steps: a root, and its keys. */
struct hole_root {
    str name;
    const str *keys;
    size_t count;
};
const struct hole_root *hole_roots(size_t *count);

#endif
