#include "house.h"
#include "io/address.h"
#include "io/files.h"
#include "io/forwarded.h"
#include "io/world.h"

#include <sys/socket.h>
#include <unistd.h>

enum { MEMORY = 64 << 20 };

#define HOST  "Host: shop.example.com\r\n"
#define CLOSE "Connection: close\r\n"
#define FORM  "Content-Length: 3\r\n"
#define CHUNK "Transfer-Encoding: chunked\r\n"

static str status_of(str answer) {
    return str_starts(answer, S("HTTP/1.1 ")) ? str_part(answer, 9, 3) : S("");
}

/* A place that was given back is free within a while. */
static bool until_answered(struct arena *mem, const struct house *h) {
    bool ended;
    for (int i = 0; i < 100; i++) {
        struct arena_mark mark = arena_mark(mem);
        str got =
            raw_ask(mem, house_port(h), S("GET /echo HTTP/1.1\r\n" HOST CLOSE "\r\n"), &ended);
        bool answered = str_is(status_of(got), S("200"));
        arena_back(mem, mark);
        if (answered)
            return true;
    }
    return false;
}

static str body_of(str answer) {
    return str_from(answer, str_find(answer, S("\r\n\r\n")) + 4);
}

/* What came in must come out as it was, or be refused, wherever the packets end. */
static const struct {
    const char *row, *bytes, *status, *body;
} request_rows[] = {
    {"get", "GET /echo HTTP/1.1\r\n" HOST CLOSE "\r\n", "200", "GET /echo ? 127.0.0.1 plain "},
    {"query", "GET /echo/%41%00b?c=%20d HTTP/1.1\r\n" HOST CLOSE "\r\n", "200",
        "GET /echo/%41%00b ?c=%20d 127.0.0.1 plain "},
    {"head", "HEAD /echo HTTP/1.1\r\n" HOST CLOSE "\r\n", "200", ""},
    {"post", "POST /echo HTTP/1.1\r\n" HOST CLOSE FORM "\r\na=b", "200",
        "POST /echo ? 127.0.0.1 plain a=b"},
    {"post, answered later", "POST /later HTTP/1.1\r\n" HOST CLOSE FORM "\r\na=b", "200",
        "POST /later ? 127.0.0.1 plain a=b"},
    {"chunks", "POST /echo HTTP/1.1\r\n" HOST CLOSE CHUNK "\r\n1\r\na\r\n2\r\n=b\r\n0\r\n\r\n",
        "200", "POST /echo ? 127.0.0.1 plain a=b"},
    {"blanks around values", "GET /echo HTTP/1.1\r\n" HOST CLOSE "A:  \t x \t\r\nB:\r\nC:y\r\n\r\n",
        "200", "GET /echo ? 127.0.0.1 plain "},
    {"an old client", "GET /echo HTTP/1.0\r\n" HOST "\r\n", "200", "GET /echo ? 127.0.0.1 plain "},
    {"not from a proxy",
        "GET /echo HTTP/1.1\r\n" HOST CLOSE
        "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n\r\n",
        "200", "GET /echo ? 127.0.0.1 plain "},
    {"unknown path", "GET /nowhere HTTP/1.1\r\n" HOST CLOSE "\r\n", "404", "no\n"},
    {"close", "GET /close HTTP/1.1\r\n" HOST "\r\n", "404", "no\n"},
    {"no such file", "GET /file HTTP/1.1\r\n" HOST CLOSE "\r\n", "404", "not available\n"},
    {"an answer with two lines in one", "GET /broken HTTP/1.1\r\n" HOST CLOSE "\r\n", "500",
        "not available\n"},
    {"two in one packet",
        "GET /later?1 HTTP/1.1\r\n" HOST "\r\nGET /echo?2 HTTP/1.1\r\n" HOST CLOSE "\r\n", "200",
        0},
    {"no host", "GET /echo HTTP/1.1\r\n\r\n", "400", 0},
    {"two hosts", "GET /echo HTTP/1.1\r\n" HOST HOST "\r\n", "400", 0},
    {"both lengths", "POST /echo HTTP/1.1\r\n" HOST FORM CHUNK "\r\n0\r\n\r\n", "400", 0},
    {"two lengths", "POST /echo HTTP/1.1\r\n" HOST FORM FORM "\r\na=b", "400", 0},
    {"chunked twice",
        "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        "400", 0},
    {"chunked in 1.0", "POST /echo HTTP/1.0\r\n" HOST CHUNK "\r\n0\r\n\r\n", "400", 0},
    {"a negative length", "POST /echo HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\na=b", "400", 0},
    {"a length with a plus", "POST /echo HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\na=b", "400",
        0},
    {"folded", "GET /echo HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", "400", 0},
    {"folded host", "GET /echo HTTP/1.1\r\nHost: a\r\n\tb\r\nA: b\r\n\r\n", "400", 0},
    {"a bare LF", "GET /echo HTTP/1.1\r\n" HOST "A: b\nB: c\r\n\r\n", "400", 0},
    {"a bare LF behind the first line", "GET /echo HTTP/1.1\n" HOST "\r\n", "400", 0},
    {"a bare CR", "GET /echo HTTP/1.1\r\n" HOST "A: b\rB: c\r\n\r\n", "400", 0},
    {"NUL in a value", "GET /echo HTTP/1.1\r\n" HOST "A: b@c\r\nB: c\r\n\r\n", "400", 0},
    {"NUL in the target", "GET /echo@b HTTP/1.1\r\n" HOST "\r\n", "400", 0},
    {"two blanks", "GET  /echo HTTP/1.1\r\n" HOST "\r\n", "400", 0},
    {"blank before the colon", "GET /echo HTTP/1.1\r\n" HOST "A : b\r\n\r\n", "400", 0},
    {"an empty name", "GET /echo HTTP/1.1\r\n" HOST ": b\r\n\r\n", "400", 0},
    {"a control byte in the method", "G\1ET /echo HTTP/1.1\r\n" HOST "\r\n", "400", 0},
    {"a strange version", "GET /echo HTTP/1.2\r\n" HOST "\r\n", "400", 0},
    {"a strange expectation", "GET /echo HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n", "417", 0},
    {"a body no one sends", "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 9999999\r\n\r\n", "413",
        0},
    {"asks first",
        "POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 70000\r\n\r\n",
        "413", 0},
};

TEST(requests) {
    struct arena *mem = arena_new(MEMORY);
    struct house *h = house_open(mem, (struct house_options){0});
    int port = house_port(h);
    for (size_t i = 0; i < COUNT(request_rows) * 2; i++) {
        const char *row = request_rows[i / 2].row;
        str bytes = str_copy(mem, str_of(request_rows[i / 2].bytes));
        char *nul = (char *)(uintptr_t)memchr(bytes.ptr, '@', bytes.len);
        if (nul)
            *nul = 0;
        struct arena_mark mark = arena_mark(mem);
        bool ended;
        str got =
            i % 2 ? raw_ask_slowly(mem, port, bytes, &ended) : raw_ask(mem, port, bytes, &ended);
        CHECK_STR(row, status_of(got), str_of(request_rows[i / 2].status));
        CHECK(row, ended);
        if (request_rows[i / 2].body)
            CHECK_STR(row, body_of(got), str_of(request_rows[i / 2].body));
        arena_back(mem, mark);
    }
    house_close(h);
    arena_free(mem);
}

TEST(bodies) {
    static const struct {
        const char *row;
        int size, declared;
        const char *status;
    } rows[] = {
        {"the largest", 65536, 65536, "200"},
        {"one more is swallowed and answered", 65537, 65537, "413"},
        {"much more", 1000000, 1000000, "413"},
        {"in pieces", 65536, -1, "200"},
        {"one more in pieces", 65537, -1, "413"},
        {"much too much in pieces", 1200000, -1, ""},
    };
    struct arena *mem = arena_new(MEMORY);
    struct house *h = house_open(mem, (struct house_options){0});
    char *bytes = arena_take(mem, 1200000);
    memset(bytes, 'x', 1200000);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int fd = raw_connect(house_port(h));
        str size = str_int(mem, rows[i].size);
        char hex[16];
        (void)snprintf(hex, sizeof(hex), "%x", (unsigned)rows[i].size);
        raw_send(fd, S("POST /echo HTTP/1.1\r\n" HOST CLOSE));
        raw_send(fd, rows[i].declared < 0 ? JOIN(mem, S(CHUNK "\r\n"), str_of(hex), S("\r\n"))
                                          : JOIN(mem, S("Content-Length: "), size, S("\r\n\r\n")));
        raw_send(fd, (str){bytes, (size_t)rows[i].size});
        raw_send(fd, rows[i].declared < 0 ? S("\r\n0\r\n\r\n") : S(""));
        bool ended;
        str got = raw_read(mem, fd, 2000, &ended);
        CHECK_STR(rows[i].row, status_of(got), str_of(rows[i].status));
        CHECK(rows[i].row, ended);
        if (str_is(status_of(got), S("200")))
            CHECK_INT(rows[i].row, body_of(got).len, rows[i].size + 29);
        close(fd);
    }
    house_close(h);
    arena_free(mem);
}

