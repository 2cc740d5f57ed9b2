/* A stranger's request head: the line and its headers, and each header's value as a range, a list
 * of tags, a date and a condition. What passes the check is what HTTP allows, said here a second
 * time and more simply; what is read is written back to the same. Also run by test_http, seeded. */
#include "base/arena.h"
#include "http/condition.h"
#include "http/date.h"
#include "http/range.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS = 16 };

#define TAG     S("\"a1\"")
#define CHANGED 784111777123

static bool holds(str text, str part) {
    return str_find(text, part) < text.len;
}

/* ---- one value ---- */

static void range_any(struct arena *mem, str text, uint64_t size) {
    struct range part = {99, 99}, again = {0};
    enum range_answer answer = range_read(text, size, &part);
    if (answer == RANGE_WHOLE)
        assert(part.at == 0 && part.size == size);
    if (answer != RANGE_PART)
        return;
    assert(part.size > 0 && part.at < size && part.size <= size - part.at);
    str shown = range_write(mem, answer, part, size);
    str spec = str_part(shown, 6, str_find_byte(shown, '/') - 6);
    assert(range_read(JOIN(mem, S("bytes="), spec), size, &again) == RANGE_PART);
    assert(again.at == part.at && again.size == part.size);
}

static void date_any(struct arena *mem, str text) {
    instant at = -1, again = -1;
    if (!date_read(text, &at)) {
        assert(at == -1);
        return;
    }
    assert(at % TIME_SECOND == 0);
    assert(date_read(date_write(mem, at), &again) && again == at);
}

static int status_of(str name, str value) {
    struct header h = {name, value};
    struct request r = {.method = S("GET"), .headers = &h, .header_count = 1};
    return condition_check(&r, TAG, CHANGED);
}

static void conditions_any(str text) {
    bool any = str_is(str_trim(text), S("*"));
    bool strong = etag_is_in(text, TAG, true), weak = etag_is_in(text, TAG, false);
    assert(!strong || weak);
    assert(!weak || any || holds(text, TAG));
    assert(!etag_is_in(text, S(""), false) && !etag_is_in(text, S("W/\"a1\""), true));
    assert(status_of(S("If-None-Match"), text) == (text.len && weak ? 304 : 0));
    assert(status_of(S("If-Match"), text) == (text.len && !strong ? 412 : 0));
    instant at = 0;
    bool date = date_read(text, &at), old = date && at < CHANGED / TIME_SECOND * TIME_SECOND;
    assert(status_of(S("If-Modified-Since"), text) == (date && !old ? 304 : 0));
    assert(status_of(S("If-Unmodified-Since"), text) == (old ? 412 : 0));
    struct header h = {S("If-Range"), text};
    struct request r = {.method = S("GET"), .headers = &h, .header_count = 1};
    bool may = condition_range(&r, TAG, CHANGED);
    assert(!may || !text.len || holds(text, TAG) || (date && !old));
}

/* ---- the head ---- */

static size_t count_of(const struct header *list, size_t count, str name) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += str_is_like(list[i].name, name);
    return n;
}

static void has_no_controls(str text, char lowest) {
    for (size_t i = 0; i < text.len; i++)
        assert(((unsigned char)text.ptr[i] >= (unsigned char)lowest && text.ptr[i] != 0x7f)
               || (lowest == ' ' && text.ptr[i] == '\t'));
}

static void is_lawful(const struct request *r, str version) {
    size_t hosts = count_of(r->headers, r->header_count, S("Host"));
    size_t lengths = count_of(r->headers, r->header_count, S("Content-Length"));
    size_t codings = count_of(r->headers, r->header_count, S("Transfer-Encoding"));
    bool old = str_is(version, S("HTTP/1.0"));
    assert(old || str_is(version, S("HTTP/1.1")));
    assert(hosts <= 1 && (hosts || old) && lengths + codings <= 1 && !(codings && old));
    assert(r->method.len && r->target.len && str_find_byte(r->method, ' ') == r->method.len);
    has_no_controls(r->method, 'A');
    has_no_controls(r->target, '!');
    for (size_t i = 0; i < r->header_count; i++) {
        assert(r->headers[i].name.len);
        has_no_controls(r->headers[i].name, '!');
        has_no_controls(r->headers[i].value, ' ');
    }
    str origin = message_origin_form(r->target);
    assert(origin.ptr[0] == '/' || str_is(r->target, S("*")));
}

static void head_any(str text) {
    struct header headers[HEADERS] = {0};
    struct request r = {.headers = headers};
    str rest = text, line = {0}, version = {0};
    if (!str_cut(&rest, '\n', &line) || !str_cut(&line, ' ', &r.method)
        || !str_cut(&line, ' ', &r.target))
        return;
    version = line;
    while (r.header_count < HEADERS && str_cut(&rest, '\n', &line)) {
        size_t colon = str_find_byte(line, ':');
        headers[r.header_count++] =
            (struct header){str_part(line, 0, colon), str_trim(str_from(line, colon + 1))};
    }
    if (message_check(r.method, r.target, version, headers, r.header_count).code == ERR_NONE)
        is_lawful(&r, version);
    int refused = message_refused(&r);
    assert(refused == 0 || refused == 417 || refused == 501);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *mem = arena_new(64 << 20);
    str text = {(const char *)data, size};
    static const uint64_t sizes[] = {0, 1, 10, 1 << 20, INT64_MAX};
    for (size_t i = 0; i < COUNT(sizes); i++)
        range_any(mem, text, sizes[i]);
    date_any(mem, text);
    conditions_any(text);
    head_any(text);
    arena_free(mem);
    return 0;
}
