#include "app/facts.h"

#include "app/meter.h"
#include "app/orders.h"
#include "io/files.h"

#include <stdatomic.h>

enum {
    ROWS = 1000,
    SILENT_MS = 2 * 60 * 1000,
    LOOK_MS = 5 * 60 * 1000,
    OVERDUE_MS = 5 * 60 * 1000,
    DISK_LEAST = 64 << 20,
};

/* What one look has found. */
struct look {
    int64_t states[STEP_STATES];
    int64_t notes, strays, oldest_ms;
    bool more; /* than ROWS */
};

struct facts {
    struct store *sqlite;
    str dir;
    _Atomic int64_t beat, looked; /* steady */
    _Atomic int64_t states[STEP_STATES], notes, strays, oldest_ms, disk_free;
    _Atomic bool more, full;
    char doubted[64];              /* written once, before its size */
    _Atomic size_t doubted_size;
    _Atomic unsigned told; /* what the log has been told */
};

struct facts *facts_new(struct arena *mem, struct store *sqlite, str dir, int64_t steady) {
    struct facts *f = NEW(mem, struct facts);
    f->sqlite = sqlite;
    f->dir = dir;
    atomic_store(&f->beat, steady);
    atomic_store(&f->looked, steady);
    atomic_store(&f->disk_free, -1);
    return f;
}

void facts_beat(struct facts *f, int64_t steady) {
    if (f)
        atomic_store_explicit(&f->beat, steady, memory_order_relaxed);
}

/* The event thread's. */
void facts_doubt(struct facts *f, str peer) {
    if (!f || atomic_load(&f->doubted_size) || !peer.len || peer.len > sizeof(f->doubted))
        return;
    memcpy(f->doubted, peer.ptr, peer.len);
    atomic_store(&f->doubted_size, peer.len);
}

str facts_doubted(const struct facts *f) {
    return f ? (str){f->doubted, atomic_load(&f->doubted_size)} : S("");
}

/* ---- looking ---- */

/* Is it what the buyer waits for? The letters `late` and `sold` are not. */
static bool is_delivery(const struct step *s) {
    return s->line >= 0 || str_is(s->id, S("access"));
}

static void age_add(struct look *l, instant now, instant since) {
    if (since > 0 && now - since > l->oldest_ms)
        l->oldest_ms = now - since;
}

static err step_look(struct arena *mem, const struct work *w, const struct row *row,
    struct look *l) {
    struct order *o = NULL;
    err e = orders_get(mem, w->doors->store, row->part, &o);
    if (e.code == ERR_ABSENT)
        return OK_ERR;
    /* Damaged: a person's matter, as what is on hold is; the others are counted all the same. */
    if (e.code == ERR_CORRUPT) {
        l->states[STEP_HOLD]++;
        return OK_ERR;
    }
    TRY(e);
    const struct step *s = orders_step_by_key(o, row->key);
    if (!s)
        return OK_ERR;
    l->states[s->state]++;
    bool ours = s->state != STEP_HOLD && s->state != STEP_POISON;
    if (ours && is_delivery(s))
        age_add(l, w->doors->now(w->doors->self), o->paid_at);
    return OK_ERR;
}

static err note_look(struct arena *mem, const struct work *w, const struct row *row,
    struct look *l) {
    struct note n;
    l->notes++;
    TRY(note_read(mem, row->bytes, &n));
    age_add(l, w->doors->now(w->doors->self), n.at);
    return OK_ERR;
}

static err stray_look(struct arena *mem, const struct work *w, const struct row *row,
    struct look *l) {
    l->strays++;
    return OK_ERR;
}

static const struct {
    struct query query;
    err (*look)(struct arena *mem, const struct work *w, const struct row *row, struct look *l);
} looks[] = {
    {{.kind = S_INIT("job"), .due_only = true, .due_max = INT64_MAX, .limit = ROWS}, step_look},
    {{.kind = S_INIT("stuck"), .limit = ROWS}, step_look},
    {{.kind = S_INIT("note"), .due_only = true, .due_max = INT64_MAX, .limit = ROWS}, note_look},
    {{.kind = S_INIT("stray"), .limit = ROWS}, stray_look},
};

static err look_all(struct arena *mem, const struct work *w, struct look *l) {
    struct store *store = w->doors->store;
    for (size_t i = 0; i < COUNT(looks); i++) {
        struct arena_mark before = arena_mark(mem);
        struct row_list rows;
        TRY(store->kind->list(store, mem, &looks[i].query, &rows));
        l->more = l->more || rows.more;
        for (size_t k = 0; k < rows.count; k++) {
            struct arena_mark mark = arena_mark(mem);
            err e = looks[i].look(mem, w, &rows.rows[k], l);
            if (e.code != ERR_NONE)
                return e;
            arena_back(mem, mark);
        }
        arena_back(mem, before);
    }
    return OK_ERR;
}

