/* reload: the data files are read again while the program runs.
 *
 * One reading at a time, in the pool, so that no request waits for it; who asks meanwhile waits for
 * the next one, and all who wait are told of the same one. The new shop is used only when it has no
 * mistake and the texts that orders name are kept; else the old one goes on. What belongs to the
 * start (where it listens, where things are kept, the shop secret) stays, and a row of the report
 * says so.
 */
#ifndef APP_RELOAD_H
#define APP_RELOAD_H

#include "app/pool.h"

struct reload_result {
    bool taken; /* the new shop is in use */
    str sentence;
    const struct report *report;
    const struct shop *shop; /* as far as it was read */
};

/* One asking; the caller's until it was told. */
struct reload {
    /* In the event thread. *end lives until it returns. */
    void (*told)(struct reload *r, const struct reload_result *end);
    void *owner;
    struct reload *next;
};

struct reloader {
    struct pool *pool;
    struct snapshots *shops;
    struct server *server;
    const struct doors *doors; /* with the store that waits */
    str dir;
    str here; /* serve: the address that stands for url and api; else empty */
    /* Null, or called for every reading, whoever asked; *end lives until it returns. */
    void (*ended)(void *owner, const struct reload_result *end);
    void *owner;
    struct errand errand;
    bool reading, asked;   /* again, when this one has ended */
    bool slight, thorough; /* this one, see reload_edited; the next one is not */
    struct reload *waiting, *told_next;
    const struct house_shop *old;
    struct snapshot *made;
    err failed;
};

/* Event thread only. r: null when nobody wants to be told. */
void reload_ask(struct reloader *all, struct reload *r);
/* Nobody wants to be told. slight: courses and pictures were left alone. */
void reload_edited(struct reloader *all, bool slight);
/* When nobody is told any more: the loop and the pool have ended. */
void reload_end(struct reloader *all);
/* serve: the shop stands where it listens, whatever shop.yml says, and shows drafts. */
void reload_here(struct shop *shop, struct arena *mem, str here);

#endif
