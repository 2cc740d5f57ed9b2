/* A stranger's form: it reads or not; what reads is clean, within its limits, and reads the same
 * when it is written again. Also the check of a request line and the routes, over the same
 * bytes. */
#include "base/buf.h"
#include "base/encode.h"
#include "base/limits.h"
#include "http/form.h"
#include "http/message.h"
#include "http/route.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static str form_write(struct arena *mem, const struct tree *fields) {
    struct buf b = buf_new(mem, 8 << 20);
    for (const struct tree *t = fields->first; t; t = t->next) {
        buf_add(&b, percent_write(mem, t->name));
        buf_byte(&b, '=');
        buf_add(&b, percent_write(mem, t->text));
        buf_byte(&b, '&');
    }
    return buf_str(&b);
}

static void form_twice(struct arena *mem, str body) {
    struct tree *fields = NULL, *twice = NULL, *again = NULL;
    if (form_read(mem, body, &fields, &twice).code != ERR_NONE)
        return;
    assert(fields->count + twice->count <= LIMIT_FIELDS);
    err e = form_read(mem, form_write(mem, fields), &again, &twice);
    assert(e.code == ERR_NONE && twice->count == 0 && again->count == fields->count);
    const struct tree *b = again->first;
    for (const struct tree *a = fields->first; a; a = a->next, b = b->next)
        assert(str_is(a->name, b->name) && str_is(a->text, b->text) && utf8_is(a->text));
}

static void route_any(struct arena *mem, str path) {
    static const struct route routes[] = {
        {S_INIT("GET"), S_INIT("/o/:/:"), 1}, {S_INIT("GET"), S_INIT("/a/:/*"), 2}};
    struct route_match m = {0};
    if (route_find(mem, routes, COUNT(routes), S("GET"), path, &m).code != ERR_NONE)
        return;
    for (size_t i = 0; i < m.count; i++)
        assert(utf8_is(m.parts[i]) && str_find_byte(m.parts[i], 0) == m.parts[i].len);
    if (m.name == 1)
        assert(str_find_byte(m.parts[1], '/') == m.parts[1].len);
    else
        assert(!str_starts(m.parts[1], S("../")) && !str_is(m.parts[1], S("..")));
}

static void check_any(str text) {
    struct header h = {.name = S("Host"), .value = text};
    err e = message_check(S("GET"), S("/"), S("HTTP/1.1"), &h, 1);
    assert(e.code != ERR_NONE || (text.len && str_find_byte(text, '\r') == text.len));
    h = (struct header){.name = S("Host"), .value = S("a")};
    e = message_check(S("GET"), text, S("HTTP/1.1"), &h, 1);
    assert(e.code != ERR_NONE || str_find_byte(text, ' ') == text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *mem = arena_new(64 << 20);
    str text = {(const char *)data, size};
    form_twice(mem, text);
    route_any(mem, text);
    check_any(text);
    arena_free(mem);
    return 0;
}