static void tell(const struct doors *d, struct facts *f, int64_t steady) {
    unsigned ill = facts_ill(f, steady);
    if (atomic_exchange(&f->told, ill) == ill)
        return;
    doors_log(d, ill ? S("warn") : S("info"),
        !ill                  ? S("health is green again")
        : ill & FACTS_DISK    ? S("health is red: the disk is nearly full; make room")
        : ill & FACTS_OVERDUE ? S("health is red: an order paid more than 5 minutes ago is not "
                                  "delivered; `grosz queue list` shows what it waits for")
                              : S("health is red: the worker was silent"));
}

err facts_look(struct arena *mem, const struct work *w, struct facts *f, int64_t steady) {
    struct look l = {0};
    if (!f)
        return OK_ERR;
    TRY(look_all(mem, w, &l));
    for (size_t i = 0; i < STEP_STATES; i++)
        atomic_store(&f->states[i], l.states[i]);
    atomic_store(&f->notes, l.notes);
    atomic_store(&f->strays, l.strays);
    atomic_store(&f->oldest_ms, l.oldest_ms);
    atomic_store(&f->more, l.more);
    atomic_store(&f->disk_free, files_free(JOIN(mem, f->dir, S("/var"))));
    atomic_store(&f->full, f->sqlite && store_sqlite_full(f->sqlite));
    atomic_store(&f->looked, steady);
    tell(w->doors, f, steady);
    return OK_ERR;
}

/* ---- answering ---- */

unsigned facts_ill(const struct facts *f, int64_t steady) {
    int64_t looked = atomic_load(&f->looked), disk = atomic_load(&f->disk_free);
    int64_t oldest = atomic_load(&f->oldest_ms);
    /* It may have grown older since somebody looked, or have been delivered: the look decides. */
    bool silent = steady - atomic_load(&f->beat) > SILENT_MS || steady - looked > LOOK_MS;
    bool full = atomic_load(&f->full) || (disk >= 0 && disk < DISK_LEAST);
    return (silent ? FACTS_SILENT : 0u) | (oldest > OVERDUE_MS ? FACTS_OVERDUE : 0u)
           | (full ? FACTS_DISK : 0u);
}

static void queue_write(const struct facts *f, struct buf *out) {
    static const enum step_state shown[] = {
        STEP_READY, STEP_SENDING, STEP_UNKNOWN, STEP_HOLD, STEP_POISON};
    const char *name = "grosz_queue";
    meter_gauge_head(out, name, "What is owed or waits for a person, by state; up to 1000 each.");
    for (size_t i = 0; i < COUNT(shown); i++)
        buf_format(out, "%s{state=\"%s\"} %lld\n", name, step_state_name(shown[i]),
            (long long)atomic_load(&f->states[shown[i]]));
    buf_format(out, "%s{state=\"note\"} %lld\n%s{state=\"stray\"} %lld\n", name,
        (long long)atomic_load(&f->notes), name, (long long)atomic_load(&f->strays));
}

static void ill_write(const struct facts *f, int64_t steady, struct buf *out) {
    static const struct {
        unsigned ill;
        const char *labels;
    } shown[] = {{FACTS_SILENT, "cause=\"worker\""}, {FACTS_OVERDUE, "cause=\"not_delivered\""},
        {FACTS_DISK, "cause=\"disk\""}};
    unsigned ill = facts_ill(f, steady);
    meter_gauge_head(out, "grosz_ill", "1: what makes /healthz red.");
    for (size_t i = 0; i < COUNT(shown); i++)
        meter_gauge(out, "grosz_ill", shown[i].labels, ill & shown[i].ill ? 1 : 0);
}

void facts_write(const struct facts *f, int64_t steady, struct buf *out) {
    const struct {
        const char *name, *help;
        double value;
    } gauges[] = {
        {"grosz_oldest_owed_seconds", "Since the payment of the oldest order not delivered.",
            (double)atomic_load(&f->oldest_ms) / 1e3},
        {"grosz_heartbeat_seconds", "Since the worker's last sign of life.",
            (double)(steady - atomic_load(&f->beat)) / 1e3},
        {"grosz_looked_seconds", "Since the queue and the disk were last looked at.",
            (double)(steady - atomic_load(&f->looked)) / 1e3},
        {"grosz_disk_free_bytes", "Free where the store is; -1: not known.",
            (double)atomic_load(&f->disk_free)},
        {"grosz_store_full", "1: new orders are refused because the disk is full.",
            atomic_load(&f->full) ? 1 : 0},
    };
    for (size_t i = 0; i < COUNT(gauges); i++) {
        meter_gauge_head(out, gauges[i].name, gauges[i].help);
        meter_gauge(out, gauges[i].name, "", gauges[i].value);
    }
    queue_write(f, out);
    ill_write(f, steady, out);
}
