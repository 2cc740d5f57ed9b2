/* condition: what a client that has something already wants to know of it: is it still the same?
 * (RFC 9110 13). Entity tags are whole, with their quotes: `"a1"`, `W/"a1"`. */
#ifndef HTTP_CONDITION_H
#define HTTP_CONDITION_H

#include "http/message.h"

/* For a GET or HEAD that would be answered 200 with that tag ("": none) and time of the last change
 * (0: unknown): 0 go on, 304 the client has it, 412 what it has is no longer true. */
int condition_check(const struct request *r, str etag, instant changed);
/* Does If-Range, if there is one, let a range be sent? Needs the strong tag or the exact time. */
bool condition_range(const struct request *r, str etag, instant changed);
/* Is the tag in a list such as `"a", W/"b"` or `*`? strong: weak tags are like nothing. */
bool etag_is_in(str list, str etag, bool strong);

#endif
