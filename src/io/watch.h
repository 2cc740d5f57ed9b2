/* watch: tells that files below a folder changed.
 *
 * What was written and closed, renamed, removed or made counts, in new folders too; what is hidden
 * (.git, an editor's own files) and the given folders at the top do not. A burst is one change: it
 * is told when nothing more came for a moment. Links are not followed: what they lead to inside the
 * folder is watched where it lies.
 */
#ifndef IO_WATCH_H
#define IO_WATCH_H

#include "base/err.h"

struct watch {
    str dir;
    const str *without; /* names at the top */
    size_t without_count;
    int fd; /* readable: call watch_read */
    int notes, timer, top;
    int64_t first; /* of the burst, steady; 0: none */
};

/* `dir` and `without` live as long as the watch. */
MUST err watch_open(
    struct arena *mem, str dir, const str *without, size_t without_count, struct watch *out);
/* True when a burst is over. */
bool watch_read(struct watch *w);
void watch_close(struct watch *w);

#endif
