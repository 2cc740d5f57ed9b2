#include "http/route.h"

#include "base/buf.h"
#include "base/encode.h"

#include <assert.h>

static bool is_clean(str s) {
    return str_find_byte(s, '/') == s.len && !control_has(s, S("")) && utf8_is(s);
}

static bool segment_read(struct arena *mem, str raw, str *out) {
    return percent_read(mem, raw, false, out) && is_clean(*out);
}

/* The decoded segments of what "*" takes; "." and ".." have no place in an address of ours. */
static bool rest_read(struct arena *mem, str raw, str *out) {
    struct buf all = buf_new(mem, raw.len + 1);
    for (;;) {
        str part = {0};
        size_t end = str_find_byte(raw, '/');
        if (!segment_read(mem, str_part(raw, 0, end), &part))
            return false;
        if (str_is(part, S(".")) || str_is(part, S("..")))
            return false;
        buf_add(&all, part);
        if (end == raw.len)
            break;
        buf_byte(&all, '/');
        raw = str_from(raw, end + 1);
    }
    *out = buf_str(&all);
    return true;
}

static bool part_add(struct route_match *m, bool read, str part) {
    if (!read)
        return false;
    assert(m->count < ROUTE_PARTS);
    m->parts[m->count++] = part;
    return true;
}

static bool matches(struct arena *mem, str pattern, str path, struct route_match *m) {
    while (pattern.len) {
        str part = {0};
        if (str_is(pattern, S("*")))
            return part_add(m, rest_read(mem, path, &part), part);
        if (!path.len)
            return false;
        size_t step = 1;
        if (pattern.ptr[0] == ':') {
            step = str_find_byte(path, '/');
            bool read = step > 0 && segment_read(mem, str_part(path, 0, step), &part);
            if (!part_add(m, read, part))
                return false;
        } else if (pattern.ptr[0] != path.ptr[0]) {
            return false;
        }
        pattern = str_from(pattern, 1);
        path = str_from(path, step);
    }
    return path.len == 0;
}

/* Most routes are told by the letters before their first hole: their number, when they are there.
 */
static bool begins(str pattern, str path, size_t *letters) {
    size_t i = 0;
    for (; i < pattern.len && pattern.ptr[i] != ':' && pattern.ptr[i] != '*'; i++)
        if (i == path.len || pattern.ptr[i] != path.ptr[i])
            return false;
    *letters = i;
    return true;
}

static bool answers(str mine, str asked) {
    return str_is(mine, asked) || (str_is(mine, S("GET")) && str_is(asked, S("HEAD")));
}

static bool names(str list, str method) {
    str rest = list, piece = {0};
    while (str_cut(&rest, ',', &piece))
        if (str_is(str_trim(piece), method))
            return true;
    return false;
}

static str allow_add(struct arena *mem, str allow, str method) {
    if (names(allow, method))
        return allow;
    str more = str_is(method, S("GET")) ? S("GET, HEAD") : method;
    return allow.len ? JOIN(mem, allow, S(", "), more) : more;
}

err route_find(struct arena *mem, const struct route *routes, size_t count, str method, str path,
    struct route_match *out) {
    str allow = {0};
    for (size_t i = 0; i < count; i++) {
        size_t letters;
        if (!begins(routes[i].pattern, path, &letters))
            continue;
        struct route_match m = {.name = routes[i].name};
        bool rest = allow.len && str_is(routes[i].pattern, S("/*"));
        if (rest
            || !matches(mem, str_from(routes[i].pattern, letters), str_from(path, letters), &m))
            continue;
        if (answers(routes[i].method, method)) {
            *out = m;
            return OK_ERR;
        }
        allow = allow_add(mem, allow, routes[i].method);
    }
    if (!allow.len)
        return err_make(ERR_ABSENT, S("there is nothing at this address"));
    out->allow = allow;
    return err_make(ERR_USAGE, S("this address does not take that method"));
}
