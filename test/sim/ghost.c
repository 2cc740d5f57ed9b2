#include "base/hash.h"
#include "shop/record.h"
#include "sim/sim.h"

#include <stdarg.h>

const str sim_canary = S_INIT("CANARY-5f0c");

void violate(struct sim *s, const char *predicate, const char *format, ...) {
    char words[300];
    va_list list;
    if (s->failed)
        return;
    va_start(list, format);
    vsnprintf(words, sizeof(words), format, list);
    va_end(list);
    s->failed = true;
    snprintf(s->why, sizeof(s->why), "%s: %s", predicate, words);
}

/* ---- what there is ---- */

struct ghost_order *ghost_order(struct sim *s, str id, bool add) {
    enum { ID_LEN = 19 };
    struct ghost_order *last = &s->orders[s->order_last];
    if (s->order_last < s->order_count && id.len == ID_LEN && memcmp(id.ptr, last->id, ID_LEN) == 0)
        return last;
    if (!order_id_is(id))
        return NULL;
    uint64_t name;
    memcpy(&name, id.ptr + id.len - sizeof(name), sizeof(name));
    for (size_t i = 0, at = s->order_last; i < s->order_count; i++, at++) {
        at = at < s->order_count ? at : 0;
        if (s->names[at] == name && memcmp(s->orders[at].id, id.ptr, id.len) == 0) {
            s->order_last = at;
            return &s->orders[at];
        }
    }
    if (!add)
        return NULL;
    if (s->order_count == SIM_ORDERS) {
        violate(s, "the simulator", "has no room for more than %d orders", SIM_ORDERS);
        return NULL;
    }
    struct ghost_order *o = &s->orders[s->order_count++];
    memset(o, 0, offsetof(struct ghost_order, steps));
    o->payments_hash = o->refunds_hash = 1;
    memcpy(o->id, id.ptr, id.len);
    s->names[o - s->orders] = name;
    return o;
}

struct ghost_step *ghost_step(struct ghost_order *o, str name) {
    for (size_t i = 0; i < o->step_count; i++)
        if (str_is((str){o->steps[i].name, o->steps[i].name_len}, name))
            return &o->steps[i];
    return NULL;
}

static uint64_t note_name(str part, str key) {
    return str_hash(str_hash(0xcbf29ce484222325u, part), key);
}

bool ghost_note(const struct sim *s, str raw) {
    uint64_t hash = str_hash(1, raw);
    for (size_t i = 0; i < s->note_count; i++)
        if (s->notes[i].raw == hash)
            return true;
    return false;
}

/* ---- notes: S2, what was kept of a note never changes and never goes ---- */

static str note_raw(struct sim *s, str bytes) {
    struct note n = {0};
    if (note_read(s->scratch, bytes, &n).code != ERR_NONE)
        violate(s, "S2", "a kept note does not read");
    return n.raw;
}

static void note_applied(struct sim *s, const struct put *p) {
    uint64_t name = note_name(p->part, p->key),
             raw = p->drop ? 0 : str_hash(1, note_raw(s, p->bytes));
    for (size_t i = 0; i < s->note_count; i++) {
        if (s->notes[i].name != name)
            continue;
        if (p->drop || raw != s->notes[i].raw)
            violate(s, "S2", "a kept note is %s: %.*s", p->drop ? "gone" : "another one",
                (int)p->key.len, p->key.ptr);
        return;
    }
    if (p->drop)
        return;
    if (s->note_count == s->note_room) {
        size_t room = s->note_room ? s->note_room * 2 : 64;
        struct note_kept *more = arena_array(s->mem, room, sizeof(*more));
        if (s->note_count)
            memcpy(more, s->notes, s->note_count * sizeof(*more));
        s->notes = more;
        s->note_room = room;
    }
    s->notes[s->note_count++] = (struct note_kept){.name = name, .raw = raw};
}

/* ---- rows of an order ---- */

void bytes_applied(struct sim *s, str bytes) {
    if (!s->script)
        trace_add(s, str_hash(1, bytes));
    check_text(s, "a row", bytes);
}

