/* address: an internet address as sixteen bytes (IPv4 mapped into IPv6), as text, and whether it is
 * private.
 *
 * Private is every range that does not lead to a host of somebody else on the internet: loopback,
 * link-local, the house's own networks, test and reserved ranges, multicast, and IPv6 ways to write
 * such an IPv4 address.
 */
#ifndef IO_ADDRESS_H
#define IO_ADDRESS_H

#include "base/str.h"

enum { ADDRESS_TEXT = 64 };

struct sockaddr;

struct address {
    uint8_t bytes[16];
};

/* "192.0.2.1", "2001:db8::1", also with a port: "192.0.2.1:80", "[2001:db8::1]:80". */
bool address_read(str text, struct address *out);
/* False for another family than IPv4 and IPv6. */
bool address_of(const struct sockaddr *at, struct address *out);
/* Canonical text into room for ADDRESS_TEXT bytes; the result borrows it. */
str address_text(const struct address *a, char text[ADDRESS_TEXT]);
bool address_is(const struct address *a, const struct address *b);
bool address_is_private(const struct address *a);

#endif
