#include "app/house.h"

#include "app/desk.h"
#include "app/limit.h"
#include "app/open.h"
#include "app/pool.h"
#include "app/web.h"
#include "base/encode.h"
#include "base/limits.h"
#include "io/files.h"
#include "io/server.h"
#include "io/world.h"

#include <signal.h>
#include <unistd.h>

struct house {
    struct house_shop *shop;
    struct opened open;
    struct doors event; /* as open.doors, with the store that never waits */
    struct limit *limit;
    struct server *server;
    struct pool *pool;
    int signals;
};

/* One request whose answer waits for the store, or one command that waits for the pool. */
struct waiting {
    struct house *house;
    struct exchange *exchange;
    struct request request;
    struct flow flow;
    struct reply reply;
    struct commit commit;
    struct errand errand;
};

/* ---- the shop's requests ---- */

static void go_on(struct waiting *w) {
    if (!w->reply.changes) {
        server_answer(w->exchange, &w->reply.response);
        return;
    }
    w->commit =
        (struct commit){.changes = w->reply.changes, .count = w->reply.change_count, .owner = w};
    committer_submit(w->house->open.committer, &w->commit);
}

static void handle(void *self, struct exchange *x, const struct request *r) {
    struct house *h = self;
    struct arena *mem = exchange_arena(x);
    struct waiting *w = NEW(mem, struct waiting);
    w->house = h;
    w->exchange = x;
    w->request = *r;
    w->flow = (struct flow){.mem = mem,
        .doors = &h->event,
        .shop = h->shop->shop,
        .theme = h->shop->site.theme,
        .site = &h->shop->site,
        .limit = h->limit,
        .dir = h->shop->dir,
        .request = &w->request};
    web(&w->flow, &w->reply);
    go_on(w);
}

static void committed(void *self) {
    struct house *h = self;
    bool due = false;
    struct commit *c = committer_done(h->open.committer);
    while (c) {
        struct waiting *w = c->owner;
        struct commit *next = c->next;
        due = due || c->changes[0].puts[0].due > 0;
        w->reply.changes = NULL;
        w->reply.kept(&w->flow, &w->reply);
        go_on(w);
        c = next;
    }
    if (due)
        pool_hint(h->pool);
}

/* ---- commands over the control socket ---- */

static void desk_run(void *state) {
    struct waiting *w = state;
    desk(exchange_arena(w->exchange), &w->house->open.work, &w->request, &w->reply.response);
}

static void handle_control(void *self, struct exchange *x, const struct request *r) {
    struct house *h = self;
    struct waiting *w = NEW(exchange_arena(x), struct waiting);
    w->house = h;
    w->exchange = x;
    w->request = *r;
    w->errand = (struct errand){.run = desk_run, .state = w};
    pool_send(h->pool, &w->errand);
}

static void errands_done(void *self) {
    struct house *h = self;
    for (struct errand *e = pool_done(h->pool), *next; e; e = next) {
        struct waiting *w = e->state;
        next = e->next;
        server_answer(w->exchange, &w->reply.response);
    }
    pool_hint(h->pool);
}

static void signalled(void *self) {
    struct house *h = self;
    int number = signal_read(h->signals);
    if (number == SIGTERM || number == SIGINT)
        server_stop(h->server);
}

/* ---- start and end ---- */

static instant house_now(void *self) {
    (void)self;
    return clock_now();
}