/* S1, among versions: what a newer one has kept in an order stays there. */
static void check_newer(struct sim *s, struct ghost_order *o, str bytes) {
    if (!s->rate[FAULT_NEWER])
        return;
    size_t count = o->row.member_count ? row_newer(&o->row) : newer_count(bytes);
    if (count < o->newer)
        violate(s, "S1", "the order %s lost what a newer version kept", o->id);
    o->newer = count;
}

static bool order_news(struct sim *s, struct ghost_order *o, str bytes) {
    struct row_news news __attribute__((uninitialized));
    if (!o->kept || !row_news(s, o, bytes, &news))
        return false;
    check_newer(s, o, bytes);
    check_news(s, o, &news);
    return true;
}

static void order_applied(struct sim *s, const struct put *p) {
    struct ghost_order *o = ghost_order(s, p->part, true);
    struct order *kept = NULL;
    if (!o) {
        check_text(s, "a row", p->bytes);
        return;
    }
    if (p->drop) {
        violate(s, "S1", "the order %s was dropped", o->id);
        return;
    }
    if (order_news(s, o, p->bytes))
        return;
    bytes_applied(s, p->bytes);
    err e = order_read(s->scratch, p->bytes, &kept);
    if (e.code != ERR_NONE)
        violate(s, "S1", "the order %s does not read: %.*s", o->id, (int)e.what.len, e.what.ptr);
    else {
        row_keep(s, o, p->bytes);
        check_newer(s, o, p->bytes);
        check_order(s, o, kept);
    }
}

static void job_applied(struct sim *s, const struct put *p) {
    struct ghost_order *o = ghost_order(s, p->part, false);
    struct ghost_step *g = o ? ghost_step(o, p->key) : NULL;
    if (!g)
        return;
    g->job = !p->drop;
    if (p->lease && s->author) {
        g->holder = s->author->token;
        if (s->phase == PHASE_SAFETY)
            g->leased = p->due;
    }
}

static void stuck_applied(struct sim *s, const struct put *p) {
    struct ghost_order *o = ghost_order(s, p->part, false);
    struct ghost_step *g = o ? ghost_step(o, p->key) : NULL;
    if (g)
        g->stuck = !p->drop;
}

static void open_applied(struct sim *s, const struct put *p) {
    struct ghost_order *o = ghost_order(s, p->part, false);
    if (o)
        o->open = !p->drop;
}

/* S9, its first half: what is frozen is what the order says it is. */
static void sent_applied(struct sim *s, const struct put *p) {
    struct ghost_order *o = ghost_order(s, p->part, false);
    size_t end = p->key.len;
    while (end && p->key.ptr[end - 1] != '/')
        end--;
    struct ghost_step *g = o && end ? ghost_step(o, str_part(p->key, 0, end - 1)) : NULL;
    if (!g || p->drop)
        violate(s, "S9", "a frozen request without its step, or dropped");
    else if (!str_is(hash_sha256_hex(s->scratch, p->bytes), str_of(g->digest)))
        violate(s, "S9", "%s %s: the frozen request is not what its digest says", o->id, g->name);
}

static const struct {
    str kind;
    void (*applied)(struct sim *s, const struct put *p);
} kinds[] = {
    {S_INIT("order"), order_applied},
    {S_INIT("job"), job_applied},
    {S_INIT("stuck"), stuck_applied},
    {S_INIT("open"), open_applied},
    {S_INIT("note"), note_applied},
    {S_INIT("stray"), note_applied},
    {S_INIT("sent"), sent_applied},
};

static instant due_of(const struct change *c) {
    instant due = INT64_MAX;
    for (size_t i = 0; i < c->count; i++)
        if (c->puts[i].due && c->puts[i].due < due)
            due = c->puts[i].due;
    return due;
}

