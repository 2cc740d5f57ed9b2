#include "house.h"

#include "io/world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAITING_MOST = 64 };

struct house {
    struct server *server;
    struct house_options options;
    pthread_t thread, helper;
    int given, done; /* eventfds to and from the helper */
    pthread_mutex_t lock;
    struct exchange *waiting[WAITING_MOST];
    size_t waiting_count;
    err end;
};

static instant now(void *self) {
    return clock_now();
}

static void echo(struct exchange *x, const struct request *r, struct response *out) {
    struct arena *mem = exchange_arena(x);
    *out = response_text(200, JOIN(mem, r->method, S(" "), r->path, S(" ?"), r->query, S(" "),
                                  r->peer, r->secure ? S(" secure ") : S(" plain "), r->body));
}

static void answer_echo(struct exchange *x) {
    struct response out;
    echo(x, exchange_state(x), &out);
    server_answer(x, &out);
}

static void keep(struct house *h, struct exchange *x, const struct request *r, uint64_t turn) {
    struct request *kept = NEW(exchange_arena(x), struct request);
    *kept = *r;
    exchange_keep(x, kept);
    pthread_mutex_lock(&h->lock);
    h->waiting[h->waiting_count++] = x;
    pthread_mutex_unlock(&h->lock);
    if (write(h->given, &turn, sizeof(turn)) < 0)
        abort();
}

static void handle(void *self, struct exchange *x, const struct request *r) {
    struct house *h = self;
    struct response out = response_text(404, S("no\n"));
    if (str_is(r->path, S("/later")) || str_is(r->path, S("/slow"))) {
        keep(h, x, r, str_is(r->path, S("/slow")) ? 1000 : 1);
        return;
    }
    if (str_is(r->path, S("/never")))
        return;
    if (str_starts(r->path, S("/echo")))
        echo(x, r, &out);
    if (str_is(r->path, S("/file")))
        out = (struct response){.status = 200, .type = S("text/plain"), .file = h->options.file};
    if (str_is(r->path, S("/broken")))
        out.headers[out.header_count++] = (struct header){S("X-Broken"), S("a\r\nb: c")};
    if (str_is(r->path, S("/close")))
        out.close = true;
    server_answer(x, &out);
}

/* Plays the committer: takes a while, then wakes the loop. */
static void *help(void *self) {
    struct house *h = self;
    uint64_t turns;
    while (read(h->given, &turns, sizeof(turns)) == sizeof(turns) && turns < 1000000) {
        if (turns >= 1000)
            usleep(300 * 1000);
        turns = 1;
        if (write(h->done, &turns, sizeof(turns)) < 0)
            abort();
    }
    return 0;
}

static void be_done(void *self) {
    struct house *h = self;
    uint64_t turns;
    if (read(h->done, &turns, sizeof(turns)) < 0)
        return;
    pthread_mutex_lock(&h->lock);
    struct exchange *ready[WAITING_MOST];
    size_t count = h->waiting_count;
    memcpy(ready, h->waiting, count * sizeof(*ready));
    h->waiting_count = 0;
    pthread_mutex_unlock(&h->lock);
    for (size_t i = 0; i < count; i++)
        answer_echo(ready[i]);
}

static void *serve(void *self) {
    struct house *h = self;
    h->end = server_run(h->server);
    return 0;
}