TEST(kept_open) {
    struct arena *mem = arena_new(MEMORY);
    struct house *h = house_open(mem, (struct house_options){0});
    int fd = raw_connect(house_port(h));
    for (int i = 0; i < 50; i++) {
        bool ended;
        raw_send(fd, i % 2 ? S("GET /later HTTP/1.1\r\n" HOST "\r\n")
                           : S("POST /echo HTTP/1.1\r\n" HOST FORM "\r\na=b"));
        struct arena_mark mark = arena_mark(mem);
        str got = raw_next(mem, fd, 20, &ended);
        CHECK_STR("kept open", status_of(got), S("200"));
        CHECK("kept open", !ended);
        arena_back(mem, mark);
    }
    close(fd);
    house_close(h);
    arena_free(mem);
}

TEST(files_sent) {
    struct arena *mem = arena_new(MEMORY);
    str dir = fresh_dir(mem), path;
    char *bytes = arena_take(mem, 200000);
    memset(bytes, 'y', 200000);
    CHECK("file", files_write(dir, S("f"), (str){bytes, 200000}, 0600).code == ERR_NONE);
    CHECK("file", files_path(mem, dir, S("f"), &path).code == ERR_NONE);
    struct house *h = house_open(mem, (struct house_options){.file = path});
    bool ended;
    str got = raw_ask(mem, house_port(h), S("GET /file HTTP/1.1\r\n" HOST CLOSE "\r\n"), &ended);
    CHECK_STR("file", status_of(got), S("200"));
    CHECK_STR("file", body_of(got), ((str){bytes, 200000}));
    got = raw_ask(mem, house_port(h), S("HEAD /file HTTP/1.1\r\n" HOST CLOSE "\r\n"), &ended);
    CHECK_STR("its head", body_of(got), S(""));
    CHECK("its head", str_find(got, S("Content-Length: 200000\r\n")) < got.len);
    house_close(h);
    arena_free(mem);
}

