#include "base/buf.h"
#include "base/encode.h"
#include "base/fill.h"
#include "base/json.h"
#include "base/limits.h"
#include "partner/http_step.h"

/* ---- filling without making secrets ---- */

/* A buyer who calls himself "${KIT_KEY}" must not be sent the key. His text is escaped, and
 * should it still make or break a ${NAME} together with what stands beside it, nothing is sent. */
static err fill_safely(
    struct arena *mem, const struct tree *in, const struct tree *view, struct tree **out) {
    struct tree *filled = NULL;
    TRY(fill_tree(mem, in, view, FILL_SAFELY, &filled));
    const struct tree *before = fill_secret_names(mem, in);
    const struct tree *after = fill_secret_names(mem, filled);
    bool same = before->count == after->count;
    for (const struct tree *t = before->first; t && same; t = t->next)
        same = tree_has(after, t->text);
    if (!same)
        return err_make(ERR_INVALID, S("a value makes a ${NAME} out of what stands beside it"));
    *out = filled;
    return OK_ERR;
}

/* ---- address and headers ---- */

static err address(struct arena *mem, const struct step_call *call, str url, str *out) {
    str base = tree_get(call->with, S("base"));
    str path = {0}, root = {0};
    TRY(fill_text(mem, url, call->view, FILL_PERCENT, &path));
    TRY(fill_text(mem, base, call->view, FILL_PERCENT, &root));
    bool whole = str_starts(path, S("https://")) || str_starts(path, S("http://"))
                 || str_starts(path, S("${"));
    if (whole || !root.len) {
        *out = path;
        return whole ? OK_ERR
                     : err_make(
                         ERR_INVALID, S("the address of the step does not begin with https://"));
    }
    while (str_ends(root, S("/")))
        root.len--;
    *out = JOIN(mem, root, str_starts(path, S("/")) ? S("") : S("/"), path);
    return OK_ERR;
}

const struct tree *http_header_find(const struct tree *headers, str name) {
    for (const struct tree *t = headers ? headers->first : NULL; t; t = t->next)
        if (str_is_like(t->name, name))
            return t;
    return NULL;
}

static bool has_header(const struct talk_request *r, str name) {
    for (size_t i = 0; i < r->header_count; i++)
        if (str_is_like(r->headers[i].name, name))
            return true;
    return false;
}

static err header_add(struct arena *mem, struct talk_request *r, str name, str value) {
    if (!name.len || control_has(name, S("\t")) || control_has(value, S("\t")))
        return err_make(
            ERR_INVALID, JOIN(mem, S("the header `"), name, S("` would have a line break")));
    if (r->header_count == MESSAGE_HEADERS)
        return err_make(ERR_TOO_MANY, S("a request has at most 12 headers"));
    talk_request_header(r, name, value);
    return OK_ERR;
}

static err headers_add(struct arena *mem, const struct step_call *call, const struct tree *headers,
    struct talk_request *r) {
    struct tree *filled = NULL;
    if (!headers)
        return OK_ERR;
    TRY(fill_safely(mem, headers, call->view, &filled));
    for (const struct tree *t = filled->first; t; t = t->next)
        if (!has_header(r, t->name))
            TRY(header_add(mem, r, t->name, tree_str(t)));
    return OK_ERR;
}

err http_begin(struct arena *mem, const struct step_call *call, str url, const struct tree *more,
    struct talk_request *out) {
    struct talk_request r = {.kind = TALK_HTTP};
    str timeout = tree_get(call->with, S("timeout"));
    TRY(address(mem, call, url, &r.url));
    TRY(headers_add(mem, call, more, &r));
    TRY(headers_add(mem, call, tree_find(call->with, S("headers")), &r));
    if (!has_header(&r, S("Accept")))
        TRY(header_add(mem, &r, S("Accept"), S("application/json")));
    if (timeout.len)
        TRY(time_span_read(timeout, &r.wait_ms));
    r.ca = tree_get(call->with, S("ca"));
    r.allow_private = tree_get_bool(call->with, S("allow_private"), false);
    *out = r;
    return OK_ERR;
}

/* ---- bodies ---- */

