#include "app/meter.h"

#include <stdatomic.h>

enum { ROUTES = 32, STATUSES = 24, BUCKETS = 12 };

/* Seconds, as microseconds; one more bucket for what took longer. */
static const int64_t bounds[BUCKETS] = {
    500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 500000, 1000000, 5000000, 20000000};

struct histogram {
    _Atomic int64_t buckets[BUCKETS + 1], sum;
};

struct meter {
    _Atomic int64_t counts[METER_COUNTS];
    struct histogram times[METER_TIMES];
    _Atomic(const char *) routes[ROUTES]; /* found by their pointer: the tables are constant */
    size_t route_sizes[ROUTES];
    _Atomic int64_t requests[ROUTES][STATUSES];
};

struct family {
    const char *name, *help;
};

/* clang-format off */
static const struct family placed = {"grosz_orders_placed_total", "Orders kept."};
static const struct family again = {"grosz_orders_repeated_total",
    "Orders sent again with the same key, answered with the first one."};
static const struct family paid = {"grosz_orders_paid_total", "Orders that became paid."};
static const struct family notes = {"grosz_notes_total", "Verified notes of gateways."};
static const struct family steps = {"grosz_steps_total", "What became of steps that were tried."};
static const struct family commits = {"grosz_store_commits_total",
    "Changes of the store that were asked for by requests and are durable."};
static const struct family dropped = {"grosz_log_dropped_total",
    "Lines of the log that nobody took in time."};
static const struct family refusals = {"grosz_refusals_total",
    "Everything that was refused, by where and why."};

/* Those of one family stand together: so the format wants it. */
static const struct {
    const struct family *family;
    const char *labels;
} rows[METER_COUNTS] = {
    [METER_ORDER_PLACED] = {&placed, ""},
    [METER_ORDER_AGAIN] = {&again, ""},
    [METER_ORDER_PAID] = {&paid, ""},
    [METER_NOTE_KEPT] = {&notes, "result=\"kept\""},
    [METER_NOTE_AGAIN] = {&notes, "result=\"repeated\""},
    [METER_NOTE_STRAY] = {&notes, "result=\"stray\""},
    [METER_STEP_DONE] = {&steps, "state=\"done\""},
    [METER_STEP_READY] = {&steps, "state=\"ready\""},
    [METER_STEP_UNKNOWN] = {&steps, "state=\"unknown\""},
    [METER_STEP_HOLD] = {&steps, "state=\"hold\""},
    [METER_STEP_POISON] = {&steps, "state=\"poison\""},
    [METER_STEP_SKIPPED] = {&steps, "state=\"skipped\""},
    [METER_COMMITS] = {&commits, ""},
    [METER_LOG_DROPPED] = {&dropped, ""},
    [METER_NO_FIELDS] = {&refusals, "what=\"order\",cause=\"not_a_form\""},
    [METER_WRONG_FIELDS] = {&refusals, "what=\"order\",cause=\"fields\""},
    [METER_BY_ADDRESS] = {&refusals, "what=\"order\",cause=\"too_many_from_address\""},
    [METER_BY_EMAIL] = {&refusals, "what=\"order\",cause=\"too_many_for_email\""},
    [METER_ORDER_SETUP] = {&refusals, "what=\"order\",cause=\"setup\""},
    [METER_ORDER_FULL] = {&refusals, "what=\"order\",cause=\"disk_full\""},
    [METER_ORDER_BUSY] = {&refusals, "what=\"order\",cause=\"store\""},
    [METER_NOTE_NO_GATEWAY] = {&refusals, "what=\"note\",cause=\"no_such_gateway\""},
    [METER_NOTE_FORGED] = {&refusals, "what=\"note\",cause=\"signature\""},
    [METER_NOTE_BROKEN] = {&refusals, "what=\"note\",cause=\"not_readable\""},
    [METER_NOTE_FULL] = {&refusals, "what=\"note\",cause=\"disk_full\""},
    [METER_NOTE_BUSY] = {&refusals, "what=\"note\",cause=\"store\""},
    [METER_WRONG_KEY] = {&refusals, "what=\"page\",cause=\"key\""},
    [METER_NO_PAGE] = {&refusals, "what=\"request\",cause=\"no_such_page\""},
    [METER_NO_METHOD] = {&refusals, "what=\"request\",cause=\"method\""},
    [METER_BAD_HEAD] = {&refusals, "what=\"request\",cause=\"not_http\""},
    [METER_TOO_LONG] = {&refusals, "what=\"request\",cause=\"too_long\""},
    [METER_MANY_HEADERS] = {&refusals, "what=\"request\",cause=\"too_many_headers\""},
    [METER_STRANGE_METHOD] = {&refusals, "what=\"request\",cause=\"unknown_method\""},
    [METER_EXPECTATION] = {&refusals, "what=\"request\",cause=\"expectation\""},
    [METER_BROKEN_HEAD] = {&refusals, "what=\"request\",cause=\"head\""},
    [METER_SLOW_SENDER] = {&refusals, "what=\"connection\",cause=\"slow_sender\""},
    [METER_SLOW_READER] = {&refusals, "what=\"connection\",cause=\"slow_reader\""},
    [METER_NO_PLACE] = {&refusals, "what=\"connection\",cause=\"no_place\""},
    [METER_OVER_SHARE] = {&refusals, "what=\"connection\",cause=\"too_many_from_address\""},
    [METER_ASK_NO_FORM] = {&refusals, "what=\"ask\",cause=\"not_a_form\""},
    [METER_ASK_FIELDS] = {&refusals, "what=\"ask\",cause=\"fields\""},
    [METER_ASK_MANY] = {&refusals, "what=\"ask\",cause=\"too_many\""},
    [METER_ASK_BUSY] = {&refusals, "what=\"ask\",cause=\"store\""},
};
static const struct family times[METER_TIMES] = {
    [METER_REQUEST] = {"grosz_request_seconds", "From a whole request to its answer."},
    [METER_COMMIT_WAIT] = {"grosz_commit_wait_seconds",
        "From a request's change to its being durable."},
    [METER_STEP_TALK] = {"grosz_step_seconds", "One talk with a partner."},
};
static const int statuses[STATUSES] = {200, 201, 204, 206, 301, 303, 304, 308, 400, 404, 405, 408,
    409, 413, 414, 416, 422, 429, 431, 500, 502, 503, 507, 0};
