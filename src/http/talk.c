#include "http/talk.h"

#include "base/encode.h"
#include "base/fill.h"
#include "base/json.h"
#include "base/limits.h"

#include <assert.h>

static str header_find(const struct header *headers, size_t count, str name) {
    for (size_t i = 0; i < count; i++)
        if (str_is_like(headers[i].name, name))
            return headers[i].value;
    return S("");
}

str talk_header(const struct talk_answer *answer, str name) {
    return header_find(answer->headers, answer->header_count, name);
}

void talk_request_header(struct talk_request *r, str name, str value) {
    assert(r->header_count < MESSAGE_HEADERS);
    r->headers[r->header_count++] = (struct header){name, value};
}

/* ---- kept and read back ---- */

static const struct {
    enum talk_kind kind;
    str name;
} kinds[] = {
    {TALK_NONE, S_INIT("none")},
    {TALK_HTTP, S_INIT("http")},
    {TALK_MAIL, S_INIT("mail")},
};

/* The texts of a request and what they are called in the tree. */
static const struct {
    str name;
    size_t at;
} texts[] = {
    {S_INIT("method"), offsetof(struct talk_request, method)},
    {S_INIT("url"), offsetof(struct talk_request, url)},
    {S_INIT("body"), offsetof(struct talk_request, body)},
    {S_INIT("from"), offsetof(struct talk_request, from)},
    {S_INIT("to"), offsetof(struct talk_request, to)},
    {S_INIT("name"), offsetof(struct talk_request, name)},
    {S_INIT("ca"), offsetof(struct talk_request, ca)},
};

/* JSON holds UTF-8 only; other bytes are kept as base64 in a map of their own. */
static void bytes_write(struct buf *b, str bytes) {
    if (utf8_is(bytes)) {
        json_write_text(b, bytes);
        return;
    }
    buf_add(b, S("{\"base64\":"));
    json_write_text(b, base64_write(b->mem, bytes));
    buf_byte(b, '}');
}

static err bytes_read(struct arena *mem, const struct tree *t, str *out) {
    str bytes = {0};
    if (tree_is(t, TREE_MAP) && base64_read(mem, tree_get(t, S("base64")), &bytes))
        *out = bytes;
    else if (tree_is(t, TREE_TEXT))
        *out = t->text;
    else
        return err_make(ERR_CORRUPT, S("a text of a kept request does not read"));
    return OK_ERR;
}

static void headers_write(struct buf *b, const struct talk_request *r) {
    for (size_t i = 0; i < r->header_count; i++) {
        buf_add(b, i ? S(",[") : S("[["));
        bytes_write(b, r->headers[i].name);
        buf_byte(b, ',');
        bytes_write(b, r->headers[i].value);
        buf_byte(b, ']');
    }
    buf_byte(b, ']');
}

static void name_write(struct buf *b, str name) {
    buf_byte(b, b->len ? ',' : '{');
    json_write_text(b, name);
    buf_byte(b, ':');
}

enum { REQUEST_MOSTLY = 1024 };

str talk_request_write(struct arena *mem, const struct talk_request *r) {
    struct buf b = buf_new(mem, LIMIT_SHOP_ARENA / 4);
    buf_room(&b, REQUEST_MOSTLY + r->body.len);
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (kinds[i].kind == r->kind) {
            name_write(&b, S("kind"));
            json_write_text(&b, kinds[i].name);
        }
    for (size_t i = 0; i < COUNT(texts); i++) {
        str text = *(const str *)((const char *)r + texts[i].at);
        if (!text.len)
            continue;
        name_write(&b, texts[i].name);
        bytes_write(&b, text);
    }
    if (r->header_count) {
        name_write(&b, S("headers"));
        headers_write(&b, r);
    }
    if (r->wait_ms) {
        name_write(&b, S("wait_ms"));
        buf_add(&b, str_int(mem, r->wait_ms));
    }
    buf_add(&b, r->allow_private ? S(",\"allow_private\":true") : S(""));
    buf_add(&b, r->allow_plain ? S(",\"allow_plain\":true}") : S("}"));
    assert(!b.full);
    return buf_str(&b);
}

static err headers_read(struct arena *mem, const struct tree *list, struct talk_request *r) {
    for (const struct tree *pair = list ? list->first : NULL; pair; pair = pair->next) {
        str name = {0}, value = {0};
        if (!tree_is(pair, TREE_LIST) || pair->count != 2 || r->header_count == MESSAGE_HEADERS)
            return err_make(ERR_CORRUPT, S("the headers of a kept request do not read"));
        TRY(bytes_read(mem, pair->first, &name));
        TRY(bytes_read(mem, pair->last, &value));
        talk_request_header(r, name, value);
    }
    return OK_ERR;
}

static err kind_read(const struct tree *t, enum talk_kind *out) {
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_is(tree_get(t, S("kind")), kinds[i].name)) {
            *out = kinds[i].kind;
            return OK_ERR;
        }
    return err_make(ERR_CORRUPT, S("a kept request has no known kind"));
}

