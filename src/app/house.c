#include "app/house.h"

#include "app/desk.h"
#include "app/facts.h"
#include "app/limit.h"
#include "app/live.h"
#include "app/open.h"
#include "app/meter.h"
#include "app/seen.h"
#include "app/texts.h"
#include "app/web.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/limits.h"
#include "io/files.h"
#include "io/listener.h"
#include "io/server.h"
#include "io/service.h"
#include "io/world.h"

#include <limits.h>
#include <signal.h>
#include <unistd.h>

/* From the signal to the end, whatever a partner does. */
enum { STOP_MS = 4500 };

_Static_assert((int)SERVICE_SOCKETS <= (int)SHOP_LISTENS, "what is handed over fits");

struct house {
    struct snapshots shops;
    struct opened open;
    struct doors event; /* as open.doors, with the store that never waits */
    struct limit *limit;
    struct server *server;
    str listens[SHOP_LISTENS]; /* for buyers */
    size_t places;
    struct pool *pool;
    struct reloader reloader;
    struct live live;
    bool serve;
    int signals, tick;
    int64_t idle_ms, asked_at, stopped_at; /* steady */
    bool watched;                          /* by a service manager */
    int64_t dropped; /* lines of the log, as counted */
    struct server_turned turned; /* as counted */
};

/* One request whose answer waits for the store, or one command that waits for the pool. */
struct waiting {
    struct house *house;
    struct exchange *exchange;
    struct request request;
    struct flow flow;
    struct reply reply;
    struct commit commit;
    int64_t live_shop; /* what the page will show */
    struct errand errand;
    struct reload reload;
    int64_t began, asked; /* fine: the request, its change */
};

/* ---- the shop's requests ---- */

/* A flow's answer, seen and sent. */
static void answer(struct waiting *w) {
    web_guard(&w->flow, &w->reply.response);
    if (w->house->serve)
        live_dress(&w->house->live, w->flow.mem, &w->request, w->live_shop, &w->reply.response);
    const struct seen_request seen = {.request = &w->request,
        .route = w->reply.route,
        .order = w->reply.order,
        .status = w->reply.response.status,
        .took_us = clock_fine() - w->began};
    seen_request(&w->house->event, &seen);
    server_answer(w->exchange, &w->reply.response);
}

static void go_on(struct waiting *w) {
    if (!w->reply.changes) {
        answer(w);
        return;
    }
    w->asked = clock_fine();
    w->commit =
        (struct commit){.changes = w->reply.changes, .count = w->reply.change_count, .owner = w};
    committer_submit(w->house->open.committer, &w->commit);
}

static void handle(void *self, struct exchange *x, const struct request *r) {
    struct house *h = self;
    struct arena *mem = exchange_arena(x);
    if (h->serve && live_handle(&h->live, x, r))
        return;
    h->asked_at = clock_steady();
    struct waiting *w = NEW(mem, struct waiting);
    w->house = h;
    w->exchange = x;
    w->request = *r;
    w->live_shop = h->live.shop;
    const struct house_shop *shop = snapshots_borrow(&h->shops, mem);
    w->began = clock_fine();
    if (!r->ref.len)
        w->request.ref = base32_number(mem, dice_throw(), 12);
    if (r->doubted)
        facts_doubt(h->event.facts, r->peer);
    w->flow = (struct flow){.mem = mem,
        .doors = &h->event,
        .shop = shop->shop,
        .theme = shop->site.theme,
        .site = &shop->site,
        .limit = h->limit,
        .shelf = shop->shelf,
        .dir = shop->dir,
        .dressed = h->serve,
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
        meter_add(h->event.meter, METER_COMMITS, 1);
        meter_time(h->event.meter, METER_COMMIT_WAIT, clock_fine() - w->asked);
        w->reply.changes = NULL;
        w->reply.kept(&w->flow, &w->reply);
        go_on(w);
        c = next;
    }
    if (due)
        pool_hint(h->pool);
}

/* ---- commands over the control socket ---- */

static void arena_end(void *mem) {
    arena_free(mem);
}

/* A list of a thousand orders is more than a request may take: as much as for a command that asks
 * the store itself. The answer lives in it. */
