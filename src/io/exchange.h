/* exchange: one request and its answer, from the request line to the last byte sent; reused with
 * its arena.
 *
 * Belongs to the event thread. Only io/server and io/server_loop look inside; a handler holds it
 * as an opaque thing. A dropped one (the server has stopped while the handler still had it) lives
 * until the end.
 */
#ifndef IO_EXCHANGE_H
#define IO_EXCHANGE_H

#include "base/buf.h"
#include "http/message.h"
#include "io/server.h"

/* Where it stands; passed downwards only. */
enum exchange_stage {
    EXCHANGE_HEAD,    /* the request line was read */
    EXCHANGE_BODY,    /* the head is lawful */
    EXCHANGE_HANDLED, /* inside the handler */
    EXCHANGE_WAITING, /* the connection is suspended */
    EXCHANGE_ANSWERED,
    EXCHANGE_DROPPED, /* an answer finds nobody */
};

struct connection;
struct door;
struct MHD_Connection;

struct exchange {
    struct exchange *next; /* of the spare ones */
    struct exchange *made; /* of all, for the end */
    struct arena *mem;
    struct door *door;
    struct connection *on;
    struct MHD_Connection *mhd;
    enum exchange_stage stage;
    str wire_target; /* where the target stood in the read buffer */
    struct request request;
    struct buf body;
    size_t body_size;
    void *state;
};

struct exchanges {
    struct arena *own; /* the structs; each has its own arena for the rest */
    struct exchange *spare, *made;
    size_t busy, busy_most, arenas;
};

struct exchange *exchange_take(struct exchanges *all);
void exchange_leave(struct exchanges *all, struct exchange *x);
/* Gives back what a rush needed; call it now and then. True while there is more to give back. */
bool exchange_trim(struct exchanges *all);
void exchange_end(struct exchanges *all);

#endif
