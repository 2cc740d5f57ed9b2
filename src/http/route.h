/* route: method and path to a row of a table. Patterns: "/o/:/:" where ':' is one non-empty
 * segment, and a last "*" takes the rest (also empty). The raw path is matched; segments come back
 * percent-decoded and are refused with '/', NUL or control bytes inside. */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "base/err.h"

enum { ROUTE_PARTS = 4 };

struct route {
    str method; /* "GET" answers HEAD too */
    str pattern;
    int name; /* of the caller's enum */
};

struct route_match {
    int name;
    str parts[ROUTE_PARTS];
    size_t count;
    str allow; /* with ERR_USAGE: the methods this path has, for 405 */
};

/* A row whose pattern takes all is asked only when no other row's path fits. ERR_ABSENT: no such
 * path (404). ERR_USAGE: the path, but not the method (405). */
MUST err route_find(struct arena *mem, const struct route *routes, size_t count, str method,
    str path, struct route_match *out);

#endif