static void desk_run(void *state) {
    struct waiting *w = state;
    struct house *h = w->house;
    struct arena *mem = arena_new(LIMIT_COMMAND_ARENA);
    arena_defer(exchange_arena(w->exchange), arena_end, mem);
    struct work work = snapshots_work(&h->shops, mem, &h->open.doors);
    desk(mem, &work, &w->request, &w->reply.response);
}

static void desk_done(void *state) {
    struct waiting *w = state;
    server_answer(w->exchange, &w->reply.response);
}

/* POST /reload: {reloaded, sentence, products, report: [{level, file, line, column, sentence}]}. */
static void reloaded(struct reload *r, const struct reload_result *end) {
    struct waiting *w = r->owner;
    struct arena *mem = exchange_arena(w->exchange);
    struct tree *t = tree_map(mem);
    tree_put_bool(mem, t, S("reloaded"), end->taken);
    tree_put_text(mem, t, S("sentence"), end->sentence);
    tree_put(t, S("report"), report_view(mem, end->report));
    struct response out = response_json(200, json_write(mem, t));
    server_answer(w->exchange, &out);
}

/* The server refused what is no request: told apart by its status only. */
static void refused(void *self, int status) {
    static const struct {
        int status;
        enum meter_count count;
    } rows[] = {{413, METER_TOO_LONG}, {431, METER_MANY_HEADERS}, {501, METER_STRANGE_METHOD},
        {417, METER_EXPECTATION}};
    struct house *h = self;
    const struct seen_request seen = {.status = status};
    enum meter_count count = METER_BAD_HEAD;
    for (size_t i = 0; i < COUNT(rows); i++)
        count = rows[i].status == status ? rows[i].count : count;
    meter_add(h->event.meter, count, 1);
    seen_request(&h->event, &seen);
}