TEST(forwarded) {
    static const struct {
        const char *row, *proxy, *heads, *seen;
    } rows[] = {
        {"the last", "127.0.0.1", "X-Forwarded-For: 9.9.9.9, 1.2.3.4\r\n", "1.2.3.4 plain "},
        {"over TLS", "127.0.0.1", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n",
            "1.2.3.4 secure "},
        {"through two", "127.0.0.1", "X-Forwarded-For: 1.2.3.4, 127.0.0.1\r\n", "1.2.3.4 plain "},
        {"two headers", "127.0.0.1", "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 1.2.3.4\r\n",
            "1.2.3.4 plain "},
        {"with a port", "127.0.0.1", "X-Forwarded-For: [2001:DB8::1]:99\r\n", "2001:db8::1 plain "},
        {"nonsense", "127.0.0.1", "X-Forwarded-For: 1.2.3.4, x\r\n", "127.0.0.1 plain "},
        {"none", "127.0.0.1", "", "127.0.0.1 plain "},
        {"another proxy", "127.0.0.2", "X-Forwarded-For: 1.2.3.4\r\n", "127.0.0.1 plain "},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *mem = arena_new(MEMORY);
        struct house *h = house_open(mem, (struct house_options){.proxy = str_of(rows[i].proxy)});
        bool ended;
        str got = raw_ask(mem, house_port(h),
            JOIN(mem, S("GET /echo HTTP/1.1\r\n" HOST CLOSE), str_of(rows[i].heads), S("\r\n")),
            &ended);
        CHECK_STR(rows[i].row, body_of(got), JOIN(mem, S("GET /echo ? "), str_of(rows[i].seen)));
        house_close(h);
        arena_free(mem);
    }
}

