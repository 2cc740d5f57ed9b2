/* manifest: what an earlier build wrote into a folder, so that a later one removes that and nothing
 * else. A sorted list of paths, one a line behind a word; plain text, no file is opened here.
 *
 *   page p/book/index.html
 *   lasting style.9f86d081884c.css     other bytes have another name
 *   former style.2c26b46b68ff.css      lasting of the build before: pages kept somewhere ask for it
 */
#ifndef IO_MANIFEST_H
#define IO_MANIFEST_H

#include "base/err.h"

enum manifest_mark { MANIFEST_PAGE, MANIFEST_LASTING, MANIFEST_FORMER };

struct manifest_entry {
    str path;
    enum manifest_mark mark;
};

struct manifest {
    struct manifest_entry *entries; /* by path, each once */
    size_t count;
};

/* ERR_CORRUPT: not a manifest, or a path in it leads out. Borrows the text. */
MUST err manifest_read(struct arena *mem, str text, struct manifest *out);
str manifest_write(struct arena *mem, const struct manifest *m);
/* Puts entries in order; ERR_INVALID when one path is there twice. */
MUST err manifest_sort(struct arena *mem, struct manifest *m);
const struct manifest_entry *manifest_find(const struct manifest *m, str path);
/* Both: what may be there while one takes the place of the other. */
struct manifest manifest_join(
    struct arena *mem, const struct manifest *old, const struct manifest *new);
/* What is to be there after a build of `new`, with what stays of `old`; and what of `old` is gone.
 * Lasting files outlive their build by one: they go when the next other ones come. */
void manifest_next(struct arena *mem, const struct manifest *old, const struct manifest *new,
    struct manifest *kept, struct manifest *gone);
/* "a/b.html": relative, no empty piece, no piece that begins with a dot, no control byte. */
bool manifest_path_is(str path);

#endif
