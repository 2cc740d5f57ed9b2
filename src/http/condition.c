#include "http/condition.h"

#include "http/date.h"

#define WEAK S("W/")

static str opaque(str etag) {
    return str_starts(etag, WEAK) ? str_from(etag, WEAK.len) : etag;
}

/* Tags may hold commas, so the list is cut by quotes. */
static bool cut_tag(str *rest, str *tag) {
    size_t skip = 0;
    while (skip < rest->len && str_find_byte(S(" \t,"), rest->ptr[skip]) < 3)
        skip++;
    str at = str_from(*rest, skip);
    size_t open = str_starts(at, WEAK) ? WEAK.len : 0;
    if (open >= at.len || at.ptr[open] != '"')
        return false;
    size_t end = open + 1 + str_find_byte(str_from(at, open + 1), '"');
    if (end >= at.len)
        return false;
    *tag = str_part(at, 0, end + 1);
    *rest = str_from(at, end + 1);
    return true;
}

bool etag_is_in(str list, str etag, bool strong) {
    str rest = list, tag = {0};
    if (!etag.len || (strong && str_starts(etag, WEAK)))
        return false;
    if (str_is(str_trim(list), S("*")))
        return true;
    while (cut_tag(&rest, &tag))
        if (strong ? str_is(tag, etag) : str_is(opaque(tag), opaque(etag)))
            return true;
    return false;
}

/* Headers have no parts of a second. */
static instant whole(instant at) {
    return at - at % TIME_SECOND;
}

static bool date_header(const struct request *r, str name, instant *out) {
    str text = request_header(r, name);
    return text.len && date_read(text, out);
}

int condition_check(const struct request *r, str etag, instant changed) {
    instant since = 0;
    str match = request_header(r, S("If-Match"));
    if (match.len && !etag_is_in(match, etag, true))
        return 412;
    if (!match.len && changed && date_header(r, S("If-Unmodified-Since"), &since)
        && whole(changed) > since)
        return 412;
    str none = request_header(r, S("If-None-Match"));
    if (none.len)
        return etag_is_in(none, etag, false) ? 304 : 0;
    if (changed && date_header(r, S("If-Modified-Since"), &since) && whole(changed) <= since)
        return 304;
    return 0;
}

bool condition_range(const struct request *r, str etag, instant changed) {
    str wish = request_header(r, S("If-Range"));
    instant at = 0;
    if (!wish.len)
        return true;
    if (str_find_byte(wish, '"') < wish.len)
        return !str_is(wish, S("*")) && etag_is_in(wish, etag, true);
    return changed && date_read(wish, &at) && at == whole(changed);
}
