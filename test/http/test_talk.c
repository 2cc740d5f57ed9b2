#include "base/json.h"
#include "http/talk.h"
#include "talks.h"

static void same(const char *name, const struct talk_request *a, const struct talk_request *b) {
    CHECK_INT(name, a->kind, b->kind);
    CHECK_STR(name, a->method, b->method);
    CHECK_STR(name, a->url, b->url);
    CHECK_STR(name, a->body, b->body);
    CHECK_STR(name, a->from, b->from);
    CHECK_STR(name, a->to, b->to);
    CHECK_STR(name, a->name, b->name);
    CHECK_STR(name, a->ca, b->ca);
    CHECK_INT(name, a->wait_ms, b->wait_ms);
    CHECK(name, a->allow_private == b->allow_private);
    CHECK_INT(name, a->header_count, b->header_count);
    for (size_t i = 0; i < a->header_count && i < b->header_count; i++) {
        CHECK_STR(name, a->headers[i].name, b->headers[i].name);
        CHECK_STR(name, a->headers[i].value, b->headers[i].value);
    }
}

TEST(talk_round) {
    static char every[256];
    for (int i = 0; i < 256; i++)
        every[i] = (char)i;
    const struct {
        const char *name;
        struct talk_request request;
    } cases[] = {
        {"nothing", {.kind = TALK_NONE}},
        {"http", {.kind = TALK_HTTP,
                     .method = S("POST"),
                     .url = S("https://a/?b=${C}"),
                     .headers = {{S("Authorization"), S("Bearer ${T}")}, {S("X"), S("")}},
                     .header_count = 2,
                     .body = S("{\"a\":\"ż\\n\"}"),
                     .wait_ms = 20000,
                     .ca = S("own.pem"),
                     .allow_private = true}},
        {"mail", {.kind = TALK_MAIL,
                     .url = S("file:var/outbox"),
                     .from = S("a@b.c"),
                     .to = S("d@e.f"),
                     .name = S("k.eml"),
                     .body = S("From: a\r\n\r\n\ttext \"${X}\"\r\n")}},
        {"every byte",
            {.kind = TALK_HTTP, .method = S("PUT"), .url = S("https://a"), .body = {every, 256}}},
        {"NUL alone", {.kind = TALK_HTTP, .body = S("a\0b")}},
        {"bytes in a header",
            {.kind = TALK_HTTP, .headers = {{S("X"), S("\xff\xfe")}}, .header_count = 1}},
        {"all headers", {.kind = TALK_HTTP, .header_count = MESSAGE_HEADERS}},
    };
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct talk_request back = {.method = S("untouched")};
        const struct tree *t = NULL;
        str bytes = talk_request_write(mem, &cases[i].request);
        CHECK_STR(cases[i].name, json_read(mem, bytes, &t).what, S(""));
        CHECK_STR(cases[i].name, talk_request_read(mem, t, &back).what, S(""));
        same(cases[i].name, &back, &cases[i].request);
        CHECK_STR(cases[i].name, talk_request_write(mem, &back), bytes);
    }
    arena_free(mem);
}

TEST(talk_refused) {
    static const struct {
        const char *name;
        str json;
    } cases[] = {
        {"no map", S_INIT("[]")},
        {"no kind", S_INIT("{}")},
        {"odd kind", S_INIT("{\"kind\":\"fax\"}")},
        {"body a number", S_INIT("{\"kind\":\"http\",\"body\":1}")},
        {"broken base64", S_INIT("{\"kind\":\"http\",\"body\":{\"base64\":\"*\"}}")},
        {"header not a pair", S_INIT("{\"kind\":\"http\",\"headers\":[[\"a\"]]}")},
        {"13 headers",
            S_INIT(
                "{\"kind\":\"http\",\"headers\":[[\"a\",\"\"],[\"a\",\"\"],[\"a\",\"\"],[\"a\",\""
                "\"],"
                "[\"a\",\"\"],[\"a\",\"\"],[\"a\",\"\"],[\"a\",\"\"],[\"a\",\"\"],[\"a\",\"\"],"
                "[\"a\",\"\"],[\"a\",\"\"],[\"a\",\"\"]]}")},
    };
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct talk_request r = {.method = S("untouched")};
        const struct tree *t = NULL;
        CHECK_STR(cases[i].name, json_read(mem, cases[i].json, &t).what, S(""));
        CHECK_INT(cases[i].name, talk_request_read(mem, t, &r).code, ERR_CORRUPT);
        CHECK_STR(cases[i].name, r.method, S("untouched"));
    }
    arena_free(mem);
}

static struct tree *secrets_new(struct arena *mem) {
    struct tree *t = tree_map(mem);
    tree_put_text(mem, t, S("T"), S("a\"b&c d"));
    tree_put_text(mem, t, S("PLAIN"), S("xyz"));
    tree_put_text(mem, t, S("LINES"), S("x\r\nX-Evil: 1"));
    return t;
}

