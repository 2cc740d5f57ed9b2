/* output: a folder that is made as a whole, for any server of plain files.
 *
 * Files are made beside first, in .grosz/ inside the folder; output_finish moves them to their
 * places, those with the lowest turn first, each by one rename, and only then removes what an
 * earlier build made and this one did not (io/manifest). So a reader meets whole files only; a
 * build that fails, or is killed before output_finish, has changed nothing that is to be seen, and
 * the next build clears up behind it. What is already there with the same bytes is not touched. A
 * file that no build of ours made is never replaced or removed.
 *
 * Nothing is synced: after a power cut pages may be empty, and the next build, which compares bytes
 * and not times, makes them again.
 *
 * A lock in the folder keeps out a second build. Files are readable for everybody, whatever the
 * umask says: they are for a web server. One process makes one output at a time.
 */
#ifndef IO_OUTPUT_H
#define IO_OUTPUT_H

#include "base/err.h"

struct output;

struct output_counts {
    size_t written, unchanged, removed;
};

/* Makes the folder when there is none. ERR_BUSY: another build is at work in it. */
MUST err output_open(struct arena *mem, str dir, struct output **out);
/* From any thread. path: "p/book/index.html". lasting: other bytes would have another name; such a
 * file outlives its build by one. ERR_INVALID: the path cannot be a file's, or a stranger's file
 * has it; after a failure nothing but output_close is left to do. */
MUST err output_put(struct output *o, size_t turn, str path, str bytes, bool lasting);
/* The same with the bytes of an open file, which stays open; its turn is 0. From one thread. */
MUST err output_put_file(struct output *o, str path, int fd);
/* All of it takes its place. */
MUST err output_finish(struct output *o, struct output_counts *out);
/* Always, also after output_finish: what is left beside is removed, the lock is given back. */
void output_close(struct output *o);

#endif