struct house *house_open(struct arena *mem, struct house_options options) {
    struct house *h = NEW(mem, struct house);
    h->options = options;
    if (!options.file.len)
        h->options.file = S("/no/such/file");
    h->given = eventfd(0, EFD_CLOEXEC);
    h->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&h->lock, 0);
    struct server_options o = {
        .listen = options.listen.len ? options.listen : S("127.0.0.1:0"),
        .proxies = &h->options.proxy,
        .proxy_count = options.proxy.len ? 1 : 0,
        .connections_max = options.connections_max,
        .connections_share = options.connections_share,
        .timeout_s = options.timeout_s,
        .now = now,
        .self = h,
        .handle = handle,
    };
    err e = server_new(mem, &o, &h->server);
    if (e.code == ERR_NONE && options.dir.len) {
        o.listen = S("unix:control.sock");
        o.dir = options.dir;
        o.mode = 0600;
        e = server_also(h->server, &o);
    }
    CHECK_STR("house", e.what, S(""));
    if (e.code != ERR_NONE)
        abort();
    server_watch(h->server, h->done, be_done, h);
    pthread_create(&h->thread, 0, serve, h);
    pthread_create(&h->helper, 0, help, h);
    return h;
}

str house_address(const struct house *h) {
    return server_address(h->server, 0);
}

int house_port(const struct house *h) {
    str a = house_address(h);
    int64_t port = 0;
    (void)str_number(str_from(a, str_find(a, S(":")) + 1), &port);
    return (int)port;
}

int64_t house_close(struct house *h) {
    uint64_t end = 1000000;
    int64_t start = clock_steady();
    server_stop(h->server);
    pthread_join(h->thread, 0);
    int64_t took = clock_steady() - start;
    if (write(h->given, &end, sizeof(end)) < 0)
        abort();
    pthread_join(h->helper, 0);
    CHECK_INT("server_run ended well", h->end.code, ERR_NONE);
    server_free(h->server);
    close(h->given);
    close(h->done);
    pthread_mutex_destroy(&h->lock);
    return took;
}

/* ---- raw bytes ---- */

int raw_connect(int port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&at, sizeof(at))) {
        close(fd);
        return -1;
    }
    return fd;
}

size_t raw_take(int fd, size_t bytes) {
    char taken[16 * 1024];
    ssize_t got = recv(fd, taken, bytes < sizeof(taken) ? bytes : sizeof(taken), 0);
    return got > 0 ? (size_t)got : 0;
}

void raw_send(int fd, str bytes) {
    while (bytes.len) {
        ssize_t put = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (put <= 0)
            return;
        bytes = str_from(bytes, (size_t)put);
    }
}

str raw_read(struct arena *mem, int fd, int wait_ms, bool *ended) {
    enum { ROOM = 256 * 1024 };
    char *bytes = arena_take(mem, ROOM);
    size_t size = 0;
    int64_t end = clock_steady() + wait_ms;
    *ended = false;
    for (int64_t left; size < ROOM && (left = end - clock_steady()) > 0;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, (int)left) <= 0)
            break;
        ssize_t got = recv(fd, bytes + size, ROOM - size, 0);
        if (got <= 0) {
            *ended = true;
            break;
        }
        size += (size_t)got;
    }
    return (str){bytes, size};
}

str raw_next(struct arena *mem, int fd, int wait_ms, bool *ended) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    (void)poll(&p, 1, 10000);
    return raw_read(mem, fd, wait_ms, ended);
}

str raw_ask(struct arena *mem, int port, str bytes, bool *ended) {
    int fd = raw_connect(port);
    raw_send(fd, bytes);
    str got = raw_read(mem, fd, 250, ended);
    close(fd);
    return got;
}

str raw_ask_slowly(struct arena *mem, int port, str bytes, bool *ended) {
    int fd = raw_connect(port);
    for (size_t i = 0; i < bytes.len; i++) {
        raw_send(fd, str_part(bytes, i, 1));
        usleep(300);
    }
    str got = raw_read(mem, fd, 250, ended);
    close(fd);
    return got;
}

/* ---- folders ---- */

static int remove_one(const char *path, const struct stat *is, int kind, struct FTW *at) {
    return remove(path);
}

static void remove_all(void *path) {
    (void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

str fresh_dir(struct arena *mem) {
    char *path = arena_take(mem, 64);
    (void)snprintf(path, 64, "test_io.XXXXXX");
    if (!mkdtemp(path))
        abort();
    arena_defer(mem, remove_all, path);
    return str_of(path);
}
