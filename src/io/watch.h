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

enum { WATCH_IDS = 1 << 15 };

struct watch_names { /* at the top */
    const str *names;
    size_t count;
};

struct watch {
    str dir;
    struct watch_names without, apart;
    int fd; /* readable: call watch_read */
    int notes, timer, top;
    int64_t first;                      /* of the burst, steady; 0: none */
    bool elsewhere;                     /* of the burst */
    unsigned char below[WATCH_IDS / 8]; /* by the kernel's ids: folders that are below `apart` */
};

/* `dir` and the names live as long as the watch. */
MUST err watch_open(struct arena *mem, str dir, struct watch_names without,
    struct watch_names apart, struct watch *out);
/* True when a burst is over; *elsewhere: not all of it was below the folders `apart`. */
bool watch_read(struct watch *w, bool *elsewhere);
void watch_close(struct watch *w);

#endif