/* clang-format on */

struct meter *meter_new(struct arena *mem) {
    return NEW(mem, struct meter);
}

void meter_add(struct meter *m, enum meter_count what, int64_t many) {
    if (m)
        atomic_fetch_add_explicit(&m->counts[what], many, memory_order_relaxed);
}

void meter_time(struct meter *m, enum meter_time what, int64_t microseconds) {
    size_t i = 0;
    if (!m)
        return;
    while (i < BUCKETS && microseconds > bounds[i])
        i++;
    atomic_fetch_add_explicit(&m->times[what].buckets[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->times[what].sum, microseconds, memory_order_relaxed);
}

/* Only the event thread adds routes; the last place is for those that find none. */
static size_t route_find(struct meter *m, str route) {
    size_t i = 0;
    for (; i < ROUTES - 1; i++) {
        const char *known = atomic_load_explicit(&m->routes[i], memory_order_relaxed);
        if (known == route.ptr)
            return i;
        if (!known)
            break;
    }
    m->route_sizes[i] = route.len;
    atomic_store_explicit(&m->routes[i], route.ptr, memory_order_release);
    return i;
}

void meter_request(struct meter *m, str route, int status) {
    size_t s = 0;
    if (!m)
        return;
    while (s < STATUSES - 1 && statuses[s] != status)
        s++;
    size_t r = route_find(m, route.len ? route : S("none"));
    atomic_fetch_add_explicit(&m->requests[r][s], 1, memory_order_relaxed);
}

/* ---- the text ---- */

static void head(struct buf *out, const char *name, const char *help, const char *type) {
    buf_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void counts_write(const struct meter *m, struct buf *out) {
    for (size_t i = 0; i < METER_COUNTS; i++) {
        const char *name = rows[i].family->name, *labels = rows[i].labels;
        if (!i || rows[i].family != rows[i - 1].family)
            head(out, name, rows[i].family->help, "counter");
        buf_format(out, "%s%s%s%s %lld\n", name, *labels ? "{" : "", labels, *labels ? "}" : "",
            (long long)atomic_load(&m->counts[i]));
    }
}

static void requests_write(const struct meter *m, struct buf *out) {
    head(out, "grosz_requests_total", "Requests answered, by route and status.", "counter");
    for (size_t r = 0; r < ROUTES; r++) {
        const char *route = atomic_load_explicit(&m->routes[r], memory_order_acquire);
        for (size_t s = 0; route && s < STATUSES; s++) {
            long long count = (long long)atomic_load(&m->requests[r][s]);
            if (count)
                buf_format(out, "grosz_requests_total{route=\"%.*s\",status=\"%d\"} %lld\n",
                    (int)m->route_sizes[r], route, statuses[s], count);
        }
    }
}

static void times_write(const struct meter *m, struct buf *out) {
    for (size_t i = 0; i < METER_TIMES; i++) {
        const char *name = times[i].name;
        long long count = 0;
        head(out, name, times[i].help, "histogram");
        for (size_t b = 0; b < BUCKETS; b++) {
            count += atomic_load(&m->times[i].buckets[b]);
            buf_format(out, "%s_bucket{le=\"%g\"} %lld\n", name, (double)bounds[b] / 1e6, count);
        }
        count += atomic_load(&m->times[i].buckets[BUCKETS]);
        buf_format(out, "%s_bucket{le=\"+Inf\"} %lld\n%s_sum %.6f\n%s_count %lld\n", name, count,
            name, (double)atomic_load(&m->times[i].sum) / 1e6, name, count);
    }
}

void meter_write(const struct meter *m, struct buf *out) {
    counts_write(m, out);
    requests_write(m, out);
    times_write(m, out);
}

void meter_gauge_head(struct buf *out, const char *name, const char *help) {
    head(out, name, help, "gauge");
}

void meter_gauge(struct buf *out, const char *name, const char *labels, double value) {
    buf_format(out, "%s%s%s%s %.3f\n", name, *labels ? "{" : "", labels, *labels ? "}" : "", value);
}
