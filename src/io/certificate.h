/* certificate: what a TLS server shows of itself: a chain of certificates and the key that fits.
 *
 * Both come as PEM text. Immutable when made; counted, because a connection that began with it goes
 * on with it while others begin with a new one. The one door to the library's X.509. Not here:
 * files, connections, whether anybody trusts it.
 */
#ifndef IO_CERTIFICATE_H
#define IO_CERTIFICATE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/time.h"

struct certificate;

/* Own certificate first, then those that signed it. ERR_INVALID, in words; the caller drops it. */
MUST err certificate_new(struct arena *mem, str chain, struct certificate **out);
/* Before it is used, once. ERR_INVALID: not PEM, has a password, belongs to another certificate. */
MUST err certificate_key(struct arena *mem, struct certificate *c, str key);
/* It is lawful between these. */
instant certificate_from(const struct certificate *c);
instant certificate_until(const struct certificate *c);
/* Is it for this host? Wildcards count; an IPv6 address comes without brackets. */
bool certificate_covers(struct arena *mem, const struct certificate *c, str host);

struct certificate *certificate_keep(struct certificate *c);
/* The last one frees it, in any thread. Null is nothing. */
void certificate_drop(struct certificate *c);

/* A TLS session (gnutls_session_t) is going to show it; it must be kept until the session's end. */
void certificate_bind(struct certificate *c, void *session);
/* The library's gnutls_certificate_retrieve_function2 that shows it. */
void (*certificate_chooser(void))(void);
/* TLS 1.2 and 1.3, with forward secrecy. */
extern const char certificate_priorities[];

#endif