static size_t digits(str s, size_t at) {
    size_t from = at;
    while (at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9')
        at++;
    return at - from;
}

/* RFC 8259 6, without an exponent: what amounts and counts look like. */
static bool is_number(str s) {
    size_t at = str_starts(s, S("-")) ? 1 : 0;
    size_t whole = digits(s, at);
    if (!whole || (whole > 1 && s.ptr[at] == '0'))
        return false;
    at += whole;
    if (at < s.len && s.ptr[at] == '.') {
        size_t part = digits(s, at + 1);
        at += part ? part + 1 : 0;
    }
    return at == s.len;
}

/* {$number: "499.00"} becomes 499.00, with the digits it had. */
static err numbers_make(struct arena *mem, struct tree *t) {
    const struct tree *only = t->count == 1 ? tree_find(t, S("$number")) : NULL;
    for (struct tree *c = t->first; c && !only; c = c->next)
        TRY(numbers_make(mem, c));
    if (!only)
        return OK_ERR;
    str text = tree_str(only);
    if (!is_number(text))
        return err_make(ERR_INVALID, JOIN(mem, S("`"), text, S("` is no number for $number")));
    t->kind = TREE_NUMBER;
    t->text = text;
    t->first = t->last = NULL;
    t->count = 0;
    return OK_ERR;
}

static err type_add(struct arena *mem, struct talk_request *r, str type) {
    return has_header(r, S("Content-Type")) ? OK_ERR : header_add(mem, r, S("Content-Type"), type);
}

static err json_body(struct arena *mem, const struct step_call *call, const struct tree *body,
    struct talk_request *r) {
    struct tree *filled = NULL;
    TRY(fill_safely(mem, body, call->view, &filled));
    TRY(numbers_make(mem, filled));
    r->body = json_write(mem, filled);
    return type_add(mem, r, S("application/json"));
}

/* Percent-encodes all but the ${NAME} that talk_request_fill will replace. */
static void form_text(struct arena *mem, struct buf *b, str text) {
    while (text.len) {
        size_t at = str_find(text, S("${"));
        bool literal = at > 0 && at < text.len && text.ptr[at - 1] == '$';
        percent_add(b, str_part(text, 0, literal ? at - 1 : at));
        text = str_from(text, at);
        if (!text.len)
            return;
        size_t end = literal ? 1 : str_find_byte(text, '}');
        buf_add(b, literal ? S("%24%7B") : str_part(text, 0, end + 1));
        text = str_from(text, end + 1);
    }
}

static err form_body(struct arena *mem, const struct step_call *call, const struct tree *form,
    struct talk_request *r) {
    struct tree *filled = NULL;
    struct buf b = buf_new(mem, LIMIT_ANSWER);
    TRY(fill_safely(mem, form, call->view, &filled));
    for (const struct tree *t = filled->first; t; t = t->next) {
        if (t != filled->first)
            buf_byte(&b, '&');
        form_text(mem, &b, t->name);
        buf_byte(&b, '=');
        form_text(mem, &b, tree_str(t));
    }
    r->body = buf_str(&b);
    return type_add(mem, r, S("application/x-www-form-urlencoded"));
}

static str method_of(struct arena *mem, const struct tree *with, bool bodied) {
    str method = tree_get(with, S("method"));
    size_t upper = 0;
    if (!method.len)
        return bodied ? S("POST") : S("GET");
    char *bytes = arena_take(mem, method.len);
    for (; upper < method.len; upper++) {
        char c = method.ptr[upper];
        bytes[upper] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return (str){bytes, method.len};
}

err http_render(struct arena *mem, const struct step_call *call, struct talk_request *out) {
    struct talk_request r = {0};
    const struct tree *body = tree_find(call->with, S("body"));
    const struct tree *form = tree_find(call->with, S("form"));
    str key = tree_get(tree_find(call->with, S("key")), S("header"));
    TRY(http_begin(mem, call, tree_get(call->with, S("url")), NULL, &r));
    r.method = method_of(mem, call->with, body || form);
    if (key.len && !has_header(&r, key))
        TRY(header_add(mem, &r, key, call->step->key));
    if (body)
        TRY(json_body(mem, call, body, &r));
    else if (form)
        TRY(form_body(mem, call, form, &r));
    *out = r;
    return OK_ERR;
}
