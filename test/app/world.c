#include "world.h"

#include "app/orders.h"
#include "app/web.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/limits.h"
#include "check.h"

static instant world_now(void *self) {
    return ((struct world *)self)->now;
}

/* splitmix64 */
static uint64_t world_dice(void *self) {
    uint64_t z = (((struct world *)self)->seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void world_log(void *self, str level, str words) {
    ((struct world *)self)->log_lines++;
    (void)level;
    (void)words;
}

/* Is this the call that goes wrong? */
static bool strikes(struct world *w, enum fault from, enum fault to) {
    if (w->fault < from || w->fault > to || w->struck)
        return false;
    w->struck = ++w->calls == w->fault_at;
    return w->struck;
}

static void world_crash(void *self, enum crash_point at) {
    struct world *w = self;
    (void)at;
    if (w->may_die && strikes(w, FAULT_CRASH, FAULT_CRASH))
        longjmp(w->death, 1);
}

/* ---- the store's door ---- */

static struct world *of_store(struct store *s) {
    return (struct world *)((char *)s - offsetof(struct world, store));
}

static err store_get(
    struct store *s, struct arena *mem, str part, str kind, str key, struct row *out) {
    struct world *w = of_store(s);
    if (strikes(w, FAULT_READ, FAULT_READ))
        return err_make(ERR_BUSY, S("fault"));
    return w->real->kind->get(w->real, mem, part, kind, key, out);
}

static err store_list(
    struct store *s, struct arena *mem, const struct query *q, struct row_list *out) {
    struct world *w = of_store(s);
    if (strikes(w, FAULT_READ, FAULT_READ))
        return err_make(ERR_BUSY, S("fault"));
    return w->real->kind->list(w->real, mem, q, out);
}

static void store_apply(struct store *s, struct change *changes, size_t count) {
    struct world *w = of_store(s);
    bool struck = strikes(w, FAULT_APPLY_LOST, FAULT_APPLY_FULL);
    if (!struck || w->fault == FAULT_APPLY_DONE)
        w->real->kind->apply(w->real, changes, count);
    for (size_t i = 0; struck && i < count; i++)
        changes[i].kept = w->fault == FAULT_APPLY_FULL ? KEPT_FULL : KEPT_UNKNOWN;
}

static err store_lease(struct store *s, struct arena *mem, instant now, instant until, size_t limit,
    struct row_list *out) {
    struct world *w = of_store(s);
    if (strikes(w, FAULT_READ, FAULT_READ))
        return err_make(ERR_BUSY, S("fault"));
    return w->real->kind->lease(w->real, mem, now, until, limit, out);
}

static void store_close(struct store *s) {
    (void)s;
}

static const struct store_kind faulty = {
    "faulty", store_get, store_list, store_apply, store_lease, store_close};

/* ---- the partners' door: effects are counted here ---- */

static enum partner partner_of(const struct talk_request *r) {
    static const str hosts[] = {S_INIT("https://askable.test/"), S_INIT("https://opaque.test/"),
        S_INIT("https://keyed.test/"), S_INIT("https://natural.test/")};
    for (int i = 0; i < MAILS; i++)
        if (str_starts(r->url, hosts[i]))
            return (enum partner)i;
    return MAILS;
}

static void effect(struct world *w, const struct talk_request *r, enum partner p) {
    str key = {0};
    for (size_t i = 0; i < r->header_count; i++)
        if (str_is_like(r->headers[i].name, S("Idempotency-Key")))
            key = r->headers[i].value;
    if (p == KEYED && str_is(key, w->last_key))
        return;
    if (p == KEYED)
        w->last_key = str_copy(w->mem, key);
    if (p == ASKABLE)
        w->reference = S("there");
    w->effects[p]++;
    if (p != MAILS)
        return;
    size_t at = str_find(r->body, S("Message-ID: "));
    str id = str_from(r->body, at + 12);
    id = str_copy(w->mem, str_part(id, 0, str_find_byte(id, '\r')));
    const struct tree *before = tree_find(w->mails, r->name);
    if (before)
        CHECK_STR("one Message-ID for all copies", id, before->text);
    tree_put_text(w->mem, w->mails, str_copy(w->mem, r->name), id);
}

static str answer_of(enum partner p, const struct world *w, bool asked) {
    if (p == ASKABLE && !asked && w->link.len)
        return JOIN(w->mem, S("{\"invitation\":{\"url\":\""), w->link, S("\"}}"));
    if (p == ASKABLE && asked)
        return w->reference.len ? S(
                   "{\"invitations\":[{\"reference\":\"ORDER\",\"url\":\"https://aska"
                       "ble.test/i/1\"}]}")
                                : S("{\"invitations\":[]}");
    return p == ASKABLE ? S("{\"invitation\":{\"url\":\"https://askable.test/i/1\"}}")
                        : S("{\"ok\":true}");
}

/* The list names the order that was asked for: it is in the question's address. */
static str with_order(struct arena *mem, str body, str url) {
    size_t at = str_find(body, S("ORDER"));
    size_t id = str_find(url, S("reference="));
    if (at == body.len || id == url.len)
        return body;
    return JOIN(mem, str_part(body, 0, at), str_from(url, id + 10), str_from(body, at + 5));
}

static void world_say(
    struct talk *self, struct arena *mem, const struct talk_request *r, struct talk_answer *out) {
    struct world *w = (struct world *)((char *)self - offsetof(struct world, talk));
    enum partner p = partner_of(r);
    bool asked = str_is(r->method, S("GET"));
    bool struck = strikes(w, FAULT_TALK_REFUSED, FAULT_TALK_HTML);
    enum fault f = struck ? w->fault : FAULT_NONE;
    static const int statuses[FAULTS] = {
        [FAULT_TALK_503] = 503, [FAULT_TALK_500] = 500, [FAULT_TALK_422] = 422};
    bool acts = !struck || f == FAULT_TALK_AFTER || f == FAULT_TALK_500 || f == FAULT_TALK_HTML;
    *out = (struct talk_answer){.sent = f == FAULT_TALK_REFUSED ? TALK_NOT_SENT
                                        : f == FAULT_TALK_BEFORE || f == FAULT_TALK_AFTER
                                            ? TALK_NO_ANSWER
                                            : TALK_ANSWERED,
        .why = S("fault")};
    w->now += 50;
    if (acts && !asked)
        effect(w, r, p);
    out->status = statuses[f] ? statuses[f] : p == MAILS ? 250 : 200;
    out->body = f == FAULT_TALK_HTML ? S("<html>oops</html>")
                                     : with_order(mem, answer_of(p, w, asked), r->url);
    if (p == MAILS && statuses[f])
        out->status = f == FAULT_TALK_503 ? 451 : 550;
}

/* ---- the world ---- */

struct world *world_new(struct arena *mem) {
    struct world *w = NEW(mem, struct world);
    struct report report = report_new(mem);
    static const char secret[33] = "0123456789abcdef0123456789abcdef";
    w->mem = mem;
    w->job = arena_new(LIMIT_JOB_ARENA);
    w->now = 1795600000000;
    w->pace = &world_paces[0];
    w->mails = tree_map(mem);
    load(mem, str_of(getenv("GROSZ_TEST_SHOP")), false, &report, &w->house);
    for (const struct report_row *r = report.first; r; r = r->next)
        if (r->level == REPORT_MISTAKE)
            CHECK_STR("the shop of the tests has no mistakes", report_line(mem, r), S(""));
    w->house.shop->secret = hash_key(mem, (str){secret, 32});
    w->real = store_memory();
    w->store.kind = &faulty;
    w->talk.say = world_say;
    w->doors = (struct doors){.self = w,
        .now = world_now,
        .dice = world_dice,
        .crash = world_crash,
        .log = world_log,
        .talk = &w->talk,
        .store = &w->store};
    w->work =
        (struct work){.doors = &w->doors, .shop = w->house.shop, .theme = w->house.site.theme};
    return w;
}

void world_free(struct world *w) {
    w->real->kind->close(w->real);
    arena_free(w->job);
}

struct response world_ask(struct world *w, const char *method, str target, str type, str body) {
    struct header header = {S("Content-Type"), type};
    size_t mark = str_find_byte(target, '?');
    struct request *r = NEW(w->mem, struct request);
    struct header *headers = NEW(w->mem, struct header);
    *headers = header;
    *r = (struct request){.method = str_of(method),
        .target = target,
        .path = str_part(target, 0, mark),
        .query = mark < target.len ? str_from(target, mark + 1) : S(""),
        .headers = headers,
        .header_count = 1,
        .body = body,
        .peer = S("127.0.0.1"),
        .at = w->now};
    struct flow f = {.mem = w->mem,
        .doors = &w->doors,
        .shop = w->house.shop,
        .theme = w->house.site.theme,
        .site = &w->house.site,
        .dir = w->house.dir,
        .request = r};
    struct reply reply = {0};
    web(&f, &reply);
    while (reply.changes) {
        struct change *changes = reply.changes;
        w->store.kind->apply(&w->store, changes, reply.change_count);
        reply.changes = NULL;
        reply.kept(&f, &reply);
    }
    return reply.response;
}

/* ---- workers ---- */

const struct pace world_paces[WORLD_PACES] = {
    {"each job by itself", 1, true, false, 15},
    {"with what it sets free", 1, false, false, 8},
    {"with what is leased together", 8, false, false, 8},
    {"with what another worker has meanwhile", 8, false, true, 13},
};

static bool tray_is_open(void *self) {
    return !((struct world *)self)->pace->closing;
}

/* As if its lease had run out, and another worker had it now. */
static void steal(struct world *w, const struct row *r) {
    struct put put = {.part = r->part,
        .kind = r->kind,
        .key = r->key,
        .version = r->version,
        .due = w->now + TIME_MINUTE,
        .lease = true};
    struct change change = {.puts = &put, .count = 1};
    w->real->kind->apply(w->real, &change, 1); /* a conflict: it was leased before */
}

static bool tray_find(void *self, struct arena *mem, str part, str key, struct row *out) {
    struct world *w = self;
    for (size_t i = 0; i < w->leased_count; i++) {
        const struct row *r = &w->leased[i];
        if (w->begun[i] || !str_is(r->kind, S("job")) || !str_is(r->part, part)
            || !str_is(r->key, key))
            continue;
        *out = *r;
        if (w->pace->stolen)
            steal(w, r);
        return true;
    }
    return false;
}

static void tray_begun(void *self, str part, str key) {
    struct world *w = self;
    for (size_t i = 0; i < w->leased_count; i++)
        w->begun[i] |= str_is(w->leased[i].part, part) && str_is(w->leased[i].key, key);
}

static size_t tray_room(void *self) {
    return COUNT(((struct world *)self)->leased) - ((struct world *)self)->leased_count;
}

static void tray_hold(void *self, const struct row *rows, size_t count) {
    struct world *w = self;
    memcpy(w->leased + w->leased_count, rows, count * sizeof(*rows));
    w->leased_count += count;
}

/* A crash comes back here as if the process had been started again: all that was leased is lost. */
static void job_run(struct world *w, struct row row) {
    struct tray tray = {w, tray_is_open, tray_find, tray_begun, tray_room, tray_hold};
    struct work work = w->work;
    work.tray = &tray;
    w->may_die = true;
    if (setjmp(w->death)) {
        w->leased_count = 0;
    } else {
        err e = work_job(w->job, &work, &row);
        (void)e; /* the lease runs out and it is done again: that is what is tested */
    }
    w->may_die = false;
}

static void jobs_run(struct world *w) {
    for (size_t i = 0; i < w->leased_count; i++)
        if (!w->begun[i]) {
            w->begun[i] = true;
            job_run(w, w->leased[i]);
        }
}

static instant next_due(struct world *w) {
    struct row_list rows;
    struct query q = {.due_only = true, .due_max = INT64_MAX, .limit = 1};
    if (w->real->kind->list(w->real, w->job, &q, &rows).code != ERR_NONE || !rows.count)
        return INT64_MAX;
    return rows.rows[0].due;
}

void world_run(struct world *w, int64_t for_ms) {
    instant end = w->now + for_ms;
    for (int i = 0; i < 20000; i++) {
        arena_reset(w->job);
        memset(w->begun, 0, sizeof(w->begun));
        struct row_list rows = {0};
        err e = w->store.kind->lease(
            &w->store, w->job, w->now, w->now + WORK_LEASE_MS, w->pace->at_once, &rows);
        w->leased_count = rows.count;
        if (rows.count)
            memcpy(w->leased, rows.rows, rows.count * sizeof(*rows.rows));
        if (e.code == ERR_NONE && w->leased_count) {
            jobs_run(w);
            continue;
        }
        instant due = next_due(w);
        if (due > end)
            return;
        if (due > w->now)
            w->now = due;
    }
    CHECK("the world comes to rest", false);
}

str world_order_id(struct world *w, const struct response *r) {
    for (size_t i = 0; i < r->header_count; i++) {
        str link = r->headers[i].value;
        size_t at = str_find(link, S("ref="));
        if (at == link.len)
            at = str_find(link, S("crc="));
        if (str_is_like(r->headers[i].name, S("Location")) && at < link.len)
            return str_copy(w->mem, str_part(link, at + 4, 19));
    }
    return S("");
}

struct order *world_order(struct world *w, str id) {
    struct order *o = NULL;
    err e = orders_get(w->mem, w->real, id, &o);
    CHECK_STR("the order is there", e.what, S(""));
    return o;
}

struct response world_pay(struct world *w, const struct order *o, const char *button) {
    str target = str_from(o->link, S("http://shop.test").len);
    return world_ask(w, "POST", target, S("application/x-www-form-urlencoded"),
        JOIN(w->mem, S("do="), str_of(button)));
}
