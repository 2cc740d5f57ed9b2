/* client: the real talk: HTTP over libcurl (io/curl), mail to a mail server (io/mailer) or to a
 * folder (io/outbox).
 *
 * libcurl is opened (dlopen) at the first conversation over the network. Whether a byte was sent
 * is decided by one thing: the count of CURLOPT_PREREQFUNCTION calls; none is TALK_NOT_SENT, a
 * second one aborts as TALK_NO_ANSWER. No redirects, no proxies from the environment, TLS verified,
 * answers up to LIMIT_ANSWER; http: and private, loopback, link-local addresses (looked at after
 * resolving) only with allow_private. One client may be used by many threads; each conversation has
 * its own handle, and a connection is kept for the next one for three seconds.
 */
#ifndef IO_CLIENT_H
#define IO_CLIENT_H

#include "base/err.h"
#include "http/talk.h"

/* dir: the shop's folder, where "file:var/outbox" begins. */
MUST err client_new(struct arena *mem, str dir, struct talk **out);
void client_free(struct talk *t);
/* HTTP over a unix socket (the control socket), for commands: request line path is `url`. */
MUST err client_unix(
    struct arena *mem, str dir, str socket, const struct talk_request *r, struct talk_answer *out);

#endif
