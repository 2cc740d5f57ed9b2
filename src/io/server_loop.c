#include "base/arena.h"
#include "io/certificate.h"
#include "io/door.h"
#include "io/loop.h"
#include "io/server.h"
#include "io/world.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    DOORS = 5,    /* four for buyers, and the control socket */
    ACCEPTS = 64, /* in one turn, so that waiting answers are not held up */
    SWEEP_MS = 1000,
    RECEIVE_MS = 20 * 1000, /* from the request line to the end of the body */
    STOP_MS = 3 * 1000,     /* what is under way; the house ends within 5 s */
    LINGER_MS = 500,        /* a kept connection's next request is still answered, and closed */
    STOP_TURN_MS = 50,
    REST_TURNS = 16, /* due again and again, and nothing comes of it */
    REST_MS = 10,
    CONNECTIONS = 10000,
    CONNECTIONS_LEAST = 64,
    IDLE_S = 30,
    DESCRIPTORS = 128, /* beside connections: store, partners, files */
    OWN_MEMORY = 64 << 20,
};

struct server {
    struct arena *own; /* connections and exchanges, reused */
    struct arena *mem;
    struct loop loop;
    struct door doors[DOORS];
    size_t door_count;
    struct exchanges exchanges;
    bool trimming;
    int64_t swept;
    int64_t stop_by; /* 0: not stopping */
    _Atomic bool stop;
};

static void be_due(void *self) {
    struct door *d = self;
    d->due = true;
}

/* A newcomer is worth more than who is silent, but nobody gets more than a share. What was shut
 * down is closed in the next turn; until then there is slack. */
static bool has_place(struct door *d, const struct sockaddr_storage *from) {
    struct peer p;
    peer_set(&p, (const struct sockaddr *)from);
    if (d->share && !proxies_trust(&d->proxies, &p)
        && connection_count_from(&d->all, &p.at) >= d->share) {
        d->over_share++;
        return false;
    }
    size_t ending = d->all.stages[CONNECTION_ENDING].count;
    bool free = d->all.count - ending < (size_t)d->limit;
    bool placed = ending < DOOR_SLACK && (free || connection_evict(&d->all, *d->now));
    d->no_place += !placed;
    return placed;
}

struct server_turned server_turned(const struct server *s) {
    struct server_turned t = {0};
    for (size_t i = 0; i < s->door_count; i++) {
        const struct door *d = &s->doors[i];
        t.no_place += d->no_place;
        t.over_share += d->over_share;
        t.broken += d->broken;
        t.slow_senders += d->all.slow[CONNECTION_RECEIVING];
        t.slow_readers += d->all.slow[CONNECTION_SENDING];
    }
    return t;
}

static void accept_all(void *self) {
    struct door *d = self;
    int refused = 0;
    for (int i = 0; i < ACCEPTS; i++) {
        struct sockaddr_storage from;
        int fd = listener_accept(&d->listener, &from, &refused);
        if (fd < 0)
            return;
        if (has_place(d, &from))
            door_add(d, fd, &from);
        else
            close(fd);
    }
}

/* The default of 1,024 descriptors is less than the connections we allow. How many connections fit
 * into what we are allowed. */
static int raise_descriptors(int connections) {
    struct rlimit r;
    rlim_t need = (rlim_t)connections + DOOR_SLACK + DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &r))
        return connections;
    rlim_t most = r.rlim_max < need ? r.rlim_max : need;
    if (r.rlim_cur < most) {
        struct rlimit more = {.rlim_cur = most, .rlim_max = r.rlim_max};
        if (!setrlimit(RLIMIT_NOFILE, &more))
            r.rlim_cur = most;
    }
    if (r.rlim_cur >= need)
        return connections;
    int fit = (int)r.rlim_cur - DOOR_SLACK - DESCRIPTORS;
    return fit > CONNECTIONS_LEAST ? fit : CONNECTIONS_LEAST;
}

static err open_door(struct server *s, const struct server_options *o) {
    struct door *d = &s->doors[s->door_count];
    int64_t idle_ms = (o->timeout_s ? o->timeout_s : IDLE_S) * (int64_t)1000;
    *d = (struct door){
        .options = *o,
        .exchanges = &s->exchanges,
        .limit = raise_descriptors(o->connections_max ? o->connections_max : CONNECTIONS),
        .share = o->connections_share > 0 ? (size_t)o->connections_share : 0,
        .now = &s->loop.now,
        .all.seed = dice_throw(),
        .all.limits_ms =
            {
                [CONNECTION_IDLE] = idle_ms,
                [CONNECTION_RECEIVING] = idle_ms < RECEIVE_MS ? idle_ms : RECEIVE_MS,
                [CONNECTION_SENDING] = idle_ms,
            },
    };
    TRY(proxies_read(s->mem, o->proxies, o->proxy_count, &d->proxies));
    struct listener_options l = {o->listen, o->next_ports, o->dir, o->mode, o->six_only};
    TRY(listener_open(s->mem, &l, &d->listener));
    /* Over a unix socket only a proxy of this machine comes. */
    if (o->certificate && !str_starts(d->listener.address, S("unix:")))
        d->certificate = certificate_keep(o->certificate);
    int fd;
    if (!door_start(d, &fd)) {
        listener_close(&d->listener);
        door_stop(d);
        return err_make(ERR_SETUP, S("the web server cannot start: no memory or descriptors"));
    }
    loop_watch(&s->loop, d->listener.fd, accept_all, d);
    loop_watch(&s->loop, fd, be_due, d);
    s->door_count++;
    return OK_ERR;
}

