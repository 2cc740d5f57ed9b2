/* connection: who is connected and since when in which stage, so that nobody can hold a place by
 * being slow.
 *
 * libmicrohttpd's time-out starts anew with every byte; here each stage has an end. The sweep
 * shuts sockets down, and libmicrohttpd then closes them in its own time. Not here: bytes and HTTP.
 */
#ifndef IO_CONNECTION_H
#define IO_CONNECTION_H

#include "io/forwarded.h"

enum connection_stage {
    CONNECTION_IDLE,      /* no whole request line yet */
    CONNECTION_RECEIVING, /* from the request line to the last byte of the body */
    CONNECTION_HANDLING,  /* ours: no limit */
    CONNECTION_SENDING,
    CONNECTION_SENDING_FILE, /* may be long: idle time is libmicrohttpd's matter */
    CONNECTION_STAGES
};

struct exchange;

struct connection {
    struct connection *next, *prev;
    int fd;
    enum connection_stage stage;
    int64_t since;
    struct peer peer;
    struct exchange *exchange; /* the one being received or answered */
};

struct connections {
    struct connection *first, *spare;
    size_t count;
    int64_t limits_ms[CONNECTION_STAGES]; /* 0: none */
};

struct connection *connection_add(struct arena *mem, struct connections *all, int fd);
void connection_remove(struct connections *all, struct connection *c);
void connection_enter(struct connection *c, enum connection_stage stage, int64_t now);
/* Shuts the socket down; libmicrohttpd sees it and closes. */
void connection_end(struct connection *c);
/* Shuts down those that are past their stage's limit. */
void connection_sweep(struct connections *all, int64_t now);
/* Shuts down those that are idle; how many are still under way. */
size_t connection_quiesce(struct connections *all);

#endif
