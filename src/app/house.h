/* house: the running program: one event thread, one committer, the pool; and what they share, the
 * loaded
 * shop and the store. `serve` and `run` are this with other settings. */
#ifndef APP_HOUSE_H
#define APP_HOUSE_H

#include "app/reload.h"

struct house;

struct house_options {
    bool serve; /* development: 127.0.0.1, the next free port, addresses by that port */
    int port;   /* 0: as shop.yml says */
    int idle_s; /* ends when nothing is owed and nobody asked for so long; 0: never */
    size_t workers;
};

/* Until SIGTERM or SIGINT; takes `first` over. Prints the address on stdout when it serves. */
MUST err house_run(struct arena *mem, struct snapshot *first, const struct house_options *options);
/* Reads the data files again, as SIGHUP does; see app/reload. Event thread only; r may be null. */
void house_reload(struct house *h, struct reload *r);

#endif
