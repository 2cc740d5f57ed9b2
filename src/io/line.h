/* line: did the head of a request stand on the wire as RFC 9112 wants it, when only libmicrohttpd's
 * leftovers can be seen?
 *
 * libmicrohttpd 0.9 lets obs-fold, bare LF, NUL, doubled blanks and empty names through and hides
 * them: it cuts the head in place into C strings. In a well-formed head these lie side by side,
 * each two bytes (CR LF) behind the other; every one of those defects leaves another gap. 1.0 is
 * strict by itself and lays its strings differently: the caller asks only with 0.9.
 */
#ifndef IO_LINE_H
#define IO_LINE_H

#include "http/message.h"

/* All borrow the connection's read buffer; target is the C string before it was unescaped. */
bool line_is_plain(str method, str target, str version, const struct header *headers, size_t count);

#endif