err talk_request_read(struct arena *mem, const struct tree *t, struct talk_request *out) {
    struct talk_request r = {0};
    TRY(kind_read(t, &r.kind));
    for (size_t i = 0; i < COUNT(texts); i++) {
        const struct tree *text = tree_find(t, texts[i].name);
        if (text)
            TRY(bytes_read(mem, text, (str *)((char *)&r + texts[i].at)));
    }
    TRY(headers_read(mem, tree_find(t, S("headers")), &r));
    r.wait_ms = tree_get_int(t, S("wait_ms"), 0);
    r.allow_private = tree_get_bool(t, S("allow_private"), false);
    r.allow_plain = tree_get_bool(t, S("allow_plain"), false);
    *out = r;
    return OK_ERR;
}

/* ---- secrets ---- */

/* The values as they must stand between the quotes of a JSON text. */
static struct tree *secrets_json(struct arena *mem, const struct tree *secrets) {
    struct tree *map = tree_map(mem);
    for (const struct tree *s = secrets ? secrets->first : NULL; s; s = s->next) {
        str quoted = json_write(mem, tree_text(mem, tree_str(s)));
        tree_put_text(mem, map, s->name, str_part(quoted, 1, quoted.len - 2));
    }
    return map;
}

/* A secret is written the way its surroundings are: percent-encoded in a form, escaped in JSON. */
static err body_fill(struct arena *mem, struct talk_request *r, const struct tree *secrets) {
    str type = header_find(r->headers, r->header_count, S("Content-Type"));
    enum fill_place place = FILL_TEXT;
    if (str_find_byte(r->body, '$') == r->body.len)
        return OK_ERR;
    if (str_starts(type, S("application/x-www-form-urlencoded")))
        place = FILL_PERCENT;
    else if (str_find(type, S("json")) < type.len)
        secrets = secrets_json(mem, secrets);
    return fill_secrets(mem, r->body, secrets, place, &r->body);
}

static err line_fill(
    struct arena *mem, str text, const struct tree *secrets, enum fill_place place, str *out) {
    str filled = {0};
    TRY(fill_secrets(mem, text, secrets, place, &filled));
    if (control_has(filled, S("\t")))
        return err_make(
            ERR_INVALID, S("a line break or control character in an address or header"));
    *out = filled;
    return OK_ERR;
}

err talk_request_fill(struct arena *mem, struct talk_request *r, const struct tree *secrets) {
    TRY(line_fill(mem, r->url, secrets, FILL_PERCENT, &r->url));
    TRY(line_fill(mem, r->ca, secrets, FILL_TEXT, &r->ca));
    for (size_t i = 0; i < r->header_count; i++) {
        struct header *h = &r->headers[i];
        if (!h->name.len || control_has(h->name, S("\t"))
            || str_find_byte(h->name, ':') < h->name.len)
            return err_make(ERR_INVALID, S("a header's name does not read"));
        TRY(line_fill(mem, h->value, secrets, FILL_TEXT, &h->value));
    }
    return r->kind == TALK_MAIL ? OK_ERR : body_fill(mem, r, secrets);
}

/* ---- Retry-After ---- */

static const str months[] = {S_INIT("Jan"), S_INIT("Feb"), S_INIT("Mar"), S_INIT("Apr"),
    S_INIT("May"), S_INIT("Jun"), S_INIT("Jul"), S_INIT("Aug"), S_INIT("Sep"), S_INIT("Oct"),
    S_INIT("Nov"), S_INIT("Dec")};

/* "Sun, 06 Nov 1994 08:49:37 GMT", the form that RFC 9110 5.6.7 wants sent. */
static bool date_read(str text, instant *out) {
    char iso[] = "0000-00-00T00:00:00Z";
    if (text.len != 29 || !str_is(str_part(text, 3, 2), S(", ")) || !str_ends(text, S(" GMT")))
        return false;
    size_t month = 0;
    while (month < COUNT(months) && !str_is(str_part(text, 8, 3), months[month]))
        month++;
    if (month == COUNT(months))
        return false;
    memcpy(iso, text.ptr + 12, 4);
    iso[5] = (char)('0' + (month + 1) / 10);
    iso[6] = (char)('0' + (month + 1) % 10);
    memcpy(iso + 8, text.ptr + 5, 2);
    memcpy(iso + 11, text.ptr + 17, 8);
    return time_read(str_of(iso), out).code == ERR_NONE;
}

int64_t talk_retry_after(const struct talk_answer *answer, instant now) {
    int64_t seconds = 0;
    instant at = 0;
    str text = str_trim(talk_header(answer, S("Retry-After")));
    if (!text.len)
        return 0;
    int64_t wait_ms = 0;
    if (str_number(text, &seconds))
        wait_ms = seconds > TIME_DAY / TIME_SECOND ? TIME_DAY : seconds * TIME_SECOND;
    else if (date_read(text, &at))
        wait_ms = at - now;
    if (wait_ms < 0)
        return 0;
    return wait_ms > TIME_DAY ? TIME_DAY : wait_ms;
}
