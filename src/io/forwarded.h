/* forwarded: who really asked, when trusted proxies stand in between.
 *
 * A header is believed only from a peer in the list, and only back to the last address that is not
 * in it: what stands left of that was written by strangers.

 */
#ifndef IO_FORWARDED_H
#define IO_FORWARDED_H

#include "base/err.h"
#include "http/message.h"
#include "io/address.h"

struct proxies {
    const struct address *list;
    size_t count;
    bool unix_too; /* whoever comes over a unix socket */
};

/* Where a connection comes from. */
struct peer {
    struct address at;
    bool is_unix;
    char text[ADDRESS_TEXT];
    str name; /* borrows text; "unix" */
};

/* Names are addresses or "unix". ERR_INVALID names the one that is neither. */
MUST err proxies_read(struct arena *mem, const str *names, size_t count, struct proxies *out);
bool proxies_trust(const struct proxies *trusted, const struct peer *from);
void peer_set(struct peer *p, const struct sockaddr *at);
/* Sets r->peer, r->secure and r->ref from X-Forwarded-For, X-Forwarded-Proto and X-Request-Id (6 to
 * 64 letters, digits, - and _, else it is as if there was none). */
void forwarded_read(
    struct arena *mem, const struct proxies *trusted, const struct peer *from, struct request *r);

#endif
