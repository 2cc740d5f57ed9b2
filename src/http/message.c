#include "http/message.h"

#include "base/encode.h"
#include "base/json.h"

#include <assert.h>

/* ---- reading ---- */

str request_header(const struct request *r, str name) {
    for (size_t i = 0; i < r->header_count; i++)
        if (str_is_like(r->headers[i].name, name))
            return r->headers[i].value;
    return S("");
}

/* What an Accept header thinks of a kind of answer, in thousandths; -1: not named. */
struct wish {
    int json, html;
};

/* "0.25" in thousandths; what does not read is 1, as if it was not there. */
static int quality_read(str text) {
    int64_t whole = 0, part = 0;
    str rest = text, piece = {0};
    if (!str_cut(&rest, '.', &piece) || !str_number(piece, &whole) || whole > 1)
        return 1000;
    if (whole == 1 || !rest.len)
        return (int)whole * 1000;
    if (rest.len > 3 || !str_number(rest, &part))
        return 1000;
    for (size_t i = rest.len; i < 3; i++)
        part *= 10;
    return (int)part;
}

int header_quality(str parameters) {
    str rest = parameters, piece = {0};
    while (str_cut(&rest, ';', &piece)) {
        piece = str_trim(piece);
        if (str_starts(piece, S("q=")) || str_starts(piece, S("Q=")))
            return quality_read(str_from(piece, 2));
    }
    return 1000;
}

static bool type_is_json(str type) {
    return str_is_like(type, S("application/json"))
           || str_is_like(type, S("application/problem+json"));
}

static void wish_add(struct wish *w, str range) {
    str rest = range, type = {0};
    if (!str_cut(&rest, ';', &type))
        return;
    type = str_trim(type);
    int quality = header_quality(rest);
    if (type_is_json(type) && quality > w->json)
        w->json = quality;
    bool html = str_is_like(type, S("text/html")) || str_is_like(type, S("application/xhtml+xml"));
    if (html && quality > w->html)
        w->html = quality;
}

bool request_wants_json(const struct request *r) {
    str rest = request_header(r, S("Content-Type")), piece = {0};
    if (r->body.len && str_cut(&rest, ';', &piece) && type_is_json(str_trim(piece)))
        return true;
    struct wish w = {.json = -1, .html = -1};
    rest = request_header(r, S("Accept"));
    while (str_cut(&rest, ',', &piece))
        wish_add(&w, piece);
    return w.json > 0 && w.json > w.html;
}

str request_query(struct arena *mem, const struct request *r, str name) {
    str rest = r->query, piece = {0};
    while (str_cut(&rest, '&', &piece)) {
        size_t at = str_find_byte(piece, '=');
        str key = {0}, value = {0};
        if (!percent_read(mem, str_part(piece, 0, at), true, &key) || !str_is(key, name))
            continue;
        if (!percent_read(mem, str_from(piece, at + 1), true, &value) || !utf8_is(value))
            return S("");
        return value;
    }
    return S("");
}

/* ---- answering ---- */

void response_header(struct response *r, str name, str value) {
    /* A value with CR or LF would begin another header. */
    if (control_has(value, S("")) || control_has(name, S("")))
        return;
    for (size_t i = 0; i < r->header_count; i++)
        if (str_is_like(r->headers[i].name, name)) {
            r->headers[i].value = value;
            return;
        }
    assert(r->header_count < RESPONSE_HEADERS);
    r->headers[r->header_count++] = (struct header){name, value};
}

/* form-action also rules where a form's 303 may lead, and every redirect behind that (Chromium),
 * so it cannot name the payment providers. */
#define POLICY_IMAGES \
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; " \
    "img-src 'self' https: data:"
#define POLICY_FORMS "; form-action 'self' https:"
#define POLICY_LOCAL " http://127.0.0.1:* http://localhost:*"
#define POLICY_END   "; base-uri 'none'; frame-ancestors 'none'"

/* What every answer of a kind has; the first of them is the policy. */
static struct response answer(
    int status, str type, str body, const struct header *headers, size_t count) {
    struct response r = {.status = status, .type = type, .body = body, .header_count = count};
    memcpy(r.headers, headers, count * sizeof(*headers));
    return r;
}

/* Addresses of pages carry keys; same-origin (and not no-referrer) keeps Origin on our own forms.
 */
static struct response page(int status, str html, str policy) {
    static const struct header headers[] = {
        {S_INIT("Content-Security-Policy"), S_INIT("default-src 'none'")},
        {S_INIT("Referrer-Policy"), S_INIT("same-origin")},
        {S_INIT("X-Content-Type-Options"), S_INIT("nosniff")},
        {S_INIT("Permissions-Policy"), S_INIT("camera=(), geolocation=(), microphone=()")},
        {S_INIT("Cross-Origin-Opener-Policy"), S_INIT("same-origin")},
        {S_INIT("Cache-Control"), S_INIT("no-store")},
    };
    struct response r =
        answer(status, S("text/html; charset=utf-8"), html, headers, COUNT(headers));
    r.headers[0].value = policy;
    return r;
}

struct response response_page(struct arena *mem, int status, str html) {
    return page(status, html, S(POLICY_IMAGES POLICY_FORMS POLICY_END));
}

struct response response_page_local(struct arena *mem, int status, str html) {
    return page(
        status, html, S(POLICY_IMAGES POLICY_LOCAL POLICY_FORMS POLICY_LOCAL POLICY_END));
}

static struct response plain(int status, str type, str body) {
    static const struct header headers[] = {
        {S_INIT("Content-Security-Policy"), S_INIT("default-src 'none'; frame-ancestors 'none'")},
        {S_INIT("Referrer-Policy"), S_INIT("same-origin")},
        {S_INIT("X-Content-Type-Options"), S_INIT("nosniff")},
        {S_INIT("Cache-Control"), S_INIT("no-store")},
    };
    return answer(status, type, body, headers, COUNT(headers));
}

struct response response_text(int status, str text) {
    return plain(status, S("text/plain; charset=utf-8"), text);
}

struct response response_json(int status, str json) {
    return plain(status, S("application/json"), json);
}

struct response response_go(str location) {
    struct response r = plain(303, S(""), S(""));
    response_header(&r, S("Location"), location);
    return r;
}

struct response response_problem(struct arena *mem, err e, const struct tree *fields, str ref) {
    const struct err_rule *rule = &err_rules[e.code];
    /* A form that reads but is wrong in some fields. */
    int status = fields ? 422 : rule->status;
    str stranger = str_of(rule->stranger);
    bool theirs = status < 500 && e.what.len > 0;
    struct tree *t = tree_map(mem);
    tree_put_text(mem, t, S("type"), S("about:blank"));
    tree_put_text(mem, t, S("title"), stranger);
    tree_put_int(mem, t, S("status"), status);
    tree_put_text(mem, t, S("detail"), theirs ? e.what : stranger);
    if (fields)
        tree_put(t, S("fields"), tree_copy(mem, fields));
    if (ref.len)
        tree_put_text(mem, t, S("ref"), ref);
    return plain(status, S("application/problem+json"), json_write(mem, t));
}