err server_new(struct arena *mem, const struct server_options *options, struct server **out) {
    struct server *s = NEW(mem, struct server);
    s->mem = mem;
    TRY(loop_open(&s->loop));
    s->own = arena_new(OWN_MEMORY);
    s->exchanges.own = s->own;
    /* sendfile has no MSG_NOSIGNAL. */
    (void)signal(SIGPIPE, SIG_IGN);
    err e = open_door(s, options);
    if (e.code == ERR_NONE)
        *out = s;
    else
        server_free(s);
    return e;
}

err server_also(struct server *s, const struct server_options *options) {
    assert(s->door_count < DOORS);
    return open_door(s, options);
}

void server_certify(struct server *s, struct certificate *c) {
    for (size_t i = 0; i < s->door_count; i++) {
        struct door *d = &s->doors[i];
        if (!d->certificate)
            continue;
        certificate_drop(d->certificate);
        d->certificate = certificate_keep(c);
    }
}

str server_address(const struct server *s, size_t i) {
    assert(i < s->door_count);
    return s->doors[i].listener.address;
}

void server_watch(struct server *s, int fd, void (*act)(void *self), void *self) {
    loop_watch(&s->loop, fd, act, self);
}

bool server_is_busy(const struct server *s) {
    size_t busy = 0;
    for (size_t i = 0; i < s->door_count; i++)
        for (int stage = CONNECTION_RECEIVING; stage <= CONNECTION_SENDING; stage++)
            busy += s->doors[i].all.stages[stage].count;
    return busy > 0;
}

static void sweep(struct server *s) {
    if (s->loop.now - s->swept < SWEEP_MS)
        return;
    s->swept = s->loop.now;
    for (size_t i = 0; i < s->door_count; i++) {
        connection_sweep(&s->doors[i].all, s->loop.now);
        s->doors[i].due = true; /* for libmicrohttpd's own time-outs */
    }
    s->trimming = exchange_trim(&s->exchanges);
}

/* A chunk's line that fills libmicrohttpd's buffer and does not end makes it due for ever (0.9.75):
 * a stranger could keep us busy. Who sends a file is due so too, and must not be held up. */
static int rest_ms(const struct door *d) {
    if (!d->all.stages[CONNECTION_SENDING].count)
        return d->unheard >= REST_TURNS ? REST_MS : 0;
    return d->unheard && d->unheard % REST_TURNS == 0 ? 1 : 0;
}

static int wait_ms(const struct server *s) {
    size_t connected = 0;
    int rest = REST_MS;
    bool due = false;
    for (size_t i = 0; i < s->door_count; i++) {
        if (s->doors[i].due && rest_ms(&s->doors[i]) < rest)
            rest = rest_ms(&s->doors[i]);
        due = due || s->doors[i].due;
        connected += s->doors[i].all.count;
    }
    if (due)
        return rest;
    if (s->stop_by)
        return STOP_TURN_MS;
    return connected || s->trimming ? SWEEP_MS : -1;
}

/* True when all is answered, or the time for that is over. */
static bool is_over(struct server *s) {
    size_t under_way = 0;
    if (!s->stop_by)
        s->stop_by = s->loop.now + STOP_MS;
    /* From now on each answer ends its connection; who says nothing for a while says no more. */
    bool lingered = s->loop.now >= s->stop_by - STOP_MS + LINGER_MS;
    for (size_t i = 0; i < s->door_count; i++) {
        struct door *d = &s->doors[i];
        if (!d->closing) {
            loop_forget(&s->loop, d->listener.fd);
            listener_close(&d->listener);
            d->closing = true;
        }
        under_way +=
            connection_quiesce(&d->all, lingered ? s->loop.now - LINGER_MS : 0, s->loop.now);
    }
    return !under_way || s->loop.now >= s->stop_by;
}

err server_run(struct server *s) {
    do {
        TRY(loop_turn(&s->loop, wait_ms(s)));
        sweep(s);
        for (size_t i = 0; i < s->door_count; i++)
            door_run(&s->doors[i]);
    } while (!atomic_load_explicit(&s->stop, memory_order_acquire) || !is_over(s));
    for (size_t i = 0; i < s->door_count; i++)
        door_drop(&s->doors[i]);
    return OK_ERR;
}

void server_stop(struct server *s) {
    atomic_store_explicit(&s->stop, true, memory_order_release);
    loop_wake(&s->loop);
}

void server_free(struct server *s) {
    for (size_t i = 0; i < s->door_count; i++) {
        listener_close(&s->doors[i].listener);
        door_stop(&s->doors[i]);
    }
    exchange_end(&s->exchanges);
    loop_close(&s->loop);
    arena_free(s->own);
}