/* Texts that orders name by hash are durable before the first order can name them. */
static err texts_keep(struct arena *mem, struct house *h) {
    const struct shop *s = h->shop->shop;
    struct store *store = h->open.doors.store;
    size_t count = s->product_count + s->consent_count;
    struct put *puts = arena_array(mem, count + 1, sizeof(*puts));
    struct change *changes = arena_array(mem, count + 1, sizeof(*changes));
    for (size_t i = 0; i < count; i++) {
        bool product = i < s->product_count;
        const struct consent *c = product ? NULL : &s->consents[i - s->product_count];
        puts[i] = (struct put){.kind = S("text"),
            .version = PUT_NEW,
            .part = JOIN(mem, S("text/"), product ? s->products[i].hash : c->hash),
            .bytes = product ? s->products[i].text : c->text};
        changes[i] = (struct change){.puts = &puts[i], .count = 1};
    }
    store->kind->apply(store, changes, count);
    for (size_t i = 0; i < count; i++)
        if (changes[i].kept != KEPT_OK && changes[i].kept != KEPT_KNOWN)
            return err_make(
                ERR_FULL, S("the texts of the products could not be kept: is the disk full?"));
    return OK_ERR;
}

static err listen_all(struct arena *mem, struct house *h, const struct house_options *o) {
    const struct shop *s = h->shop->shop;
    str listen = s->listen;
    size_t proxies = s->proxies ? s->proxies->count : 0;
    str *names = arena_array(mem, proxies + 1, sizeof(*names));
    size_t n = 0;
    for (const struct tree *t = proxies ? s->proxies->first : NULL; t; t = t->next)
        names[n++] = t->text;
    if (o->port || o->serve)
        listen = JOIN(mem, S("127.0.0.1:"), str_int(mem, o->port ? o->port : 8080));
    struct server_options options = {.listen = listen,
        .next_ports = o->serve && !o->port ? 50 : 0,
        .proxies = names,
        .proxy_count = n,
        .now = house_now,
        .self = h,
        .handle = handle};
    struct server_options control = {
        .listen = S("unix:control.sock"), .now = house_now, .self = h, .handle = handle_control};
    str dir = {0};
    TRY(server_new(mem, &options, &h->server));
    TRY(files_path(mem, h->shop->dir, S("var"), &dir));
    TRY(server_also(h->server, &control, dir));
    return OK_ERR;
}

/* serve: the shop stands where it listens, whatever shop.yml says, and shows drafts. */
static void serve_here(struct arena *mem, struct house *h, bool serve) {
    struct shop *s = h->shop->shop;
    if (!serve)
        return;
    s->url = s->api = JOIN(mem, S("http://"), str_copy(mem, server_address(h->server)));
    for (size_t i = 0; i < s->product_count; i++)
        s->products[i].draft = false;
}

static err house_start(struct arena *mem, struct house *h, const struct house_options *o) {
    TRY(listen_all(mem, h, o));
    serve_here(mem, h, o->serve);
    TRY(texts_keep(mem, h));
    h->event = h->open.doors;
    h->limit = limit_new(mem);
    TRY(pool_new(mem, &h->open.work, o->workers ? o->workers : 32, &h->pool));
    server_watch(h->server, committer_fd(h->open.committer), committed, h);
    server_watch(h->server, pool_fd(h->pool), errands_done, h);
    server_watch(h->server, h->signals, signalled, h);
    return OK_ERR;
}

err house_run(struct arena *mem, struct house_shop *shop, const struct house_options *o) {
    struct house h = {.shop = shop};
    /* Before the first thread: all of them must leave the signals to the loop. */
    TRY(signal_open(&h.signals));
    TRY(open_doors(mem, shop, &h.open));
    err e = house_start(mem, &h, o);
    if (e.code != ERR_NONE) {
        open_close(&h.open);
        return e;
    }
    str address = server_address(h.server);
    bool all = str_starts(address, S("unix:"));
    printf("%s%.*s\n", all ? "" : "http://", (int)address.len, address.ptr);
    fflush(stdout);
    e = server_run(h.server);
    /* A partner hangs: what was sent is written down as sending, the next start makes it UNKNOWN.
     * */
    if (!pool_stop(h.pool, 5000))
        _exit(0);
    /* The committer ends first: it may still hold changes of exchanges that the server was about
     * to drop. */
    open_close(&h.open);
    server_free(h.server);
    return e;
}