/* Who is silent gives way to a newcomer, who is being answered does not. */
TEST(full) {
    static const struct {
        const char *row, *path, *newcomer;
        bool first_ends;
    } rows[] = {
        {"all idle: the longest idle gives way", "/echo", "200", true},
        {"all busy: the newcomer is turned away", "/never", "", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *mem = arena_new(MEMORY);
        struct house *h = house_open(mem, (struct house_options){.connections_max = 2});
        str ask = JOIN(mem, S("GET "), str_of(rows[i].path), S(" HTTP/1.1\r\n" HOST "\r\n"));
        bool ended, first_ended;
        int one = raw_connect(house_port(h)), two = raw_connect(house_port(h));
        raw_send(one, ask);
        (void)raw_read(mem, one, 50, &ended);
        raw_send(two, ask);
        (void)raw_read(mem, two, 50, &ended);
        str got = raw_ask(mem, house_port(h), S("GET /echo HTTP/1.1\r\n" HOST "\r\n"), &ended);
        CHECK_STR(rows[i].row, status_of(got), str_of(rows[i].newcomer));
        (void)raw_read(mem, one, 50, &first_ended);
        (void)raw_read(mem, two, 50, &ended);
        CHECK(rows[i].row, first_ended == rows[i].first_ends && !ended);
        close(one);
        close(two);
        house_close(h);
        arena_free(mem);
    }
}

TEST(shares) {
    static const struct {
        const char *row, *proxy;
        bool third;
    } rows[] = {
        {"a stranger has his share", "", false},
        {"a proxy has no limit", "127.0.0.1", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *mem = arena_new(MEMORY);
        struct house *h = house_open(
            mem, (struct house_options){.connections_share = 2, .proxy = str_of(rows[i].proxy)});
        str ask = S("GET /echo HTTP/1.1\r\n" HOST "\r\n");
        bool ended;
        int one = raw_connect(house_port(h)), two = raw_connect(house_port(h));
        raw_send(one, ask);
        (void)raw_read(mem, one, 50, &ended);
        str got = raw_ask(mem, house_port(h), ask, &ended);
        CHECK_STR(rows[i].row, status_of(got), rows[i].third ? S("200") : S(""));
        close(one);
        CHECK(rows[i].row, until_answered(mem, h));
        close(two);
        house_close(h);
        arena_free(mem);
    }
}

/* A server that slept longer than its own limits must not take a newcomer for an old idler. */
TEST(after_a_rest) {
    struct arena *mem = arena_new(MEMORY);
    struct house *h = house_open(mem, (struct house_options){.timeout_s = 1});
    bool ended;
    for (int i = 0; i < 2; i++) {
        str got =
            raw_ask(mem, house_port(h), S("GET /echo HTTP/1.1\r\n" HOST CLOSE "\r\n"), &ended);
        CHECK_STR(i ? "after" : "before", status_of(got), S("200"));
        usleep(i ? 0 : 2300 * 1000);
    }
    house_close(h);
    arena_free(mem);
}

/* A byte now and then keeps libmicrohttpd's time-out away, but not ours. */
TEST(slow_senders) {
    static const struct {
        const char *row, *first, *again;
    } rows[] = {
        {"nothing", "", ""},
        {"a request line", "", "G"},
        {"header lines", "GET /echo HTTP/1.1\r\n" HOST, "A: b\r\n"},
        {"one header", "GET /echo HTTP/1.1\r\n" HOST "A: ", "b"},
        {"a body", "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 9999\r\n\r\n", "b"},
        {"chunks", "POST /echo HTTP/1.1\r\n" HOST CHUNK "\r\n", "1\r\nb\r\n"},
        {"the size of a chunk", "POST /echo HTTP/1.1\r\n" HOST CHUNK "\r\n", "0"},
        {"empty lines", "", "\r\n"},
    };
    struct arena *mem = arena_new(MEMORY);
    struct house *h = house_open(mem, (struct house_options){.timeout_s = 1});
    for (size_t i = 0; i < COUNT(rows); i++) {
        int fd = raw_connect(house_port(h));
        bool ended = false;
        int64_t start = clock_steady();
        raw_send(fd, str_of(rows[i].first));
        for (int n = 0; !ended && n < 100; n++) {
            struct arena_mark mark = arena_mark(mem);
            raw_send(fd, str_of(rows[i].again));
            (void)raw_read(mem, fd, 100, &ended);
            arena_back(mem, mark);
        }
        CHECK(rows[i].row, ended);
        CHECK(rows[i].row, clock_steady() - start > 900);
        close(fd);
    }
    house_close(h);
    arena_free(mem);
}

/* Who reads a large file slowly is served, who hardly reads is not. */
TEST(slow_readers) {
    static const struct {
        const char *row;
        size_t bytes; /* every 50 ms */
        bool ends;
    } rows[] = {
        {"hardly", 1, true},
        {"slowly", 16 * 1024, false},
    };
    enum { SIZE = 24 << 20 }; /* more than both kernels hold */
    struct arena *mem = arena_new(MEMORY);
    str dir = fresh_dir(mem), path;
    str bytes = {arena_take(mem, SIZE), SIZE};
    CHECK("file", files_write(dir, S("f"), bytes, 0600).code == ERR_NONE);
    CHECK("file", files_path(mem, dir, S("f"), &path).code == ERR_NONE);
    struct house *h = house_open(mem, (struct house_options){.timeout_s = 1, .file = path});
    for (size_t i = 0; i < COUNT(rows); i++) {
        int fd = raw_connect(house_port(h));
        raw_send(fd, S("GET /file HTTP/1.1\r\n" HOST CLOSE "\r\n"));
        size_t got = 0;
        for (int n = 0; n < 70; n++) {
            got += raw_take(fd, rows[i].bytes);
            usleep(50 * 1000);
        }
        for (size_t more = 1; more;)
            got += more = raw_take(fd, SIZE);
        CHECK(rows[i].row, (got < SIZE) == rows[i].ends);
        close(fd);
    }
    house_close(h);
    arena_free(mem);
}

TEST(stopping) {
    static const struct {
        const char *row, *path, *status;
        int64_t from, to;
    } rows[] = {
        {"nobody asks", "", "", 400, 1500},
        {"an answer is under way", "/slow", "200", 50, 1500},
        {"a handler never answers", "/never", "", 2900, 4500},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *mem = arena_new(MEMORY);
        struct house *h = house_open(mem, (struct house_options){0});
        int fd = raw_connect(house_port(h)), idle = raw_connect(house_port(h));
        if (rows[i].path[0])
            raw_send(
                fd, JOIN(mem, S("GET "), str_of(rows[i].path), S(" HTTP/1.1\r\n" HOST "\r\n")));
        usleep(50 * 1000);
        int64_t took = house_close(h);
        bool ended;
        str got = raw_read(mem, fd, 500, &ended);
        CHECK_STR(rows[i].row, status_of(got), str_of(rows[i].status));
        CHECK(rows[i].row, ended);
        CHECK(rows[i].row, took >= rows[i].from && took <= rows[i].to);
        if (got.len)
            CHECK(rows[i].row, str_find(got, S("Connection: close\r\n")) < got.len);
        close(fd);
        close(idle);
        arena_free(mem);
    }
}

TEST(listening) {
    static const struct {
        const char *row, *listen;
        int next;
        enum err_code code;
    } rows[] = {
        {"any port", "127.0.0.1:0", 0, ERR_NONE},
        {"IPv6", "[::1]:0", 0, ERR_NONE},
        {"no port", "127.0.0.1", 0, ERR_INVALID},
        {"a name", "localhost:80", 0, ERR_INVALID},
        {"a port too high", "127.0.0.1:65536", 0, ERR_INVALID},
        {"IPv6 without brackets", "::1:80", 0, ERR_INVALID},
        {"not ours", "192.0.2.1:8080", 0, ERR_SETUP},
        {"no folder", "unix:no/such/folder/s", 0, ERR_SETUP},
    };
    struct server_options o = {.listen = S("127.0.0.1:0")};
    struct arena *mem = arena_new(MEMORY);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct server *s = 0;
        o.listen = str_of(rows[i].listen);
        o.next_ports = rows[i].next;
        err e = server_new(mem, &o, &s);
        CHECK_INT(rows[i].row, e.code, rows[i].code);
        CHECK(rows[i].row, (e.code == ERR_NONE) == (e.what.len == 0));
        if (s)
            server_free(s);
    }
    struct server *first = 0, *second = 0;
    o = (struct server_options){.listen = S("127.0.0.1:0")};
    CHECK("a port", server_new(mem, &o, &first).code == ERR_NONE);
    o.listen = server_address(first, 0);
    CHECK_INT("taken", server_new(mem, &o, &second).code, ERR_BUSY);
    o.next_ports = 50;
    CHECK_INT("the next", server_new(mem, &o, &second).code, ERR_NONE);
    CHECK("the next", !str_is(server_address(first, 0), server_address(second, 0)));
    server_free(second);
    server_free(first);
    arena_free(mem);
}

TEST(addresses) {
    static const struct {
        const char *text, *shown;
        bool private;
    } rows[] = {
        {"8.8.8.8", "8.8.8.8", false},
        {"8.8.8.8:53", "8.8.8.8", false},
        {"2606:4700::1111", "2606:4700::1111", false},
        {"[2606:4700::1111]:443", "2606:4700::1111", false},
        {"::ffff:8.8.8.8", "8.8.8.8", false},
        {"10.1.2.3", "10.1.2.3", true},
        {"127.9.9.9", "127.9.9.9", true},
        {"100.64.0.1", "100.64.0.1", true},
        {"100.128.0.1", "100.128.0.1", false},
        {"172.31.255.255", "172.31.255.255", true},
        {"172.32.0.0", "172.32.0.0", false},
        {"169.254.169.254", "169.254.169.254", true},
        {"255.255.255.255", "255.255.255.255", true},
        {"::", "::", true},
        {"::1", "::1", true},
        {"::ffff:10.0.0.1", "10.0.0.1", true},
        {"::ffff:a00:1", "10.0.0.1", true},
        {"64:ff9b::7f00:1", "64:ff9b::7f00:1", true},
        {"64:ff9b::808:808", "64:ff9b::808:808", false},
        {"2002:7f00:1::", "2002:7f00:1::", true},
        {"fd00::1", "fd00::1", true},
        {"fe80::1", "fe80::1", true},
        {"febf::1", "febf::1", true},
        {"ff02::1", "ff02::1", true},
        {"", "", false},
        {"example.com", "", false},
        {"[::1", "", false},
        {"[::1]x", "", false},
        {"1.2.3", "", false},
        {"0x7f.1", "", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct address a;
        char text[ADDRESS_TEXT];
        bool read = address_read(str_of(rows[i].text), &a);
        CHECK(rows[i].text, read == (rows[i].shown[0] != 0));
        if (!read)
            continue;
        CHECK_STR(rows[i].text, address_text(&a, text), str_of(rows[i].shown));
        CHECK(rows[i].text, address_is_private(&a) == rows[i].private);
    }
}

void tests_server(const struct check_test **tests, size_t *count) {
    static const struct check_test list[] = {ROW(requests), ROW(bodies), ROW(kept_open),
        ROW(files_sent), ROW(forwarded), ROW(full), ROW(shares), ROW(after_a_rest),
        ROW(slow_senders), ROW(slow_readers), ROW(stopping), ROW(listening), ROW(addresses)};
    *tests = list;
    *count = COUNT(list);
}
