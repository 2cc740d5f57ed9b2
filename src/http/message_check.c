#include "base/encode.h"
#include "base/limits.h"
#include "http/message.h"

enum { METHOD_MAX = 16, LENGTH_DIGITS = 18 };

static err wrong(str what) {
    return err_make(ERR_INVALID, what);
}

/* ---- characters ---- */

static bool is_alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, str set) {
    return str_find_byte(set, c) < set.len;
}

/* RFC 9110 5.6.2 */
static bool is_token(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (!is_alnum(s.ptr[i]) && !is_one_of(s.ptr[i], S("!#$%&'*+-.^_`|~")))
            return false;
    return s.len > 0;
}

/* Tab, blank, visible ASCII and obs-text; no NUL, CR, LF or other control bytes. */
static bool is_value(str s) {
    return !control_has(s, S("\t"));
}

static bool is_host(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (!is_alnum(s.ptr[i]) && !is_one_of(s.ptr[i], S("-._~:[]")))
            return false;
    return s.len > 0;
}

static bool is_visible(str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f || s.ptr[i] == '#')
            return false;
    return s.len > 0;
}

/* ---- the request line ---- */

static err check_method(str method) {
    for (size_t i = 0; i < method.len; i++)
        if (method.ptr[i] < 'A' || method.ptr[i] > 'Z')
            return wrong(S("the method is not a word of capital letters"));
    if (!method.len || method.len > METHOD_MAX)
        return wrong(S("the method is not a word of capital letters"));
    return OK_ERR;
}

/* The authority of "http://host/path"; "" for an origin-form target. */
static str target_host(str target) {
    static const str schemes[] = {S_INIT("http://"), S_INIT("https://")};
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (target.len > schemes[i].len
            && str_is_like(str_part(target, 0, schemes[i].len), schemes[i])) {
            str rest = str_from(target, schemes[i].len);
            return str_part(rest, 0, str_find_byte(rest, '/'));
        }
    return S("");
}

static err check_target(str method, str target) {
    if (!is_visible(target))
        return wrong(S("the target has characters that must be percent-encoded"));
    bool whole = str_is(method, S("OPTIONS")) && str_is(target, S("*"));
    if (target.ptr[0] != '/' && !whole && !target_host(target).len)
        return wrong(S("the target is not a path"));
    return OK_ERR;
}

/* ---- headers that decide where a message ends and for whom it is ---- */

struct seen {
    int hosts, lengths, codings;
    str host;
};

static err take_host(struct seen *seen, str value) {
    if (!is_host(value))
        return wrong(S("Host does not read"));
    if (++seen->hosts > 1)
        return wrong(S("there are two Host headers"));
    seen->host = value;
    return OK_ERR;
}

static err take_length(struct seen *seen, str value) {
    int64_t number = 0;
    if (value.len > LENGTH_DIGITS || !str_number(value, &number))
        return wrong(S("Content-Length is not a number"));
    if (++seen->lengths > 1)
        return wrong(S("there are two Content-Length headers"));
    return OK_ERR;
}

static err take_coding(struct seen *seen, str value) {
    if (!str_is_like(value, S("chunked")))
        return wrong(S("Transfer-Encoding is not chunked"));
    if (++seen->codings > 1)
        return wrong(S("there are two Transfer-Encoding headers"));
    return OK_ERR;
}

static const struct {
    str name;
    err (*take)(struct seen *seen, str value);
} framing[] = {
    {S_INIT("Host"), take_host},
    {S_INIT("Content-Length"), take_length},
    {S_INIT("Transfer-Encoding"), take_coding},
};

static err check_header(struct seen *seen, const struct header *h) {
    if (!is_token(h->name))
        return wrong(S("a header's name is empty or has blanks or odd characters"));
    if (!is_value(h->value))
        return wrong(S("a header's value has control bytes"));
    for (size_t i = 0; i < COUNT(framing); i++)
        if (str_is_like(h->name, framing[i].name))
            return framing[i].take(seen, h->value);
    return OK_ERR;
}

err message_check(str method, str target, str version, const struct header *headers, size_t count) {
    struct seen seen = {0};
    bool old = str_is(version, S("HTTP/1.0"));
    if (!old && !str_is(version, S("HTTP/1.1")))
        return wrong(S("the version is neither HTTP/1.1 nor HTTP/1.0"));
    TRY(check_method(method));
    TRY(check_target(method, target));
    for (size_t i = 0; i < count; i++)
        TRY(check_header(&seen, &headers[i]));
    if (!seen.hosts && !old)
        return wrong(S("there is no Host header"));
    str host = target_host(target);
    if (host.len && seen.hosts && !str_is_like(host, seen.host))
        return wrong(S("the target's host is not the Host"));
    if (seen.codings && old)
        return wrong(S("Transfer-Encoding in HTTP/1.0"));
    if (seen.codings && seen.lengths)
        return wrong(S("both Content-Length and Transfer-Encoding"));
    return OK_ERR;
}

/* ---- lawful, but not for us ---- */

int message_refused(const struct request *r) {
    static const str known[] = {S_INIT("GET"), S_INIT("HEAD"), S_INIT("POST"), S_INIT("OPTIONS"),
        S_INIT("PUT"), S_INIT("PATCH"), S_INIT("DELETE"), S_INIT("TRACE"), S_INIT("CONNECT")};
    bool found = false;
    for (size_t i = 0; i < COUNT(known); i++)
        found = found || str_is(known[i], r->method);
    str expect = request_header(r, S("Expect"));
    if (!found)
        return 501;
    if (r->header_count > LIMIT_HEADERS)
        return 431;
    return expect.len && !str_is_like(expect, S("100-continue")) ? 417 : 0;
}

str message_origin_form(str target) {
    str host = target_host(target);
    if (!host.len)
        return target;
    str rest = str_from(target, (size_t)(host.ptr - target.ptr) + host.len);
    return rest.len ? rest : S("/");
}
