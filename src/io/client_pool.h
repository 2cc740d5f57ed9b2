/* client_pool: kept connections to partners, and how many TLS conversations go on at once.
 *
 * A kept handle is used by one conversation at a time and only for the same origin, authority and
 * trust; it is kept a short while only: a partner that closes an idle connection under a request
 * leaves an outcome unknown. Knows no library: handles are opaque.
 */
#ifndef IO_CLIENT_POOL_H
#define IO_CLIENT_POOL_H

#include "base/str.h"

#include <pthread.h>

enum { CLIENT_KEPT = 4, CLIENT_TLS = 2, CLIENT_KEY = 320, CLIENT_IDLE_MS = 3000 };

struct client_pool {
    pthread_mutex_t lock;
    pthread_cond_t left;
    int tls;
    struct client_kept {
        void *handle;
        int64_t since;
        size_t key_size;
        char key[CLIENT_KEY];
    } kept[CLIENT_KEPT];
};

void client_pool_open(struct client_pool *p);
/* Waits for a place among the TLS conversations; false when none came free in wait_ms. */
bool client_pool_enter(struct client_pool *p, int64_t wait_ms);
void client_pool_leave(struct client_pool *p);
/* A kept handle for that key, or null. */
void *client_pool_take(struct client_pool *p, str key, int64_t now);
/* Keeps a handle; returns the one that has to be closed instead, or null. */
void *client_pool_put(struct client_pool *p, str key, void *handle, int64_t now);
/* Any kept handle older than the limit (all of them at the end: now = INT64_MAX), or null. */
void *client_pool_old(struct client_pool *p, int64_t now);
void client_pool_close(struct client_pool *p);

#endif