/* What others count, since the last time. */
static void count_others(struct house *h) {
    const struct server_turned now = server_turned(h->server), was = h->turned;
    const struct {
        enum meter_count count;
        int64_t more;
    } rows[] = {
        {METER_BROKEN_HEAD, now.broken - was.broken},
        {METER_SLOW_SENDER, now.slow_senders - was.slow_senders},
        {METER_SLOW_READER, now.slow_readers - was.slow_readers},
        {METER_NO_PLACE, now.no_place - was.no_place},
        {METER_OVER_SHARE, now.over_share - was.over_share},
        {METER_LOG_DROPPED, log_dropped(h->open.log) - h->dropped},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        meter_add(h->event.meter, rows[i].count, rows[i].more);
    h->dropped += rows[COUNT(rows) - 1].more;
    h->turned = now;
}

/* Answered here and not in the pool: it must say something when the pool hangs. */
static void metrics(struct house *h, struct exchange *x) {
    struct buf text = buf_new(exchange_arena(x), LIMIT_PAGE);
    count_others(h);
    meter_write(h->event.meter, &text);
    facts_write(h->event.facts, clock_steady(), &text);
    struct response r = response_text(200, buf_str(&text));
    r.type = S("text/plain; version=0.0.4; charset=utf-8");
    server_answer(x, &r);
}

static void handle_control(void *self, struct exchange *x, const struct request *r) {
    struct house *h = self;
    if (str_is(r->path, S("/metrics")) && str_is(r->method, S("GET"))) {
        metrics(h, x);
        return;
    }
    struct waiting *w = NEW(exchange_arena(x), struct waiting);
    w->house = h;
    w->exchange = x;
    w->request = *r;
    if (str_is(r->path, S("/reload")) && str_is(r->method, S("POST"))) {
        w->reload = (struct reload){.told = reloaded, .owner = w};
        house_reload(h, &w->reload);
        return;
    }
    w->errand = (struct errand){.run = desk_run, .done = desk_done, .state = w};
    pool_send(h->pool, &w->errand);
}

static void errands_done(void *self) {
    struct house *h = self;
    for (struct errand *e = pool_done(h->pool), *next; e; e = next) {
        next = e->next;
        e->done(e->state);
    }
    pool_hint(h->pool);
}

/* What is acknowledged is finished; nothing new is begun. */
static void house_stop(struct house *h) {
    if (h->stopped_at)
        return;
    h->stopped_at = clock_steady();
    service_say(S("STOPPING=1"));
    pool_ease(h->pool);
    if (h->serve)
        live_stop(&h->live);
    server_stop(h->server);
}

static void signalled(void *self) {
    struct house *h = self;
    int number = signal_read(h->signals);
    if (number == SIGTERM || number == SIGINT)
        house_stop(h);
    if (number == SIGHUP)
        house_reload(h, NULL);
}

/* Something has a due time, however late: then we stay. */
static bool is_owed(struct house *h) {
    struct arena *mem = arena_new(LIMIT_REQUEST_ARENA);
    struct query q = {.due_only = true, .due_max = INT64_MAX, .limit = 1};
    struct row_list rows = {0};
    struct store *s = h->event.store;
    bool owed = s->kind->list(s, mem, &q, &rows).code != ERR_NONE || rows.count;
    arena_free(mem);
    return owed;
}

static void ticked(void *self) {
    struct house *h = self;
    clock_tick_read(h->tick);
    if (h->watched)
        service_say(S("WATCHDOG=1"));
    if (!h->idle_ms)
        return;
    /* A long film on its way to a buyer is not idleness, nor is a backup. */
    if (server_is_busy(h->server))
        h->asked_at = clock_steady();
    if (clock_steady() - h->asked_at >= h->idle_ms && !is_owed(h))
        house_stop(h);
}

static void files_changed(void *self) {
    struct house *h = self;
    live_changed(&h->live);
}

void house_reload(struct house *h, struct reload *r) {
    reload_ask(&h->reloader, r);
}

/* ---- start and end ---- */

static instant house_now(void *self) {
    (void)self;
    return clock_now();
}

/* Sockets of a service manager come before `listen:`; --port is for a person. */
static void places_find(struct arena *mem, struct house *h, const struct house_options *o) {
    size_t passed = o->port || o->serve ? 0 : service_sockets();
    const struct tree *t = h->shops.now->shop.shop->listen->first;
    for (h->places = 0; h->places < passed; h->places++)
        h->listens[h->places] =
            JOIN(mem, S("fd:"), str_int(mem, SERVICE_FIRST + (int64_t)h->places));
    if (o->port || o->serve)
        h->listens[h->places++] =
            JOIN(mem, S("127.0.0.1:"), str_int(mem, o->port ? o->port : 8080));
    for (; t && !passed && !o->port && !o->serve && h->places < SHOP_LISTENS; t = t->next)
        h->listens[h->places++] = str_copy(mem, tree_str(t));
}

static bool six_only(const struct house *h, size_t place) {
    bool only = false;
    for (size_t i = 0; i < h->places; i++)
        only = only || listener_covers(h->listens[place], h->listens[i]);
    return only;
}

static err listen_all(struct arena *mem, struct house *h, const struct house_options *o) {
    const struct house_shop *shop = &h->shops.now->shop;
    const struct shop *s = shop->shop;
    size_t proxies = s->proxies ? s->proxies->count : 0;
    str *names = arena_array(mem, proxies + 1, sizeof(*names));
    size_t n = 0;
    for (const struct tree *t = proxies ? s->proxies->first : NULL; t; t = t->next)
        names[n++] = t->text;
    struct server_options options = {.dir = shop->dir,
        .mode = 0666,
        .next_ports = o->serve && !o->port ? 50 : 0,
        .proxies = names,
        .proxy_count = n,
        .connections_max = (int)s->connections,
        .connections_share =
            (int)(s->connections_per_address < INT_MAX ? s->connections_per_address : 0),
        .certificate = o->serve ? NULL : shop->certificate,
        .now = house_now,
        .self = h,
        .handle = handle,
        .refused = refused};
    struct server_options control = {.listen = S("unix:control.sock"),
        .mode = 0600,
        .now = house_now,
        .self = h,
        .handle = handle_control};
    places_find(mem, h, o);
    for (size_t i = 0; i < h->places; i++) {
        options.listen = h->listens[i];
        options.six_only = six_only(h, i);
        if (!i)
            TRY(server_new(mem, &options, &h->server));
        else
            TRY(server_also(h->server, &options));
    }
    TRY(files_path(mem, shop->dir, S("var"), &control.dir));
    return server_also(h->server, &control);
}

/* A unix socket stays plain. */
static void addresses_say(const struct house *h, bool tls) {
    for (size_t i = 0; i < h->places; i++) {
        str address = server_address(h->server, i);
        bool all = str_starts(address, S("unix:"));
        printf("%s%.*s\n", all ? "" : tls ? "https://" : "http://", (int)address.len, address.ptr);
    }
    fflush(stdout);
}

/* One clock for all that nobody else wakes us for; none when there is nothing of the kind. */
static err tick_start(struct house *h, const struct house_options *o) {
    int64_t every = service_watchdog_ms() / 3;
    h->watched = every > 0;
    h->idle_ms = o->idle_s * (int64_t)1000;
    h->asked_at = clock_steady();
    if (h->idle_ms && (!every || every > TIME_SECOND))
        every = TIME_SECOND;
    if (!every)
        return OK_ERR;
    TRY(clock_tick(every, &h->tick));
    server_watch(h->server, h->tick, ticked, h);
    return OK_ERR;
}

static void live_start(struct arena *mem, struct house *h) {
    h->serve = true;
    err e = live_open(mem, &h->live, &h->reloader);
    if (e.code == ERR_NONE)
        server_watch(h->server, h->live.watch.fd, files_changed, h);
    else
        doors_log(
            &h->event, S("error"), JOIN(mem, e.what, S("; after an edit type `grosz reload`")));
}

static err house_start(struct arena *mem, struct house *h, const struct house_options *o) {
    struct shop *shop = h->shops.now->shop.shop;
    TRY(listen_all(mem, h, o));
    str here = o->serve ? str_copy(mem, server_address(h->server, 0)) : S("");
    if (here.len)
        reload_here(shop, mem, here);
    TRY(texts_keep(h->open.doors.store, shop, NULL));
    h->open.doors.meter = meter_new(mem);
    str dir = str_copy(mem, h->shops.now->shop.dir);
    h->open.doors.facts = facts_new(mem, h->open.store, dir, clock_steady());
    h->event = h->open.doors;
    h->limit = limit_new(mem);
    TRY(pool_new(mem, &h->open.doors, &h->shops, o->workers ? o->workers : 32, &h->pool));
    h->reloader = (struct reloader){.pool = h->pool,
        .shops = &h->shops,
        .server = h->server,
        .doors = &h->open.doors,
        .dir = h->shops.now->shop.dir,
        .here = here};
    server_watch(h->server, committer_fd(h->open.committer), committed, h);
    server_watch(h->server, pool_fd(h->pool), errands_done, h);
    server_watch(h->server, h->signals, signalled, h);
    if (o->serve)
        live_start(mem, h);
    return tick_start(h, o);
}

err house_run(struct arena *mem, struct snapshot *first, const struct house_options *o) {
    struct house h = {0};
    snapshots_open(&h.shops, first);
    /* Before the first thread: all of them must leave the signals to the loop. */
    TRY(signal_open(&h.signals));
    TRY(open_doors(mem, &first->shop, &h.open));
    err e = log_start(h.open.log);
    if (e.code == ERR_NONE)
        e = house_start(mem, &h, o);
    if (e.code != ERR_NONE) {
        if (h.server && !h.pool)
            server_free(h.server); /* a unix socket does not stay behind */
        open_close(&h.open);
        return e;
    }
    addresses_say(&h, !o->serve && first->shop.certificate);
    service_say(S("READY=1"));
    e = server_run(h.server);
    /* A partner hangs: what was sent is written down as sending, the next start makes it UNKNOWN.
     * */
    int64_t left = h.stopped_at ? h.stopped_at + STOP_MS - clock_steady() : STOP_MS;
    bool ended = pool_stop(h.pool, left);
    log_end(h.open.log, 1000);
    if (!ended)
        _exit(0);
    /* The committer ends first: it may still hold changes of exchanges that the server was about
     * to drop. */
    open_close(&h.open);
    server_free(h.server);
    reload_end(&h.reloader);
    live_close(&h.live);
    snapshots_close(&h.shops);
    return e;
}
