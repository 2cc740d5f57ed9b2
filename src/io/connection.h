/* connection: who is connected and since when in which stage, so that nobody can hold a place by
 * being slow.
 *
 * libmicrohttpd's time-out starts anew with every byte; here each stage has an end, and a reader
 * must take a least number of bytes. Each stage is a list, the longest there first: a sweep looks
 * only at those that are due, and when all places are taken the one longest idle gives its own up.
 * Ending shuts sockets down; libmicrohttpd then closes them in its own time. Not here: bytes and
 * HTTP.
 */
#ifndef IO_CONNECTION_H
#define IO_CONNECTION_H

#include "io/forwarded.h"

enum connection_stage {
    CONNECTION_IDLE,      /* no whole request line yet */
    CONNECTION_RECEIVING, /* from the request line to the last byte of the body */
    CONNECTION_HANDLING,  /* ours: no limit */
    CONNECTION_SENDING,   /* may be long, if the reader goes on reading */
    CONNECTION_ENDING,    /* shut down, not yet closed */
    CONNECTION_STAGES
};

enum { CONNECTION_BUCKETS = 1024 };

struct certificate;
struct exchange;

struct connection {
    struct connection *next, *prev; /* in its stage */
    struct connection *beside;      /* whose address has the same bucket */
    int fd;
    enum connection_stage stage;
    int64_t since;
    uint64_t taken; /* bytes the other side had acknowledged when we last looked */
    struct peer peer;
    struct certificate *certificate; /* that it shows; null: plain */
    bool asked;                      /* a request began */
    struct exchange *exchange; /* the one being received or answered */
};

struct connections {
    struct connection_list {
        struct connection *first, *last;
        size_t count;
    } stages[CONNECTION_STAGES];
    struct connection *buckets[CONNECTION_BUCKETS];
    struct connection *spare;
    size_t count;
    int64_t limits_ms[CONNECTION_STAGES]; /* 0: none */
    int64_t slow[CONNECTION_STAGES];      /* ended by the sweep, since the start */
    uint64_t seed;                        /* of the buckets: strangers cannot choose theirs */
};

/* Begins idle. */
struct connection *connection_add(
    struct arena *mem, struct connections *all, int fd, const struct sockaddr *from, int64_t now);
void connection_remove(struct connections *all, struct connection *c);
void connection_enter(
    struct connections *all, struct connection *c, enum connection_stage stage, int64_t now);
/* Shuts the socket down; libmicrohttpd sees it and closes. */
void connection_end(struct connections *all, struct connection *c, int64_t now);
/* Ends those that are past their stage's limit, and readers that have hardly read since. */
void connection_sweep(struct connections *all, int64_t now);
/* Ends those that have been idle since `before` or longer and from which no byte waits to be read;
 * how many are left that are not ending. */
size_t connection_quiesce(struct connections *all, int64_t before, int64_t now);
/* Ends the one that is longest idle; false when none is. */
bool connection_evict(struct connections *all, int64_t now);
/* Did it send something, and no request ever began? Over TLS it is not known: false. */
bool connection_babbled(const struct connection *c);
/* How many come from there. IPv6: from the same /64, which is what one customer gets. */
size_t connection_count_from(const struct connections *all, const struct address *from);

#endif
