/* server: sockets in, messages out: HTTP/1.1 over libmicrohttpd (the only door to it), one thread,
 * our own loop.
 *
 * The loop polls libmicrohttpd's epoll descriptor (one per listener), the eventfds and
 * descriptors it is given, and its own wake-up eventfd. A request is complete when its handler is
 * called (body up to LIMIT_BODY; longer ones are swallowed to a limit, answered 413 and closed).
 * The handler answers at once, or says that it will answer later: the connection is suspended, and
 * resumed only in the loop's thread by server_answer. The server knows no routes and no shop.
 * message_check's refusals never reach the handler.
 */
#ifndef IO_SERVER_H
#define IO_SERVER_H

#include "base/err.h"
#include "http/message.h"

struct certificate;
struct server;
struct exchange; /* one request being answered; its arena lives until the answer is sent */

struct server_options {
    str listen;         /* "127.0.0.1:8080", "[::1]:8080", "unix:var/http.sock", "fd:3" */
    str dir;            /* where a relative unix path begins */
    unsigned mode;      /* of a unix socket */
    bool six_only;      /* an IPv6 address leaves IPv4 to another listener */
    int next_ports;     /* try this many ports further when taken (serve) */
    const str *proxies; /* addresses, "unix"; X-Forwarded-For of these is believed */
    size_t proxy_count;
    /* 0: 10,000, or what the allowed descriptors give. When all are taken, the one longest idle is
     * ended for the newcomer; is none idle, the newcomer is turned away. */
    int connections_max;
    int connections_share; /* of one address (IPv6: /64) that is no proxy; 0: no limit */
    int timeout_s;         /* idle, and a reader that hardly reads: 0: 30 */
    /* Null: plain. Else TLS, but not over a unix socket; the server keeps its own hold of it. */
    struct certificate *certificate;
    instant (*now)(void *self);
    void *now_self;
    void *self;
    /* Called in the loop's thread. Either calls server_answer before it returns or keeps `x`. */
    void (*handle)(void *self, struct exchange *x, const struct request *r);
    /* A request was refused with this status before it was one; or null. */
    void (*refused)(void *self, int status);
};

/* Listens; nothing is served before server_run. ERR_BUSY: the port is taken, in words. */
MUST err server_new(struct arena *mem, const struct server_options *options, struct server **out);
/* Another listener in the same loop with its own handler, such as the control socket. */
MUST err server_also(struct server *s, const struct server_options *options);
/* Where the listener listens, counted from 0 in the order of making: "127.0.0.1:8081". */
str server_address(const struct server *s, size_t i);
/* Whoever connects from now on is shown this one; who is connected keeps what he saw. Does nothing
 * where plain HTTP is spoken. Event thread only, or before server_run. */
void server_certify(struct server *s, struct certificate *c);
/* Calls act(self) in the loop's thread whenever fd is readable. At most 8. */
void server_watch(struct server *s, int fd, void (*act)(void *self), void *self);
/* Is a request being received, or an answer made or sent? Event thread only. */
bool server_is_busy(const struct server *s);
/* Runs until server_stop; then answers what is under way (up to 5 s) and returns. */
MUST err server_run(struct server *s);
/* From any thread or a signal handler's eventfd. */
void server_stop(struct server *s);
/* Exchanges that got no answer in time are still there, with their arenas, until here: whoever may
 * hold one (a committer) ends first. An answer that comes too late is ignored. */
void server_free(struct server *s);

/* Who was turned away before there was a request, since the start. Event thread only. */
struct server_turned {
    int64_t no_place, over_share; /* connections_max, connections_share */
    int64_t slow_senders, slow_readers;
    int64_t broken; /* heads that libmicrohttpd itself refused: too large, or no HTTP */
};
struct server_turned server_turned(const struct server *s);

struct arena *exchange_arena(struct exchange *x);
/* The caller's, null at first. */
void exchange_keep(struct exchange *x, void *state);
void *exchange_state(const struct exchange *x);
/* Loop's thread only. The response's bytes must live in the exchange's arena or for ever. */
void server_answer(struct exchange *x, const struct response *r);

#endif
