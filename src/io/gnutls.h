/* gnutls: the one door to GnuTLS, for TLS that the shop itself speaks: io/certificate, and
 * libmicrohttpd behind it.
 *
 * Where libmicrohttpd can be linked in as an archive the library is opened (dlopen) at the first
 * certificate, once for the whole process: with those that it brings it is half of what the dynamic
 * linker does at a start (gnutls_late.c). Elsewhere it is linked as usual (gnutls_linked.c).
 */
#ifndef IO_GNUTLS_H
#define IO_GNUTLS_H

#include <gnutls/abstract.h>
#include <stdbool.h>

/* Before anything else of it. False: it is not there. From any thread. */
bool gnutls_open(void);

#define GNUTLS_IS_NOT_THERE "libgnutls.so.30 cannot be loaded: install libgnutls30"

#endif