static void put_applied(struct sim *s, const struct put *p) {
    /* A frozen request is in the trace by its digest, which is looked at. */
    if (p->bytes.len && str_is(p->kind, S("sent")))
        check_text(s, "a row", p->bytes);
    else if (p->bytes.len && !str_is(p->kind, S("order")))
        bytes_applied(s, p->bytes);
    for (size_t k = 0; k < COUNT(kinds); k++)
        if (str_is(kinds[k].kind, p->kind)) {
            kinds[k].applied(s, p);
            return;
        }
    if (!restore_knows(p->kind))
        violate(
            s, "the simulator", "does not copy rows of kind %.*s", (int)p->kind.len, p->kind.ptr);
}

void ghost_applied(struct sim *s, const struct change *c) {
    desk_clear(&s->scratch_desk);
    if (!s->script)
        trace_add(s, str_hash(c->count, c->puts[0].part));
    for (size_t i = 0; i < c->count; i++) {
        if (!s->script)
            trace_add(s, str_hash(str_hash(c->puts[i].drop, c->puts[i].kind), c->puts[i].key));
        put_applied(s, &c->puts[i]);
    }
    struct ghost_order *o = ghost_order(s, c->puts[0].part, false);
    if (o && !s->failed)
        check_rows(s, o);
    rest_hint(s, due_of(c));
}

/* ---- after a restart ---- */

static void again_rows(struct sim *s, str kind, void (*applied)(struct sim *, const struct put *)) {
    struct row_list rows = {0};
    struct query q = {.kind = kind, .limit = 1000};
    desk_clear(&s->scratch_desk);
    err e = s->real->kind->list(s->real, s->scratch, &q, &rows);
    if (e.code != ERR_NONE || rows.more)
        violate(s, "S1", "after a restart the rows cannot be read");
    for (size_t i = 0; e.code == ERR_NONE && i < rows.count; i++) {
        const struct row *r = &rows.rows[i];
        struct put p = {.part = r->part, .kind = kind, .key = r->key, .bytes = r->bytes};
        applied(s, &p);
    }
}

static void again_order(struct sim *s, const struct put *p) {
    order_applied(s, p);
    struct ghost_order *o = ghost_order(s, p->part, false);
    if (o)
        o->seen = true;
}

static void again_note(struct sim *s, const struct put *p) {
    note_applied(s, p);
    for (size_t i = 0; i < s->note_count; i++)
        if (s->notes[i].name == note_name(p->part, p->key))
            s->notes[i].seen = true;
}

/* S1, S2 after every crash: all that was kept is still kept. */
void ghost_again(struct sim *s) {
    for (size_t i = 0; i < s->order_count; i++) {
        struct ghost_order *o = &s->orders[i];
        o->seen = o->open = false;
        for (size_t k = 0; k < o->step_count; k++)
            o->steps[k].job = o->steps[k].stuck = false;
    }
    for (size_t i = 0; i < s->note_count; i++)
        s->notes[i].seen = false;
    s->again = true;
    again_rows(s, S("order"), again_order);
    again_rows(s, S("note"), again_note);
    again_rows(s, S("stray"), again_note);
    again_rows(s, S("job"), job_applied);
    again_rows(s, S("stuck"), stuck_applied);
    again_rows(s, S("open"), open_applied);
    s->again = false;
    for (size_t i = 0; i < s->order_count; i++) {
        if (!s->orders[i].seen && s->orders[i].kept)
            violate(s, "S1", "the order %s is gone after a crash", s->orders[i].id);
        check_rows(s, &s->orders[i]);
    }
    for (size_t i = 0; i < s->note_count; i++)
        if (!s->notes[i].seen)
            violate(s, "S2", "a note is gone after a crash");
}

void ghost_leased(struct sim *s, const struct row *row, uint64_t token) {
    trace_add(s, note_name(row->part, row->key));
    if (!str_is(row->kind, S("job")))
        return;
    struct ghost_order *o = ghost_order(s, row->part, false);
    struct ghost_step *g = o ? ghost_step(o, row->key) : NULL;
    if (g)
        g->holder = token;
    if (g && s->phase == PHASE_SAFETY)
        g->leased = row->due;
}
