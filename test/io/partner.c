#include "base/limits.h"
#include "house.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CALLERS = 32, REQUEST_ROOM = 64 * 1024 };

struct partner {
    enum partner_way way;
    int fd, port;
    pthread_t thread, callers[CALLERS];
    int sockets[CALLERS];
    int caller_count;
    pthread_mutex_t lock;
    int effects;
    str heard;
    char bytes[REQUEST_ROOM];
    _Atomic bool ended;
};

struct caller {
    struct partner *partner;
    int fd;
};

static const str said[] = {
    [PARTNER_ANSWERS] = S_INIT("HTTP/1.1 200 OK\r\nX-Kind: well\r\nContent-Length: 2\r\n\r\nok"),
    [PARTNER_CLOSES] = S_INIT(""),
    [PARTNER_HALF] = S_INIT("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
    [PARTNER_DRIPS] = S_INIT("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"),
    [PARTNER_REDIRECTS] =
        S_INIT("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"),
    [PARTNER_DROPS_KEPT] = S_INIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    [PARTNER_SHUTS_KEPT] = S_INIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    [PARTNER_TALKS_LONG] = S_INIT("HTTP/1.1 200 OK\r\n\r\n"),
    [PARTNER_MANY_HEADERS] = S_INIT(
        "HTTP/1.1 429 Too Many\r\nA: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\nF: 1\r\nG: 1\r\nH: 1\r\n"
        "I: 1\r\nJ: 1\r\nK: 1\r\nL: 1\r\nM: 1\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"),
    [PARTNER_INTERIM] = S_INIT("HTTP/1.1 100 Continue\r\nX-Kind: early\r\n\r\n"
                               "HTTP/1.1 200 OK\r\nX-Kind: well\r\nContent-Length: 2\r\n\r\nok"),
    [PARTNER_GARBAGE] = S_INIT("220 mail.example.com ESMTP\r\n"),
    [PARTNER_CHUNK_CUT] =
        S_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    [PARTNER_RETRY_LATER] =
        S_INIT("HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 4\r\n\r\nwait"),
};

/* Ways in which the connection stays open behind the answer. */
static bool stays_open(enum partner_way way) {
    static const bool open[] = {
        [PARTNER_ANSWERS] = true,
        [PARTNER_REDIRECTS] = true,
        [PARTNER_DROPS_KEPT] = true,
        [PARTNER_MANY_HEADERS] = true,
        [PARTNER_INTERIM] = true,
        [PARTNER_RETRY_LATER] = true,
    };
    return (size_t)way < COUNT(open) && open[way];
}

static size_t body_size(str head) {
    size_t at = str_find(head, S("Content-Length: "));
    str rest = str_from(head, at + sizeof("Content-Length: ") - 1), line;
    int64_t size = 0;
    if (!str_cut(&rest, '\r', &line) || !str_number(line, &size))
        return 0;
    return (size_t)size;
}

/* One whole request from the connection; false at its end. */
static bool hear(struct partner *p, int fd) {
    char bytes[REQUEST_ROOM];
    size_t size = 0;
    for (;;) {
        str all = {bytes, size};
        size_t head = str_find(all, S("\r\n\r\n")) + 4;
        if (head <= size && size >= head + body_size(str_part(all, 0, head)))
            break;
        ssize_t got = recv(fd, bytes + size, sizeof(bytes) - size, 0);
        if (got <= 0)
            return false;
        size += (size_t)got;
    }
    pthread_mutex_lock(&p->lock);
    p->effects++;
    memcpy(p->bytes, bytes, size);
    p->heard = (str){p->bytes, size};
    pthread_mutex_unlock(&p->lock);
    return true;
}

static void go_on(struct partner *p, int fd) {
    for (int i = 0; p->way == PARTNER_DRIPS && i < 30 && !p->ended; i++) {
        raw_send(fd, S("x"));
        usleep(100 * 1000);
    }
    static const char zeros[4096];
    for (int i = 0; p->way == PARTNER_TALKS_LONG && i < LIMIT_ANSWER / 4096 + 16; i++)
        raw_send(fd, (str){zeros, sizeof(zeros)});
}

static void *be_called(void *self) {
    struct caller *c = self;
    struct partner *p = c->partner;
    for (int turn = 0; hear(p, c->fd); turn++) {
        if (turn && p->way == PARTNER_DROPS_KEPT)
            break;
        raw_send(c->fd, said[p->way]);
        go_on(p, c->fd);
        if (!stays_open(p->way))
            break;
    }
    (void)shutdown(c->fd, SHUT_RDWR);
    return 0;
}

static void *be_open(void *self) {
    struct partner *p = self;
    static _Thread_local struct caller callers[CALLERS];
    int fd;
    while (p->caller_count < CALLERS && (fd = accept4(p->fd, 0, 0, SOCK_CLOEXEC)) >= 0) {
        int n = p->caller_count++;
        p->sockets[n] = fd;
        callers[n] = (struct caller){p, fd};
        pthread_create(&p->callers[n], 0, be_called, &callers[n]);
    }
    for (int i = 0; i < p->caller_count; i++) {
        (void)shutdown(p->sockets[i], SHUT_RDWR);
        pthread_join(p->callers[i], 0);
        close(p->sockets[i]);
    }
    return 0;
}

struct partner *partner_open(struct arena *mem, enum partner_way way) {
    struct partner *p = NEW(mem, struct partner);
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof(at);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->way = way;
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pthread_mutex_init(&p->lock, 0);
    if (bind(p->fd, (struct sockaddr *)&at, sizeof(at)) || listen(p->fd, 16)
        || getsockname(p->fd, (struct sockaddr *)&at, &size))
        abort();
    p->port = ntohs(at.sin_port);
    pthread_create(&p->thread, 0, be_open, p);
    return p;
}

int partner_port(const struct partner *p) {
    return p->port;
}

int partner_effects(struct partner *p) {
    pthread_mutex_lock(&p->lock);
    int effects = p->effects;
    pthread_mutex_unlock(&p->lock);
    return effects;
}

str partner_heard(struct arena *mem, struct partner *p) {
    pthread_mutex_lock(&p->lock);
    str heard = str_copy(mem, p->heard);
    pthread_mutex_unlock(&p->lock);
    return heard;
}

void partner_close(struct partner *p) {
    p->ended = true;
    (void)shutdown(p->fd, SHUT_RDWR);
    pthread_join(p->thread, 0);
    close(p->fd);
    pthread_mutex_destroy(&p->lock);
}
