#include "house.h"
#include "io/client.h"
#include "io/files.h"
#include "io/world.h"

#include <sys/stat.h>
#include <unistd.h>

enum { MEMORY = 64 << 20 };

static struct talk_request request_to(struct arena *mem, const char *scheme, int port) {
    return (struct talk_request){
        .kind = TALK_HTTP,
        .method = S("POST"),
        .url = JOIN(mem, str_of(scheme), S("://127.0.0.1:"), str_int(mem, port), S("/act?x=1")),
        .body = S("a=b"),
        .allow_private = true,
        .wait_ms = 700,
    };
}

TEST(ways) {
    static const struct {
        const char *row;
        enum partner_way way;
        enum talk_sent sent;
        int status, effects;
        const char *body;
    } rows[] = {
        {"answers", PARTNER_ANSWERS, TALK_ANSWERED, 200, 1, "ok"},
        {"close before answer", PARTNER_CLOSES, TALK_NO_ANSWER, 0, 1, ""},
        {"half an answer", PARTNER_HALF, TALK_NO_ANSWER, 0, 1, ""},
        {"a cut chunk", PARTNER_CHUNK_CUT, TALK_NO_ANSWER, 0, 1, ""},
        {"drips past the deadline", PARTNER_DRIPS, TALK_NO_ANSWER, 0, 1, ""},
        {"redirect as it is", PARTNER_REDIRECTS, TALK_ANSWERED, 302, 1, ""},
        {"too long", PARTNER_TALKS_LONG, TALK_NO_ANSWER, 0, 1, ""},
        {"many headers", PARTNER_MANY_HEADERS, TALK_ANSWERED, 429, 1, ""},
        {"100 first", PARTNER_INTERIM, TALK_ANSWERED, 200, 1, "ok"},
        {"not HTTP", PARTNER_GARBAGE, TALK_NO_ANSWER, 0, 1, ""},
        {"503", PARTNER_RETRY_LATER, TALK_ANSWERED, 503, 1, "wait"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *mem = arena_new(MEMORY);
        struct partner *p = partner_open(mem, rows[i].way);
        struct talk *talk;
        struct talk_answer got = {0};
        CHECK(rows[i].row, client_new(mem, S("."), &talk).code == ERR_NONE);
        struct talk_request r = request_to(mem, "http", partner_port(p));
        int64_t start = clock_steady();
        talk->say(talk, mem, &r, &got);
        CHECK(rows[i].row, clock_steady() - start < 1500);
        CHECK_INT(rows[i].row, got.sent, rows[i].sent);
        CHECK_INT(rows[i].row, got.status, rows[i].status);
        CHECK_STR(rows[i].row, got.body, str_of(rows[i].body));
        CHECK_INT(rows[i].row, partner_effects(p), rows[i].effects);
        CHECK(rows[i].row, (got.sent == TALK_ANSWERED) == (got.why.len == 0));
        if (rows[i].status == 429)
            CHECK_STR(rows[i].row, talk_header(&got, S("retry-after")), S("7"));
        if (rows[i].way == PARTNER_INTERIM)
            CHECK_STR(rows[i].row, talk_header(&got, S("X-Kind")), S("well"));
        client_free(talk);
        partner_close(p);
        arena_free(mem);
    }
}

/* libcurl by itself would repeat the POST on a new connection, and the effect with it. */
TEST(kept) {
    static const struct {
        const char *row;
        enum partner_way way;
        int pause_ms;
        enum talk_sent second;
        int effects;
    } rows[] = {
        {"kept and used again", PARTNER_ANSWERS, 0, TALK_ANSWERED, 2},
        {"executed, then dropped", PARTNER_DROPS_KEPT, 0, TALK_NO_ANSWER, 2},
        {"closed meanwhile", PARTNER_SHUTS_KEPT, 50, TALK_ANSWERED, 2},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *mem = arena_new(MEMORY);
        struct partner *p = partner_open(mem, rows[i].way);
        struct talk *talk;
        struct talk_answer one = {0}, two = {0};
        CHECK(rows[i].row, client_new(mem, S("."), &talk).code == ERR_NONE);
        struct talk_request r = request_to(mem, "http", partner_port(p));
        talk->say(talk, mem, &r, &one);
        usleep((useconds_t)rows[i].pause_ms * 1000);
        talk->say(talk, mem, &r, &two);
        CHECK_INT(rows[i].row, one.sent, TALK_ANSWERED);
        CHECK_INT(rows[i].row, two.sent, rows[i].second);
        CHECK_INT(rows[i].row, partner_effects(p), rows[i].effects);
        client_free(talk);
        partner_close(p);
        arena_free(mem);
    }
}

TEST(not_sent) {
    static const struct {
        const char *row, *scheme, *host, *method, *head;
        bool private, closed;
        const char *why;
    } rows[] = {
        {"refused", "http", "127.0.0.1", "POST", "x", true, true, "connect"},
        {"no TLS there", "https", "127.0.0.1", "POST", "x", true, false, ""},
        {"http without permission", "http", "127.0.0.1", "POST", "x", false, false,
            "not encrypted"},
        {"loopback", "https", "127.0.0.1", "POST", "x", false, false, "private"},
        {"a name that leads inside", "https", "localhost", "POST", "x", false, false, "private"},
        {"loopback in IPv6", "https", "[::1]", "POST", "x", false, false, "private"},
        {"mapped loopback", "https", "[::ffff:127.0.0.1]", "POST", "x", false, false, "private"},
        {"another scheme", "ftp", "127.0.0.1", "POST", "x", true, false, "broken"},
        {"a file", "file", "127.0.0.1", "GET", "x", true, false, "broken"},
        {"a broken method", "http", "127.0.0.1", "PO ST", "x", true, false, "broken"},
        {"a second header", "http", "127.0.0.1", "POST", "x\r\nEvil: 1", true, false, "broken"},
        {"an unknown host", "http", "nobody.invalid", "POST", "x", true, false, "resolve"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *mem = arena_new(MEMORY);
        struct partner *p = partner_open(mem, PARTNER_ANSWERS);
        int port = partner_port(p);
        if (rows[i].closed)
            partner_close(p);
        struct talk *talk;
        struct talk_answer got = {.sent = TALK_ANSWERED};
        CHECK(rows[i].row, client_new(mem, S("."), &talk).code == ERR_NONE);
        struct talk_request r = request_to(mem, rows[i].scheme, port);
        r.url = JOIN(mem, str_of(rows[i].scheme), S("://"), str_of(rows[i].host), S(":"),
            str_int(mem, port), S("/"));
        r.method = str_of(rows[i].method);
        r.allow_private = rows[i].private;
        talk_request_header(&r, S("X-Head"), str_of(rows[i].head));
        talk->say(talk, mem, &r, &got);
        CHECK_INT(rows[i].row, got.sent, TALK_NOT_SENT);
        CHECK(rows[i].row, got.why.len && str_find(got.why, str_of(rows[i].why)) < got.why.len);
        if (!rows[i].closed) {
            CHECK_INT(rows[i].row, partner_effects(p), 0);
            partner_close(p);
        }
        client_free(talk);
        arena_free(mem);
    }
}

TEST(heard) {
    struct arena *mem = arena_new(MEMORY);
    struct partner *p = partner_open(mem, PARTNER_ANSWERS);
    struct talk *talk;
    struct talk_answer got = {0};
    CHECK("heard", client_new(mem, S("."), &talk).code == ERR_NONE);
    struct talk_request r = request_to(mem, "http", partner_port(p));
    r.method = S("PUT");
    r.body = (str){"\0\xff\n", 3};
    talk_request_header(&r, S("Content-Type"), S("application/json"));
    talk_request_header(&r, S("X-Empty"), S(""));
    talk->say(talk, mem, &r, &got);
    str heard = partner_heard(mem, p);
    static const char *const has[] = {"PUT /act?x=1 HTTP/1.1\r\n", "\r\nContent-Length: 3\r\n",
        "\r\nContent-Type: application/json\r\n", "\r\nX-Empty:\r\n", "\r\nUser-Agent: grosz\r\n"};
    static const char *const lacks[] = {"Expect", "urlencoded", "Cookie", "Accept-Encoding"};
    for (size_t i = 0; i < COUNT(has); i++)
        CHECK(has[i], str_find(heard, str_of(has[i])) < heard.len);
    for (size_t i = 0; i < COUNT(lacks); i++)
        CHECK(lacks[i], str_find(heard, str_of(lacks[i])) == heard.len);
    CHECK("the body as it is", str_ends(heard, r.body));
    client_free(talk);
    partner_close(p);
    arena_free(mem);
}

TEST(outbox) {
    static const struct {
        const char *row, *url, *name;
        enum talk_sent sent;
    } rows[] = {
        {"written", "file:var/outbox", "a1.eml", TALK_ANSWERED},
        {"again", "file:var/outbox", "a1.eml", TALK_ANSWERED},
        {"another way", "smtp://localhost", "a1.eml", TALK_NOT_SENT},
        {"a path for a name", "file:var/outbox", "../a1.eml", TALK_NOT_SENT},
        {"a hidden name", "file:var/outbox", ".a1", TALK_NOT_SENT},
        {"no name", "file:var/outbox", "", TALK_NOT_SENT},
        {"out of the shop", "file:../out", "a1.eml", TALK_NOT_SENT},
        {"no folder", "file:/dev/null", "a1.eml", TALK_NOT_SENT},
    };
    struct arena *mem = arena_new(MEMORY);
    str dir = fresh_dir(mem);
    struct talk *talk;
    CHECK("outbox", client_new(mem, dir, &talk).code == ERR_NONE);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct talk_request r = {.kind = TALK_MAIL,
            .url = str_of(rows[i].url),
            .name = str_of(rows[i].name),
            .body = str_of(rows[i].row)};
        struct talk_answer got = {0};
        talk->say(talk, mem, &r, &got);
        CHECK_INT(rows[i].row, got.sent, rows[i].sent);
        CHECK_INT(rows[i].row, got.status, rows[i].sent == TALK_ANSWERED ? 250 : 0);
        CHECK(rows[i].row, (got.sent == TALK_ANSWERED) == (got.why.len == 0));
    }
    str text = {0};
    const str *names;
    size_t count = 0;
    CHECK("one file", files_list(mem, dir, S("var/outbox"), &names, &count).code == ERR_NONE);
    CHECK_INT("one file", count, 1);
    CHECK("read", files_read(mem, dir, S("var/outbox/a1.eml"), 100, &text).code == ERR_NONE);
    CHECK_STR("the last one", text, S("again"));
    client_free(talk);
    arena_free(mem);
}

TEST(control) {
    struct arena *mem = arena_new(MEMORY);
    str dir = fresh_dir(mem);
    struct talk_request r = {.method = S("POST"), .url = S("/echo/queue?a=1"), .body = S("hello")};
    struct talk_answer got = {0};
    CHECK_INT("nobody", client_unix(mem, dir, S("control.sock"), &r, &got).code, ERR_ABSENT);
    for (int turn = 0; turn < 2; turn++) {
        struct house *h = house_open(mem, (struct house_options){.dir = dir});
        struct stat is = {0};
        err e = client_unix(mem, dir, S("control.sock"), &r, &got);
        CHECK_STR("control", e.what, S(""));
        CHECK_STR("control", got.body, S("POST /echo/queue ?a=1 unix plain hello"));
        CHECK("its mode", !stat(str_cz(mem, JOIN(mem, dir, S("/control.sock"))), &is));
        CHECK_INT("its mode", is.st_mode & 0777, 0600);
        house_close(h);
    }
    arena_free(mem);
}

void tests_client(const struct check_test **tests, size_t *count) {
    static const struct check_test list[] = {
        ROW(ways), ROW(kept), ROW(not_sent), ROW(heard), ROW(outbox), ROW(control)};
    *tests = list;
    *count = COUNT(list);
}
