/* house: the running program: one event thread, one committer, the pool; and what they share, the
 * loaded
 * shop and the store. `serve` and `run` are this with other settings. */
#ifndef APP_HOUSE_H
#define APP_HOUSE_H

#include "app/load.h"

struct house_options {
    bool serve; /* development: 127.0.0.1, the next free port, addresses by that port */
    int port;   /* 0: as shop.yml says */
    size_t workers;
};

/* Until SIGTERM or SIGINT. Prints the address on stdout when it serves. */
MUST err house_run(struct arena *mem, struct house_shop *shop, const struct house_options *options);

#endif
