/* listener: a socket that waits for connections, TCP or unix, ours or handed over ("fd:3").
 *
 * The descriptor is non-blocking; accepted ones are too. A unix socket is bound through its
 * folder's descriptor, so that long paths fit; a stale one is replaced, a live one is ERR_BUSY.
 */
#ifndef IO_LISTENER_H
#define IO_LISTENER_H

#include "base/err.h"

#include <sys/socket.h>

struct listener {
    int fd;      /* -1 when closed */
    int spare;   /* given up for a moment when the process is out of descriptors */
    int folder;  /* of a unix socket, else -1 */
    str name;    /* its name in there */
    str address; /* "127.0.0.1:8080", "unix:control.sock" */
};

struct listener_options {
    str listen;     /* as in server_options */
    int next_ports; /* how many ports further may be tried */
    str dir;        /* where a relative unix path begins */
    unsigned mode;  /* of a unix socket */
    bool six_only;  /* an IPv6 address leaves IPv4 alone */
};

/* ERR_INVALID, in words, when it is no address to listen on; nothing is opened. */
MUST err listener_check(struct arena *mem, str listen);
/* Would the first, an IPv6 address, take IPv4 connections that the second is there for? */
bool listener_covers(str six, str four);
MUST err listener_open(
    struct arena *mem, const struct listener_options *options, struct listener *out);
/* The next connection, or -1: none waits. `*refused` counts those that had to be turned away. */
int listener_accept(struct listener *l, struct sockaddr_storage *from, int *refused);
void listener_close(struct listener *l);
/* The path of a unix socket through its folder's descriptor: short enough for the kernel. */
MUST err listener_path(struct arena *mem, int folder, str name, str *out);

#endif
