/* bench_buyers PORT BUYERS SECONDS: whole orders a second, placed, paid and acknowledged.
 *
 * Each buyer keeps one connection and does one thing after the other: posts the form, reads the
 * reference out of the 303's payment link, tells of the payment as tpay does, waits for TRUE. */
#include "base/encode.h"
#include "base/limits.h"
#include "bench.h"
#include "shop/order.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUYERS_MAX = 512, ANSWER_MAX = 16 * 1024 };

struct buyers {
    uint16_t port;
    int64_t end;
};

struct buyer_thread {
    const struct buyers *all;
    int64_t number, orders;
    pthread_t thread;
    struct arena *mem;
    int fd;
    char answer[ANSWER_MAX];
};

static int connect_to(uint16_t port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
        bench_die("connect", str_of(strerror(errno)));
    return fd;
}

static int64_t length_of(str answer) {
    static const str name = S_INIT("Content-Length: ");
    int64_t length = 0;
    str rest = str_from(answer, str_find(answer, name) + name.len);
    if (!str_number(str_part(rest, 0, str_find_byte(rest, '\r')), &length))
        bench_die("an answer has no length", answer);
    return length;
}

/* The whole answer. */
static str ask(struct buyer_thread *b, str path, str body) {
    str text = JOIN(b->mem, S("POST "), path,
        S(" HTTP/1.1\r\nHost: shop.example.com\r\n"
          "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "),
        str_int(b->mem, (int64_t)body.len), S("\r\n\r\n"), body);
    if (send(b->fd, text.ptr, text.len, MSG_NOSIGNAL) != (ssize_t)text.len)
        bench_die("send", str_of(strerror(errno)));
    size_t size = 0;
    for (;;) {
        ssize_t got = recv(b->fd, b->answer + size, sizeof(b->answer) - size, 0);
        if (got <= 0)
            bench_die("the connection ended", (str){b->answer, size});
        size += (size_t)got;
        str all = {b->answer, size};
        size_t head = str_find(all, S("\r\n\r\n"));
        if (head < size && size - head - 4 >= (size_t)length_of(all))
            return all;
    }
}

static void buy(struct buyer_thread *b) {
    int64_t number = b->number * 10000000 + b->orders;
    str form = JOIN(b->mem, S("product=master-of-aggregates&email=w"), str_int(b->mem, number),
        S("%40example.com&name=Jan+Kowalski&price=199.00+PLN&consent_terms=on&consent_start=on"));
    str placed = ask(b, S("/api/order"), form);
    size_t crc = str_find(placed, S("crc="));
    if (!str_starts(placed, S("HTTP/1.1 303")) || crc == placed.len)
        bench_die("an order was refused", placed);
    struct order o = {.total = {19900, "PLN"}, .buyer = {.email = S("jan@example.com")}};
    o.reference = str_copy(b->mem, str_part(str_from(placed, crc), 4, 27));
    str told = ask(b, S("/api/payment/tpay"), bench_note(b->mem, &o, number));
    if (!str_ends(told, S("\r\n\r\nTRUE")))
        bench_die("a note was not acknowledged", told);
}

static void *buyer_run(void *self) {
    struct buyer_thread *b = self;
    b->mem = arena_new(1 << 20);
    b->fd = connect_to(b->all->port);
    for (; bench_ns() < b->all->end; b->orders++) {
        buy(b);
        arena_reset(b->mem);
    }
    close(b->fd);
    arena_free(b->mem);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 4)
        bench_die("usage", S("bench_buyers PORT BUYERS SECONDS"));
    int64_t port = bench_number(argv[1]), count = bench_number(argv[2]);
    int64_t start = bench_ns(), orders = 0;
    struct buyers all = {.port = (uint16_t)port, .end = start + bench_number(argv[3]) * 1000000000};
    struct arena *mem = arena_new(64 << 20);
    struct buyer_thread *buyers = arena_array(mem, BUYERS_MAX, sizeof(*buyers));
    count = count < BUYERS_MAX ? count : BUYERS_MAX;
    for (int64_t i = 0; i < count; i++) {
        buyers[i].all = &all;
        buyers[i].number = i + 1;
        if (pthread_create(&buyers[i].thread, NULL, buyer_run, &buyers[i]))
            bench_die("thread", S("the system gives no more"));
    }
    for (int64_t i = 0; i < count; i++) {
        pthread_join(buyers[i].thread, NULL);
        orders += buyers[i].orders;
    }
    double took = (double)(bench_ns() - start) / 1e9;
    printf("%lld whole orders in %.2f s: %.1f orders/s\n", (long long)orders, took,
        (double)orders / took);
    return 0;
}
