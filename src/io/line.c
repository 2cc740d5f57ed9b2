#include "io/line.h"

static bool follows(str before, str after, size_t gap) {
    return (uintptr_t)after.ptr == (uintptr_t)before.ptr + before.len + gap;
}

enum { BLANK = 1, CRLF = 2 };

/* An empty name (": x") ends libmicrohttpd's head in the middle of the real one: what follows would
 * be read as the next request. Behind a true end two line ends were cut to NULs. */
static bool ends_here(str last) {
    static const char cut[2 * CRLF];
    return !memcmp(last.ptr + last.len, cut, sizeof(cut));
}

bool line_is_plain(
    str method, str target, str version, const struct header *headers, size_t count) {
    if (!follows(method, target, BLANK) || !follows(target, version, BLANK))
        return false;
    str before = version;
    for (size_t i = 0; i < count; i++) {
        str name = headers[i].name, value = headers[i].value;
        /* Blanks behind the colon are allowed, so the value may begin later, but not elsewhere. */
        size_t gap = (uintptr_t)value.ptr - (uintptr_t)name.ptr - name.len;
        bool same_line = (uintptr_t)value.ptr > (uintptr_t)name.ptr + name.len && gap < 256;
        if (!follows(before, name, CRLF) || !same_line)
            return false;
        before = value;
    }
    return ends_here(before);
}
