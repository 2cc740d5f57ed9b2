#include "bench.h"

#include "app/web.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/limits.h"
#include "io/files.h"
#include "io/log.h"
#include "io/world.h"
#include "shop/order.h"

#include <time.h>

static const str merchant = S_INIT("12345");

void bench_die(const char *what, str why) {
    fprintf(stderr, "%s: %.*s\n", what, (int)why.len, why.ptr);
    exit(1);
}

void bench_must(const char *what, err e) {
    if (e.code != ERR_NONE)
        bench_die(what, e.what);
}

int64_t bench_number(const char *text) {
    int64_t number = 0;
    if (!text || !str_number(str_of(text), &number))
        bench_die("a number is missing", str_of(text));
    return number;
}

int64_t bench_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static instant bench_now(void *self) {
    return ((struct bench *)self)->now;
}

/* splitmix64 */
static uint64_t bench_dice(void *self) {
    uint64_t z = (((struct bench *)self)->dice += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void bench_crash(void *self, enum crash_point at) {}

static void bench_log(void *self, str level, str words) {
    log_now(level, words);
}

struct bench *bench_open(const char *dir) {
    struct arena *mem = arena_new(LIMIT_SHOP_ARENA);
    struct bench *b = NEW(mem, struct bench);
    struct report report = report_new(mem);
    b->mem = mem;
    load(mem, str_of(dir), true, &report, &b->house);
    bench_must(dir, load_secret(mem, b->house.dir, b->house.shop));
    if (report.mistakes)
        bench_die("the shop has a mistake", report_line(mem, report.first));
    b->now = clock_now();
    b->dice = (uint64_t)b->now;
    b->doors = (struct doors){
        .self = b, .now = bench_now, .dice = bench_dice, .crash = bench_crash, .log = bench_log};
    return b;
}

static void store_died(str why) {
    bench_die("store", why);
}

struct store *bench_store(struct bench *b) {
    struct store_sqlite_options options = {.now = clock_now()};
    struct store *store = NULL;
    str path = {0};
    bench_must("var", files_make_dir(b->house.dir, S("var"), 0700));
    bench_must("path", files_path(b->mem, b->house.dir, S("var/shop.db"), &path));
    bench_must("store", store_sqlite(b->mem, path, &options, store_died, &store));
    return store;
}

struct change *bench_order(struct bench *b, struct arena *mem, int64_t number) {
    static const struct header form = {
        S_INIT("Content-Type"), S_INIT("application/x-www-form-urlencoded")};
    struct request *r = NEW(mem, struct request);
    struct flow *f = NEW(mem, struct flow);
    struct reply *reply = NEW(mem, struct reply);
    *r = (struct request){.method = S("POST"),
        .target = S("/api/order"),
        .path = S("/api/order"),
        .headers = &form,
        .header_count = 1,
        .body = JOIN(mem, S("product=master-of-aggregates&email=f"), str_int(mem, number),
            S("%40example.com&name=Jan+Kowalski&price=199.00+PLN&consent_terms=on"
              "&consent_start=on&company=&tax_id=")),
        .peer = S("127.0.0.1"),
        .at = b->now};
    *f = (struct flow){.mem = mem,
        .doors = &b->doors,
        .shop = b->house.shop,
        .theme = b->house.site.theme,
        .site = &b->house.site,
        .dir = b->house.dir,
        .request = r};
    web(f, reply);
    if (reply->change_count != 1)
        bench_die("an order was refused", reply->response.body);
    return reply->changes;
}

struct order *bench_order_of(struct arena *mem, const struct change *change) {
    struct order *o = NULL;
    bench_must("order", order_read(mem, change->puts[0].bytes, &o));
    return o;
}

str bench_note(struct arena *mem, const struct order *o, int64_t number) {
    str transaction = JOIN(mem, S("TR-ABC-"), str_int(mem, number));
    str amount = money_amount(mem, o->total);
    str sum = hash_md5_hex(
        mem, JOIN(mem, merchant, transaction, amount, o->reference, str_of(getenv("TPAY_CODE"))));
    return JOIN(mem, S("id="), merchant, S("&tr_id="), transaction,
        S("&tr_date=2026-01-02+03%3A04%3A05&tr_crc="), o->reference, S("&tr_amount="), amount,
        S("&tr_paid="), amount, S("&tr_desc=Course&tr_status=TRUE&tr_error=none&tr_email="),
        percent_write(mem, o->buyer.email), S("&test_mode=0&tr_channel=150&md5sum="), sum);
}
