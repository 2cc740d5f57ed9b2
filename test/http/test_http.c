#include "base/json.h"
#include "base/limits.h"
#include "check.h"
#include "files.h"
#include "http/coding.h"
#include "http/form.h"
#include "http/message.h"
#include "http/route.h"
#include "talks.h"

/* ---- message ---- */

TEST(wants_json) {
    static const struct {
        const char *name;
        str accept, type, body;
        bool wants;
    } cases[] = {
        {"a browser", S_INIT("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            {0}, {0}, false},
        {"nothing said", {0}, {0}, {0}, false},
        {"anything", S_INIT("*/*"), {0}, {0}, false},
        {"json alone", S_INIT("application/json"), {0}, {0}, true},
        {"a script library", S_INIT("application/json, text/plain, */*"), {0}, {0}, true},
        {"problem+json", S_INIT("application/problem+json"), {0}, {0}, true},
        {"html first, both equal", S_INIT("text/html, application/json"), {0}, {0}, false},
        {"html less", S_INIT("text/html;q=0.5, application/json"), {0}, {0}, true},
        {"html less by a thousandth", S_INIT("text/html;q=0.899, application/json;q=0.9"), {0}, {0},
            true},
        {"json refused", S_INIT("application/json;q=0"), {0}, {0}, false},
        {"json refused in full", S_INIT("application/json;q=0.000"), {0}, {0}, false},
        {"capitals", S_INIT("Application/JSON"), {0}, {0}, true},
        {"a body of json", S_INIT("*/*"), S_INIT("application/json; charset=utf-8"), S_INIT("{}"),
            true},
        {"type without a body", {0}, S_INIT("application/json"), {0}, false},
        {"a form", S_INIT("*/*"), S_INIT("application/x-www-form-urlencoded"), S_INIT("a=b"),
            false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct header headers[] = {
            {S("accept"), cases[i].accept}, {S("CONTENT-TYPE"), cases[i].type}};
        struct request r = {.headers = headers, .header_count = 2, .body = cases[i].body};
        CHECK(cases[i].name, request_wants_json(&r) == cases[i].wants);
    }
}

TEST(query) {
    static const struct {
        const char *name;
        str query, value;
    } cases[] = {
        {"one", S_INIT("code=A"), S_INIT("A")},
        {"among others", S_INIT("x=1&code=A&y=2"), S_INIT("A")},
        {"first of two", S_INIT("code=A&code=B"), S_INIT("A")},
        {"decoded", S_INIT("code=a%20b+c%C5%82"), S_INIT("a b cł")},
        {"absent", S_INIT("codes=A"), S_INIT("")},
        {"name decoded", S_INIT("c%6fde=A"), S_INIT("A")},
        {"without =", S_INIT("code"), S_INIT("")},
        {"broken", S_INIT("code=%2"), S_INIT("")},
        {"not UTF-8", S_INIT("code=%ff"), S_INIT("")},
        {"nothing", S_INIT(""), S_INIT("")},
    };
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request r = {.query = cases[i].query};
        CHECK_STR(cases[i].name, request_query(mem, &r, S("code")), cases[i].value);
    }
    arena_free(mem);
}

static str header_of(const struct response *r, str name) {
    for (size_t i = 0; i < r->header_count; i++)
        if (str_is_like(r->headers[i].name, name))
            return r->headers[i].value;
    return S("(none)");
}

TEST(response) {
    struct arena *mem = arena_new(1 << 20);
    struct response page = response_page(mem, 200, S("<p>"));
    struct response local = response_page_local(mem, 200, S("<p>"));
    struct response go = response_go(S("https://pay.example.com/?a=b"));
    struct response bad = response_go(S("https://x/\r\nSet-Cookie: a=b"));
    struct response text = response_text(200, S("TRUE"));
    static const str policy =
        S_INIT("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
               "img-src 'self' https: data:; "
               "form-action 'self' https:; base-uri 'none'; frame-ancestors 'none'");
    static const str local_policy =
        S_INIT("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
               "img-src 'self' https: data: http://127.0.0.1:* http://localhost:*; "
               "form-action 'self' https: http://127.0.0.1:* http://localhost:*; base-uri 'none'; "
               "frame-ancestors 'none'");
    CHECK_STR("page: policy", header_of(&page, S("content-security-policy")), policy);
    CHECK_STR("local: policy", header_of(&local, S("content-security-policy")), local_policy);
    CHECK_STR("page: referrer", header_of(&page, S("Referrer-Policy")), S("same-origin"));
    CHECK_STR("page: sniffing", header_of(&page, S("X-Content-Type-Options")), S("nosniff"));
    CHECK_STR("page: cache", header_of(&page, S("Cache-Control")), S("no-store"));
    CHECK_STR("page: type", page.type, S("text/html; charset=utf-8"));
    CHECK_INT("go: status", go.status, 303);
    CHECK_STR("go: where", header_of(&go, S("Location")), S("https://pay.example.com/?a=b"));
    CHECK_STR("go: cache", header_of(&go, S("Cache-Control")), S("no-store"));
    CHECK_STR("go: no second header", header_of(&bad, S("Location")), S("(none)"));
    CHECK_STR("text: exact", text.body, S("TRUE"));
    size_t before = text.header_count;
    response_header(&text, S("cache-control"), S("max-age=60"));
    CHECK_STR("replaced", header_of(&text, S("Cache-Control")), S("max-age=60"));
    CHECK_INT("not added", text.header_count, before);
    arena_free(mem);
}

TEST(problem) {
    struct arena *mem = arena_new(1 << 20);
    struct tree *fields = tree_map(mem);
    tree_put_text(mem, fields, S("email"), S("Please give an address."));
    struct response r =
        response_problem(mem, err_make(ERR_INVALID, S("look at \"email\"")), fields, S("r1"));
    const struct tree *t = NULL;
    CHECK_STR("reads", json_read(mem, r.body, &t).what, S(""));
    CHECK_STR("type", r.type, S("application/problem+json"));
    CHECK_INT("status: the form reads, its fields are wrong", r.status, 422);
    CHECK_INT("status inside", tree_get_int(t, S("status"), 0), r.status);
    CHECK_STR("title", tree_get(t, S("title")), str_of(err_rules[ERR_INVALID].stranger));
    CHECK_STR("detail", tree_get(t, S("detail")), S("look at \"email\""));
    CHECK_STR("field", tree_str(tree_pointer(t, S("/fields/email"))), S("Please give an address."));
    CHECK_STR("ref", tree_get(t, S("ref")), S("r1"));
    for (int code = ERR_INVALID; code < ERR_CODES; code++) {
        r = response_problem(
            mem, err_make((enum err_code)code, S("/var/inner words")), NULL, S(""));
        bool inner = str_find(r.body, S("inner words")) < r.body.len;
        CHECK("the owner's words stay with the owner", inner == (err_rules[code].status < 500));
    }
    arena_free(mem);
}

/* One row: the parts of a request, two headers at most. */
static const struct {
    const char *name;
    str method, target, version;
    struct header headers[3];
    bool fine;
} message_check_cases[] = {
#define GET_1_1 S_INIT("GET"), S_INIT("/a?b=c"), S_INIT("HTTP/1.1")
#define HOST \
    { S_INIT("Host"), S_INIT("example.com:8080") }
    {"plain", GET_1_1, {HOST}, true},
    {"ipv6 host", GET_1_1, {{S_INIT("host"), S_INIT("[::1]:80")}}, true},
    {"post with a length", S_INIT("POST"), S_INIT("/"), S_INIT("HTTP/1.1"),
        {HOST, {S_INIT("Content-Length"), S_INIT("12")}}, true},
    {"chunked", S_INIT("POST"), S_INIT("/"), S_INIT("HTTP/1.1"),
        {HOST, {S_INIT("Transfer-Encoding"), S_INIT("Chunked")}}, true},
    {"old, without a host", S_INIT("GET"), S_INIT("/"), S_INIT("HTTP/1.0"), {{{0}, {0}}}, true},
    {"a tab in a value", GET_1_1, {HOST, {S_INIT("X-A"), S_INIT("a\tb")}}, true},
    {"obs-text", GET_1_1, {HOST, {S_INIT("X-A"), S_INIT("\xc5\x82")}}, true},
    {"absolute, same host", S_INIT("GET"), S_INIT("http://example.com:8080/x"), S_INIT("HTTP/1.1"),
        {HOST}, true},
    {"options of all", S_INIT("OPTIONS"), S_INIT("*"), S_INIT("HTTP/1.1"), {HOST}, true},
    {"continue", GET_1_1, {HOST, {S_INIT("Expect"), S_INIT("100-continue")}}, true},
    {"no host", GET_1_1, {{{0}, {0}}}, false},
    {"two hosts", GET_1_1, {HOST, HOST}, false},
    {"two hosts, other letters", GET_1_1, {HOST, {S_INIT("hOST"), S_INIT("b")}}, false},
    {"empty host", GET_1_1, {{S_INIT("Host"), S_INIT("")}}, false},
    {"host with a path", GET_1_1, {{S_INIT("Host"), S_INIT("a/b")}}, false},
    {"host with a name", GET_1_1, {{S_INIT("Host"), S_INIT("u@a")}}, false},
    {"absolute, other host", S_INIT("GET"), S_INIT("http://evil.com/x"), S_INIT("HTTP/1.1"), {HOST},
        false},
    {"both lengths", S_INIT("POST"), S_INIT("/"), S_INIT("HTTP/1.1"),
        {HOST, {S_INIT("Content-Length"), S_INIT("1")},
            {S_INIT("Transfer-Encoding"), S_INIT("chunked")}},
        false},
    {"two equal lengths", S_INIT("POST"), S_INIT("/"), S_INIT("HTTP/1.1"),
        {HOST, {S_INIT("Content-Length"), S_INIT("1")}, {S_INIT("Content-Length"), S_INIT("1")}},
        false},
    {"list of lengths", GET_1_1, {HOST, {S_INIT("Content-Length"), S_INIT("1, 1")}}, false},
    {"signed length", GET_1_1, {HOST, {S_INIT("Content-Length"), S_INIT("+1")}}, false},
    {"hex length", GET_1_1, {HOST, {S_INIT("Content-Length"), S_INIT("0x10")}}, false},
    {"huge length", GET_1_1, {HOST, {S_INIT("Content-Length"), S_INIT("99999999999999999999")}},
        false},
    {"chunked twice", GET_1_1,
        {HOST, {S_INIT("Transfer-Encoding"), S_INIT("chunked")},
            {S_INIT("Transfer-Encoding"), S_INIT("chunked")}},
        false},
    {"chunked, chunked", GET_1_1, {HOST, {S_INIT("Transfer-Encoding"), S_INIT("chunked, chunked")}},
        false},
    {"gzip", GET_1_1, {HOST, {S_INIT("Transfer-Encoding"), S_INIT("gzip")}}, false},
    {"chunked in 1.0", S_INIT("POST"), S_INIT("/"), S_INIT("HTTP/1.0"),
        {HOST, {S_INIT("Transfer-Encoding"), S_INIT("chunked")}}, false},
    {"NUL in a value", GET_1_1, {HOST, {S_INIT("X-A"), S_INIT("a\0b")}}, false},
    {"CR in a value", GET_1_1, {HOST, {S_INIT("X-A"), S_INIT("a\rb")}}, false},
    {"LF in a value", GET_1_1, {HOST, {S_INIT("X-A"), S_INIT("a\nb")}}, false},
    {"DEL in a value", GET_1_1, {HOST, {S_INIT("X-A"), S_INIT("a\x7f")}}, false},
    {"blank in a name", GET_1_1, {HOST, {S_INIT("X A"), S_INIT("a")}}, false},
    {"blank behind a name", GET_1_1, {HOST, {S_INIT("Host "), S_INIT("a")}}, false},
    {"empty name", GET_1_1, {HOST, {S_INIT(""), S_INIT("a")}}, false},
    {"lower-case method", S_INIT("get"), S_INIT("/"), S_INIT("HTTP/1.1"), {HOST}, false},
    {"control in the method", S_INIT("G\1T"), S_INIT("/"), S_INIT("HTTP/1.1"), {HOST}, false},
    {"empty method", S_INIT(""), S_INIT("/"), S_INIT("HTTP/1.1"), {HOST}, false},
    {"long method", S_INIT("ABCDEFGHIJKLMNOPQ"), S_INIT("/"), S_INIT("HTTP/1.1"), {HOST}, false},
    {"1.2", S_INIT("GET"), S_INIT("/"), S_INIT("HTTP/1.2"), {HOST}, false},
    {"0.9", S_INIT("GET"), S_INIT("/"), S_INIT("HTTP/0.9"), {HOST}, false},
    {"blank in the target", S_INIT("GET"), S_INIT("/a b"), S_INIT("HTTP/1.1"), {HOST}, false},
    {"fragment", S_INIT("GET"), S_INIT("/a#b"), S_INIT("HTTP/1.1"), {HOST}, false},
    {"raw byte in the target", S_INIT("GET"), S_INIT("/\xff"), S_INIT("HTTP/1.1"), {HOST}, false},
    {"no slash", S_INIT("GET"), S_INIT("a"), S_INIT("HTTP/1.1"), {HOST}, false},
    {"star for get", S_INIT("GET"), S_INIT("*"), S_INIT("HTTP/1.1"), {HOST}, false},
    {"empty target", S_INIT("GET"), S_INIT(""), S_INIT("HTTP/1.1"), {HOST}, false},
};

TEST(message_check) {
    for (size_t i = 0; i < COUNT(message_check_cases); i++) {
        size_t count = 0;
        while (count < 3 && message_check_cases[i].headers[count].name.ptr)
            count++;
        err e = message_check(message_check_cases[i].method, message_check_cases[i].target,
            message_check_cases[i].version, message_check_cases[i].headers, count);
        CHECK(message_check_cases[i].name, (e.code == ERR_NONE) == message_check_cases[i].fine);
        CHECK(message_check_cases[i].name,
            message_check_cases[i].fine || (e.code == ERR_INVALID && e.what.len));
    }
}

TEST(message_refused) {
    static const struct {
        const char *name;
        str method, expect;
        size_t count;
        int status;
    } cases[] = {
        {"get", S_INIT("GET"), S_INIT("100-continue"), 1, 0},
        {"known, if not answered", S_INIT("PATCH"), S_INIT("100-Continue"), 1, 0},
        {"of WebDAV", S_INIT("PROPFIND"), S_INIT("100-continue"), 1, 501},
        {"the start of HTTP/2", S_INIT("PRI"), S_INIT("100-continue"), 1, 501},
        {"expects else", S_INIT("GET"), S_INIT("200-ok"), 1, 417},
        {"as many headers as may be", S_INIT("GET"), S_INIT("100-continue"), LIMIT_HEADERS, 0},
        {"one header more", S_INIT("GET"), S_INIT("100-continue"), LIMIT_HEADERS + 1, 431},
    };
    struct header headers[LIMIT_HEADERS + 1] = {{S("Expect"), {0}}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        headers[0].value = cases[i].expect;
        struct request r = {
            .method = cases[i].method, .headers = headers, .header_count = cases[i].count};
        CHECK_INT(cases[i].name, message_refused(&r), cases[i].status);
    }
    CHECK_STR("origin", message_origin_form(S("/a?b")), S("/a?b"));
    CHECK_STR("absolute", message_origin_form(S("http://x:1/a?b")), S("/a?b"));
    CHECK_STR("absolute, nothing behind", message_origin_form(S("HTTPS://x")), S("/"));
    CHECK_STR("star", message_origin_form(S("*")), S("*"));
}

TEST(gzip) {
    static const struct {
        str accept;
        bool takes;
    } rows[] = {
        {S_INIT("gzip, deflate, br"), true},
        {S_INIT("br;q=1.0, gzip;q=0.2"), true},
        {S_INIT("*"), true},
        {S_INIT("GZIP"), true},
        {S_INIT("*;q=0, gzip"), true},
        {S_INIT("gzip;q=0"), false},
        {S_INIT("gzip;q=0, *"), false},
        {S_INIT("identity"), false},
        {S_INIT("br"), false},
        {S_INIT(""), false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct header h = {S("Accept-Encoding"), rows[i].accept};
        struct request r = {.headers = &h, .header_count = 1};
        CHECK(rows[i].accept.ptr, request_takes_gzip(&r) == rows[i].takes);
    }
}

/* ---- form ---- */

static str form_text(struct arena *mem, const struct tree *t) {
    str text = S("");
    for (const struct tree *f = t ? t->first : NULL; f; f = f->next)
        text = JOIN(mem, text, S("["), t->kind == TREE_MAP ? JOIN(mem, f->name, S("=")) : S(""),
            f->text, S("]"));
    return text;
}

TEST(form) {
    static const struct {
        const char *name;
        str body, fields, twice;
    } cases[] = {
        {"plain", S_INIT("a=1&b=2"), S_INIT("[a=1][b=2]"), S_INIT("")},
        {"nothing", S_INIT(""), S_INIT(""), S_INIT("")},
        {"decoded", S_INIT("na%6De=Jan+Kowalski%20%C5%82"), S_INIT("[name=Jan Kowalski ł]"),
            S_INIT("")},
        {"empty value", S_INIT("a=&b"), S_INIT("[a=][b=]"), S_INIT("")},
        {"= in a value", S_INIT("a=b=c"), S_INIT("[a=b=c]"), S_INIT("")},
        {"empty pieces", S_INIT("&&a=1&&"), S_INIT("[a=1]"), S_INIT("")},
        {"twice: the first is kept", S_INIT("a=1&a=2&b=3&a=4"), S_INIT("[a=1][b=3]"),
            S_INIT("[a]")},
        {"twice under two spellings", S_INIT("a=1&%61=2"), S_INIT("[a=1]"), S_INIT("[a]")},
        {"two twice", S_INIT("a=&b=&b=&a="), S_INIT("[a=][b=]"), S_INIT("[b][a]")},
        {"line ends and tabs", S_INIT("a=1%0D%0A2%093"), S_INIT("[a=1\r\n2\t3]"), S_INIT("")},
    };
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tree *fields = NULL, *twice = NULL;
        CHECK_STR(cases[i].name, form_read(mem, cases[i].body, &fields, &twice).what, S(""));
        CHECK_STR(cases[i].name, form_text(mem, fields), cases[i].fields);
        CHECK_STR(cases[i].name, form_text(mem, twice), cases[i].twice);
    }
    arena_free(mem);
}

static str repeated(struct arena *mem, str part, size_t count) {
    char *bytes = arena_take(mem, part.len * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(bytes + i * part.len, part.ptr, part.len);
    return (str){bytes, part.len * count};
}

TEST(form_refused) {
    struct arena *mem = arena_new(8 << 20);
    const struct {
        const char *name;
        str body;
        enum err_code code;
    } cases[] = {
        {"cut %", S("a=%2"), ERR_INVALID},
        {"no hex", S("a=%zz"), ERR_INVALID},
        {"broken name", S("%=1"), ERR_INVALID},
        {"not UTF-8", S("a=%C5"), ERR_INVALID},
        {"overlong", S("a=%C0%AF"), ERR_INVALID},
        {"raw bytes", S("a=\xff"), ERR_INVALID},
        {"NUL", S("a=1%002"), ERR_INVALID},
        {"raw NUL", S("a=1\0"), ERR_INVALID},
        {"escape", S("a=%1b"), ERR_INVALID},
        {"DEL in a name", S("a%7f=1"), ERR_INVALID},
        {"100 fields", repeated(mem, S("a=1&"), LIMIT_FIELDS), ERR_NONE},
        {"101 fields", repeated(mem, S("a=1&"), LIMIT_FIELDS + 1), ERR_TOO_BIG},
        {"as long as a body", JOIN(mem, S("a="), repeated(mem, S("x"), LIMIT_BODY - 2)), ERR_NONE},
        {"4096 in a name", repeated(mem, S("x"), LIMIT_FIELD), ERR_NONE},
        {"4097 in a name", repeated(mem, S("x"), LIMIT_FIELD + 1), ERR_TOO_BIG},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tree *fields = NULL, *twice = NULL;
        CHECK_INT(
            cases[i].name, form_read(mem, cases[i].body, &fields, &twice).code, cases[i].code);
        CHECK(cases[i].name, (fields != NULL) == (cases[i].code == ERR_NONE));
    }
    arena_free(mem);
}

/* ---- route ---- */

enum { HOME, ORDER_FORM, ORDER, NOTE, PAYMENT, PAID, LESSON, REST };
static const struct route routes[] = {
    {S_INIT("GET"), S_INIT("/"), HOME},
    {S_INIT("POST"), S_INIT("/api/order"), ORDER_FORM},
    {S_INIT("GET"), S_INIT("/o/:/:"), ORDER},
    {S_INIT("POST"), S_INIT("/api/payment/:"), NOTE},
    {S_INIT("GET"), S_INIT("/pay/test/:"), PAYMENT},
    {S_INIT("POST"), S_INIT("/pay/test/:"), PAID},
    {S_INIT("GET"), S_INIT("/a/:/*"), LESSON},
    {S_INIT("GET"), S_INIT("/x/*"), REST},
};

static const struct {
    const char *name;
    str method, path;
    enum err_code code;
    int route;
    str parts; /* or the methods allowed */
} route_cases[] = {
    {"home", S_INIT("GET"), S_INIT("/"), ERR_NONE, HOME, S_INIT("")},
    {"head", S_INIT("HEAD"), S_INIT("/"), ERR_NONE, HOME, S_INIT("")},
    {"two parts", S_INIT("GET"), S_INIT("/o/o1/k2"), ERR_NONE, ORDER, S_INIT("[o1][k2]")},
    {"decoded", S_INIT("GET"), S_INIT("/o/a%20b/%C5%82+"), ERR_NONE, ORDER, S_INIT("[a b][ł+]")},
    {"post", S_INIT("POST"), S_INIT("/api/payment/blik"), ERR_NONE, NOTE, S_INIT("[blik]")},
    {"one path, first method", S_INIT("GET"), S_INIT("/pay/test/t"), ERR_NONE, PAYMENT,
        S_INIT("[t]")},
    {"one path, second method", S_INIT("POST"), S_INIT("/pay/test/t"), ERR_NONE, PAID,
        S_INIT("[t]")},
    {"rest", S_INIT("GET"), S_INIT("/a/t/files/a%20b.pdf"), ERR_NONE, LESSON,
        S_INIT("[t][files/a b.pdf]")},
    {"rest, empty", S_INIT("GET"), S_INIT("/a/t/"), ERR_NONE, LESSON, S_INIT("[t][]")},
    {"rest, a slash at the end", S_INIT("GET"), S_INIT("/x/one/"), ERR_NONE, REST,
        S_INIT("[one/]")},
    {"rest, dots inside", S_INIT("GET"), S_INIT("/x/..a/b..c"), ERR_NONE, REST,
        S_INIT("[..a/b..c]")},
    {"no such path", S_INIT("GET"), S_INIT("/nothing"), ERR_ABSENT, 0, S_INIT("")},
    {"empty part", S_INIT("GET"), S_INIT("/o//k"), ERR_ABSENT, 0, S_INIT("")},
    {"part missing", S_INIT("GET"), S_INIT("/o/o1"), ERR_ABSENT, 0, S_INIT("")},
    {"part too many", S_INIT("GET"), S_INIT("/o/o1/k/x"), ERR_ABSENT, 0, S_INIT("")},
    {"slash at the end", S_INIT("GET"), S_INIT("/o/o1/k/"), ERR_ABSENT, 0, S_INIT("")},
    {"rest without its slash", S_INIT("GET"), S_INIT("/a/t"), ERR_ABSENT, 0, S_INIT("")},
    {"a slash inside", S_INIT("GET"), S_INIT("/o/o1/a%2Fb"), ERR_ABSENT, 0, S_INIT("")},
    {"NUL inside", S_INIT("GET"), S_INIT("/o/o1/a%00b"), ERR_ABSENT, 0, S_INIT("")},
    {"line end inside", S_INIT("GET"), S_INIT("/o/o1/a%0Ab"), ERR_ABSENT, 0, S_INIT("")},
    {"not UTF-8", S_INIT("GET"), S_INIT("/o/o1/%ff"), ERR_ABSENT, 0, S_INIT("")},
    {"broken %", S_INIT("GET"), S_INIT("/o/o1/%2"), ERR_ABSENT, 0, S_INIT("")},
    {"up in the rest", S_INIT("GET"), S_INIT("/x/a/../b"), ERR_ABSENT, 0, S_INIT("")},
    {"up in the rest, encoded", S_INIT("GET"), S_INIT("/x/%2e%2E/b"), ERR_ABSENT, 0, S_INIT("")},
    {"slash in the rest, encoded", S_INIT("GET"), S_INIT("/x/..%2Fb"), ERR_ABSENT, 0, S_INIT("")},
    {"here in the rest", S_INIT("GET"), S_INIT("/x/./b"), ERR_ABSENT, 0, S_INIT("")},
    {"empty path", S_INIT("GET"), S_INIT(""), ERR_ABSENT, 0, S_INIT("")},
    {"wrong method", S_INIT("DELETE"), S_INIT("/api/order"), ERR_USAGE, 0, S_INIT("POST")},
    {"get of a post", S_INIT("GET"), S_INIT("/api/order"), ERR_USAGE, 0, S_INIT("POST")},
    {"two methods", S_INIT("PUT"), S_INIT("/pay/test/t"), ERR_USAGE, 0, S_INIT("GET, HEAD, POST")},
};

TEST(route) {
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(route_cases); i++) {
        struct route_match m = {.name = -1};
        str parts = S("");
        err e =
            route_find(mem, routes, COUNT(routes), route_cases[i].method, route_cases[i].path, &m);
        for (size_t p = 0; p < m.count; p++)
            parts = JOIN(mem, parts, S("["), m.parts[p], S("]"));
        CHECK_INT(route_cases[i].name, e.code, route_cases[i].code);
        CHECK_INT(route_cases[i].name, m.name, e.code == ERR_NONE ? route_cases[i].route : -1);
        CHECK_STR(route_cases[i].name, e.code == ERR_USAGE ? m.allow : parts, route_cases[i].parts);
    }
    arena_free(mem);
}

/* What takes all does not answer for a path of another row. */
TEST(route_all) {
    static const struct route table[] = {
        {S_INIT("POST"), S_INIT("/api/order"), ORDER_FORM}, {S_INIT("GET"), S_INIT("/*"), REST}};
    static const struct {
        const char *name;
        str method, path;
        enum err_code code;
        str allow;
    } rows[] = {
        {"any path", S_INIT("GET"), S_INIT("/api/orders"), ERR_NONE, {0}},
        {"a row's path", S_INIT("GET"), S_INIT("/api/order"), ERR_USAGE, S_INIT("POST")},
        {"a row's path and method", S_INIT("POST"), S_INIT("/api/order"), ERR_NONE, {0}},
        {"any path, another method", S_INIT("POST"), S_INIT("/x"), ERR_USAGE, S_INIT("GET, HEAD")},
    };
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct route_match m = {.name = -1};
        err e = route_find(mem, table, COUNT(table), rows[i].method, rows[i].path, &m);
        CHECK_INT(rows[i].name, e.code, rows[i].code);
        CHECK_STR(rows[i].name, m.allow, rows[i].allow);
    }
    arena_free(mem);
}

static const struct check_test tests[] = {
    ROW(wants_json),
    ROW(query),
    ROW(response),
    ROW(problem),
    ROW(message_check),
    ROW(message_refused),
    ROW(gzip),
    ROW(form),
    ROW(form_refused),
    ROW(route),
    ROW(route_all),
};

int main(int argc, char **argv) {
    struct check_test all[COUNT(tests) + TALK_TESTS + FILE_TESTS + ANY_TESTS];
    memcpy(all, tests, sizeof(tests));
    memcpy(all + COUNT(tests), talk_tests, sizeof(*talk_tests) * TALK_TESTS);
    memcpy(all + COUNT(tests) + TALK_TESTS, file_tests, sizeof(*file_tests) * FILE_TESTS);
    memcpy(all + COUNT(tests) + TALK_TESTS + FILE_TESTS, any_tests, sizeof(*any_tests) * ANY_TESTS);
    return check_run(argc, argv, all, COUNT(all));
}