TEST(talk_fill) {
    static const struct {
        const char *name;
        enum talk_kind kind;
        str type, url, value, body, want_url, want_value, want_body;
    } cases[] = {
        {"everywhere", TALK_HTTP, S_INIT("text/plain"), S_INIT("https://a/?k=${T}"),
            S_INIT("Bearer ${T}"), S_INIT("${T}"), S_INIT("https://a/?k=a%22b%26c%20d"),
            S_INIT("Bearer a\"b&c d"), S_INIT("a\"b&c d")},
        {"in JSON", TALK_HTTP, S_INIT("application/json"), S_INIT("u"), S_INIT("v"),
            S_INIT("{\"k\":\"${T}\"}"), S_INIT("u"), S_INIT("v"), S_INIT("{\"k\":\"a\\\"b&c d\"}")},
        {"in a form", TALK_HTTP, S_INIT("application/x-www-form-urlencoded"), S_INIT("u"),
            S_INIT("v"), S_INIT("k=${T}&x=y"), S_INIT("u"), S_INIT("v"),
            S_INIT("k=a%22b%26c%20d&x=y")},
        {"literal", TALK_HTTP, S_INIT("application/json"), S_INIT("u"), S_INIT("$${T}"),
            S_INIT("\"$${T}\""), S_INIT("u"), S_INIT("${T}"), S_INIT("\"${T}\"")},
        {"mail: the letter stays", TALK_MAIL, S_INIT(""), S_INIT("smtps://jan:${T}@m"), S_INIT(""),
            S_INIT("pay ${T} or ${NOT_SET}"), S_INIT("smtps://jan:a%22b%26c%20d@m"), S_INIT(""),
            S_INIT("pay ${T} or ${NOT_SET}")},
    };
    struct arena *mem = arena_new(1 << 20);
    const struct tree *secrets = secrets_new(mem);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct talk_request r = {.kind = cases[i].kind, .url = cases[i].url, .body = cases[i].body};
        talk_request_header(&r, S("X"), cases[i].value);
        talk_request_header(&r, S("content-type"), cases[i].type);
        CHECK_STR(cases[i].name, talk_request_fill(mem, &r, secrets).what, S(""));
        CHECK_STR(cases[i].name, r.url, cases[i].want_url);
        CHECK_STR(cases[i].name, r.headers[0].value, cases[i].want_value);
        CHECK_STR(cases[i].name, r.body, cases[i].want_body);
    }
    arena_free(mem);
}

TEST(talk_fill_refused) {
    static const struct {
        const char *name;
        str url, header, value, body;
        enum err_code code;
    } cases[] = {
        {"not set", S_INIT("u"), S_INIT("X"), S_INIT("${NOT_SET}"), S_INIT(""), ERR_SETUP},
        {"not set in the body", S_INIT("u"), S_INIT("X"), S_INIT(""), S_INIT("${NOT_SET}"),
            ERR_SETUP},
        {"line end from a secret", S_INIT("u"), S_INIT("X"), S_INIT("${LINES}"), S_INIT(""),
            ERR_INVALID},
        {"line end from a render", S_INIT("u"), S_INIT("X"), S_INIT("a\nb"), S_INIT(""),
            ERR_INVALID},
        {"CR alone", S_INIT("u"), S_INIT("X"), S_INIT("a\rb"), S_INIT(""), ERR_INVALID},
        {"NUL", S_INIT("u"), S_INIT("X"), S_INIT("a\0b"), S_INIT(""), ERR_INVALID},
        {"line end in a name", S_INIT("u"), S_INIT("X\nY"), S_INIT("a"), S_INIT(""), ERR_INVALID},
        {"colon in a name", S_INIT("u"), S_INIT("X:Y"), S_INIT("a"), S_INIT(""), ERR_INVALID},
        {"line end in the address", S_INIT("u\nv"), S_INIT("X"), S_INIT("a"), S_INIT(""),
            ERR_INVALID},
        {"a secret in the address is encoded", S_INIT("u${LINES}"), S_INIT("X"), S_INIT("a"),
            S_INIT(""), ERR_NONE},
    };
    struct arena *mem = arena_new(1 << 20);
    const struct tree *secrets = secrets_new(mem);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct talk_request r = {.kind = TALK_HTTP, .url = cases[i].url, .body = cases[i].body};
        talk_request_header(&r, cases[i].header, cases[i].value);
        CHECK_INT(cases[i].name, talk_request_fill(mem, &r, secrets).code, cases[i].code);
    }
    arena_free(mem);
}

TEST(talk_retry_after) {
    static const instant now = 784111777000; /* Sun, 06 Nov 1994 08:49:37 GMT */
    static const struct {
        const char *name;
        str value;
        int64_t wait_ms;
    } cases[] = {
        {"seconds", S_INIT("120"), 120000},
        {"blanks", S_INIT("  5 "), 5000},
        {"none", S_INIT(""), 0},
        {"zero", S_INIT("0"), 0},
        {"two days", S_INIT("172800"), TIME_DAY},
        {"endless", S_INIT("9223372036854775807"), TIME_DAY},
        {"past the numbers", S_INIT("99999999999999999999"), 0},
        {"negative", S_INIT("-5"), 0},
        {"fraction", S_INIT("1.5"), 0},
        {"date", S_INIT("Sun, 06 Nov 1994 08:50:37 GMT"), 60000},
        {"date, next year", S_INIT("Thu, 01 Jan 1995 00:00:00 GMT"), TIME_DAY},
        {"date, past", S_INIT("Sun, 06 Nov 1994 08:49:00 GMT"), 0},
        {"date, not GMT", S_INIT("Sun, 06 Nov 1994 08:50:37 CET"), 0},
        {"date, no month", S_INIT("Sun, 06 Nix 1994 08:50:37 GMT"), 0},
        {"date, no digits", S_INIT("Sun, xx Nov 1994 08:50:37 GMT"), 0},
        {"words", S_INIT("soon"), 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct talk_answer a = {.headers = {{S("retry-after"), cases[i].value}}, .header_count = 1};
        CHECK_INT(cases[i].name, talk_retry_after(&a, now), cases[i].wait_ms);
    }
    struct talk_answer none = {0};
    CHECK_INT("no header", talk_retry_after(&none, now), 0);
    CHECK_STR("no header's value", talk_header(&none, S("X")), S(""));
}

const struct check_test talk_tests[TALK_TESTS] = {
    ROW(talk_round),
    ROW(talk_refused),
    ROW(talk_fill),
    ROW(talk_fill_refused),
    ROW(talk_retry_after),
};
