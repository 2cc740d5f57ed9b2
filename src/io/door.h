/* door: one listener with its handler and its own libmicrohttpd daemon; what io/server (the only
 * file that knows libmicrohttpd) and io/server_loop share. Everything here belongs to the event
 * thread.
 */
#ifndef IO_DOOR_H
#define IO_DOOR_H

#include "io/connection.h"
#include "io/exchange.h"
#include "io/listener.h"

struct MHD_Daemon;

/* So many connections more than the limit may be open while they are being closed. */
enum { DOOR_SLACK = 128 };

struct door {
    struct server_options options;
    struct proxies proxies;
    struct listener listener;
    struct connections all;
    struct exchanges *exchanges; /* the server's */
    struct MHD_Daemon *mhd;
    struct certificate *certificate; /* for the next connection; null: plain */
    int limit;          /* of connections */
    size_t share;       /* of one address; 0: no limit */
    const int64_t *now; /* the loop's */
    int64_t no_place, over_share, broken; /* turned away, since the start */
    bool due;           /* door_run has something to do */
    bool heard;         /* in this turn: libmicrohttpd called us */
    unsigned unheard;   /* turns since it did, each of them due */
    bool closing;       /* answers end their connections */
    bool see_line;      /* io/line applies */
};

/* False: out of memory or descriptors. `*fd` becomes readable when the door is due. */
bool door_start(struct door *d, int *fd);
/* The connection is the door's from now on. */
void door_add(struct door *d, int fd, const struct sockaddr_storage *from);
/* Reads, calls handlers, writes; sets due when there is more at once. */
void door_run(struct door *d);
/* Ends what still waits for an answer, without one. */
void door_drop(struct door *d);
void door_stop(struct door *d);

#endif
