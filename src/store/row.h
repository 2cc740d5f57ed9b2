/* row: what every store does alike with the rows it gives back and the puts it takes. */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "store/store.h"

/* Does the put fit a row of this version (0: there is none)? */
bool put_fits(const struct put *p, int64_t version);
/* What to say of a change when this put does not fit. */
enum kept put_misfit(const struct put *p);

/* The text moved to *at, which goes on behind it. */
str row_text(char **at, str text);

/* A query as a range in the order of (part, key): from included (or not: behind), to excluded. */
struct row_range {
    str from_part, from_key, to_part, to_key;
    bool behind, endless;
};
struct row_range row_range(const struct query *q);
/* Byte order of (part, key). */
int row_name_order(str part_a, str key_a, str part_b, str key_b);

/* A list that is being gathered: copies rows until the limit, or LIMIT_LIST bytes, is reached. */
struct row_heap {
    struct arena *mem;
    struct row *rows;
    size_t count, room, limit, bytes;
    bool more;
};

struct row_heap row_heap(struct arena *mem, size_t limit);
/* False when it did not fit any more: there is more than the list holds. */
bool row_heap_add(struct row_heap *h, const struct row *row);
struct row_list row_heap_list(const struct row_heap *h);

#endif
