#include "io/connection.h"

#include "base/arena.h"

#include <sys/socket.h>

struct connection *connection_add(struct arena *mem, struct connections *all, int fd) {
    struct connection *c = all->spare;
    if (c)
        all->spare = c->next;
    else
        c = NEW(mem, struct connection);
    *c = (struct connection){.fd = fd, .next = all->first};
    if (all->first)
        all->first->prev = c;
    all->first = c;
    all->count++;
    return c;
}

void connection_remove(struct connections *all, struct connection *c) {
    if (c->prev)
        c->prev->next = c->next;
    else
        all->first = c->next;
    if (c->next)
        c->next->prev = c->prev;
    all->count--;
    c->next = all->spare;
    all->spare = c;
}

void connection_enter(struct connection *c, enum connection_stage stage, int64_t now) {
    c->stage = stage;
    c->since = now;
}

void connection_end(struct connection *c) {
    (void)shutdown(c->fd, SHUT_RDWR);
}

void connection_sweep(struct connections *all, int64_t now) {
    for (struct connection *c = all->first; c; c = c->next) {
        int64_t limit = all->limits_ms[c->stage];
        if (limit && now - c->since > limit)
            connection_end(c);
    }
}

size_t connection_quiesce(struct connections *all) {
    size_t under_way = 0;
    for (struct connection *c = all->first; c; c = c->next) {
        if (c->stage == CONNECTION_IDLE)
            connection_end(c);
        else
            under_way++;
    }
    return under_way;
}
