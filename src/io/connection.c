#include "io/connection.h"

#include "base/arena.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum {
    NETWORK = 8,      /* bytes of an IPv6 address that name a customer's network */
    READ_LEAST = 1024 /* bytes a second */
};

/* ---- lists ---- */

static void list_add(struct connection_list *l, struct connection *c) {
    c->next = 0;
    c->prev = l->last;
    *(l->last ? &l->last->next : &l->first) = c;
    l->last = c;
    l->count++;
}

static void list_cut(struct connection_list *l, struct connection *c) {
    *(c->prev ? &c->prev->next : &l->first) = c->next;
    *(c->next ? &c->next->prev : &l->last) = c->prev;
    l->count--;
}

/* ---- addresses ---- */

static bool is_v4(const struct address *a) {
    static const unsigned char mapped[12] = {[10] = 0xff, 0xff};
    return !memcmp(a->bytes, mapped, sizeof(mapped));
}

static size_t width(const struct address *a) {
    return is_v4(a) ? sizeof(a->bytes) : NETWORK;
}

static size_t bucket_of(const struct connections *all, const struct address *a) {
    uint64_t h = all->seed;
    for (size_t i = 0; i < width(a); i++)
        h = (h ^ a->bytes[i]) * 1099511628211u;
    return (h >> 32) % CONNECTION_BUCKETS;
}

size_t connection_count_from(const struct connections *all, const struct address *from) {
    size_t count = 0;
    const struct connection *c = all->buckets[bucket_of(all, from)];
    for (; c; c = c->beside)
        if (!c->peer.is_unix && !memcmp(c->peer.at.bytes, from->bytes, width(from)))
            count++;
    return count;
}

static void bucket_cut(struct connections *all, struct connection *c) {
    struct connection **at = &all->buckets[bucket_of(all, &c->peer.at)];
    while (*at != c)
        at = &(*at)->beside;
    *at = c->beside;
}

/* ---- coming and going ---- */

struct connection *connection_add(
    struct arena *mem, struct connections *all, int fd, const struct sockaddr *from, int64_t now) {
    struct connection *c = all->spare;
    if (c)
        all->spare = c->next;
    else
        c = NEW(mem, struct connection);
    *c = (struct connection){.fd = fd, .stage = CONNECTION_IDLE, .since = now};
    peer_set(&c->peer, from);
    struct connection **bucket = &all->buckets[bucket_of(all, &c->peer.at)];
    c->beside = *bucket;
    *bucket = c;
    list_add(&all->stages[CONNECTION_IDLE], c);
    all->count++;
    return c;
}

void connection_remove(struct connections *all, struct connection *c) {
    bucket_cut(all, c);
    list_cut(&all->stages[c->stage], c);
    all->count--;
    c->next = all->spare;
    all->spare = c;
}

void connection_enter(
    struct connections *all, struct connection *c, enum connection_stage stage, int64_t now) {
    /* What is shut down stays so, whatever libmicrohttpd still does with it. */
    if (c->stage == CONNECTION_ENDING)
        return;
    list_cut(&all->stages[c->stage], c);
    c->stage = stage;
    c->since = now;
    list_add(&all->stages[stage], c);
}

void connection_end(struct connections *all, struct connection *c, int64_t now) {
    /* What a slow reader never took must not stay in the kernel for him. */
    struct linger drop = {.l_onoff = 1};
    if (c->stage == CONNECTION_SENDING)
        (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &drop, sizeof(drop));
    (void)shutdown(c->fd, SHUT_RDWR);
    connection_enter(all, c, CONNECTION_ENDING, now);
}

bool connection_evict(struct connections *all, int64_t now) {
    struct connection *c = all->stages[CONNECTION_IDLE].first;
    if (c)
        connection_end(all, c, now);
    return c != 0;
}

static bool has_bytes(const struct connection *c) {
    char byte;
    return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

size_t connection_quiesce(struct connections *all, int64_t before, int64_t now) {
    struct connection *next;
    for (struct connection *c = all->stages[CONNECTION_IDLE].first; c && c->since <= before;
         c = next) {
        next = c->next;
        if (!has_bytes(c))
            connection_end(all, c, now);
    }
    return all->count - all->stages[CONNECTION_ENDING].count;
}

/* ---- time ---- */

static bool tcp_look(const struct connection *c, struct tcp_info *out) {
    socklen_t size = sizeof(*out);
    *out = (struct tcp_info){0};
    return !c->peer.is_unix && !getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, out, &size)
           && size >= offsetof(struct tcp_info, tcpi_segs_out);
}

bool connection_babbled(const struct connection *c) {
    struct tcp_info info;
    bool ours = c->asked || c->certificate || c->stage != CONNECTION_IDLE;
    return !ours && tcp_look(c, &info) && info.tcpi_bytes_received > 0;
}

/* Has the reader taken enough since we last looked? A proxy over a unix socket cannot be asked, and
 * is none of the slow ones. */
static bool goes_on(struct connection *c, int64_t span_ms) {
    struct tcp_info info;
    if (!tcp_look(c, &info))
        return true;
    uint64_t more = info.tcpi_bytes_acked - c->taken;
    c->taken = info.tcpi_bytes_acked;
    return more >= (uint64_t)span_ms * READ_LEAST / 1000;
}

void connection_sweep(struct connections *all, int64_t now) {
    for (int stage = 0; stage < CONNECTION_ENDING; stage++) {
        int64_t limit = all->limits_ms[stage];
        struct connection *c = limit ? all->stages[stage].first : 0, *next;
        for (; c && now - c->since > limit; c = next) {
            next = c->next;
            if (stage == CONNECTION_SENDING && goes_on(c, now - c->since))
                connection_enter(all, c, CONNECTION_SENDING, now);
            else {
                all->slow[stage]++;
                connection_end(all, c, now);
            }
        }
    }
}
