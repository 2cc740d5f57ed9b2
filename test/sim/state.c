#include "sim/sim.h"

/* The whole state of a world, as 128 bits: two worlds of one state have the same futures. In it:
 * every row; the ghost with what the partners did; notices and the form; clocks, lives and pauses
 * of the processes; what is still to happen, in its order; and of each fibre all that it heard from
 * its doors since it began what it is at, which is all that its stack can depend on. Times are as
 * they are, nothing is taken for alike that is not the same. Left out is what nothing looks at but
 * figures and the two guards against running for ever. */

enum { KINDS = 32, SEEN_FIRST = 1 << 16 };

struct seen {
    struct state_hash hash;
    int left;     /* faults that could still strike; -1: nothing here */
    uint32_t run; /* that was in it */
};

struct states {
    str kinds[KINDS]; /* of all rows there ever were */
    size_t kind_count;
    struct arena *mem;
    struct seen *seen;
    size_t count, room;
};

/* ---- 128 bits ---- */

static void add(struct state_hash *h, uint64_t what) {
    h->a = (h->a ^ what) * 0x9fb21c651e98df25u;
    h->a ^= h->a >> 32;
    h->b = (h->b + what) * 0xd6e8feb86659fd93u;
    h->b ^= h->b >> 29;
}

/* Eight bytes at a time: what is hashed here is much. */
static void add_bytes(struct state_hash *h, const void *bytes, size_t size) {
    const char *at = bytes;
    add(h, size);
    for (; size >= 8; at += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        add(h, word);
    }
    uint64_t rest = 0;
    memcpy(&rest, at, size);
    add(h, rest);
}

static void add_text(struct state_hash *h, str text) {
    add_bytes(h, text.len ? text.ptr : "", text.len);
}

/* The id of the order, and with it its reference, is only a name: one placed later has another. */
static void add_named(const struct sim *s, struct state_hash *h, str text) {
    str id = s->order_count ? str_of(s->orders[0].id) : S("");
    size_t at = id.len ? str_find(text, id) : text.len;
    if (at == text.len) {
        add_text(h, text);
        return;
    }
    str rest = str_from(text, at + id.len), tail = str_from(str_of(s->orders[0].reference), id.len);
    add_text(h, str_part(text, 0, at));
    add_text(h, tail.len && str_starts(rest, tail) ? str_from(rest, tail.len) : rest);
}

void fibre_hears_it(struct sim *s, uint64_t number, str words) {
    if (!s->current)
        return;
    struct state_hash h = {s->current->heard, number};
    add_text(&h, words);
    s->current->heard = h.a ^ h.b;
}

/* ---- rows ---- */

static bool kind_is_known(const struct states *t, str kind) {
    for (size_t i = 0; i < t->kind_count; i++)
        if (str_is(t->kinds[i], kind))
            return true;
    return false;
}

void state_written(struct sim *s, const struct change *c) {
    struct states *t = s->script ? s->script->states : NULL;
    for (size_t i = 0; t && i < c->count; i++) {
        if (kind_is_known(t, c->puts[i].kind))
            continue;
        if (t->kind_count == KINDS)
            abort();
        t->kinds[t->kind_count++] = str_copy(t->mem, c->puts[i].kind);
    }
}

/* From now on; what is more than ten minutes away is far away. */
static uint64_t ahead(const struct sim *s, instant at) {
    enum { FAR = 10 * TIME_MINUTE };
    if (!at || at == INT64_MAX)
        return 1;
    return at - s->now > FAR ? FAR : (uint64_t)(at - s->now);
}

/* What the program can still go by. When it was begun and ended, what it was before a person said
 * anew and the last thing that went wrong are there for people. */
static void add_step(const struct sim *s, struct state_hash *h, const struct step *k) {
    add(h, k->state);
    add(h, k->values != NULL);
    if (!step_is_open(k))
        return;
    add(h, (uint64_t)k->attempts << 32 | (uint64_t)k->unknowns);
    add(h, (uint64_t)k->absent << 32 | (uint64_t)k->silent);
    add(h, (uint64_t)k->crashes << 32 | (uint64_t)k->retried);
    add(h, (uint64_t)k->round << 2 | (uint64_t)(k->digest.len > 0) << 1 | (k->first_at > 0));
    add(h, ahead(s, k->due));
}

static void add_order(struct sim *s, struct state_hash *h, str bytes) {
    struct order *o = NULL;
    err e = order_read(s->scratch, bytes, &o);
    if (e.code != ERR_NONE)
        abort();
    add(h, o->marks);
    add(h, (uint64_t)(o->paid_at > 0) << 1 | (o->expired_at > 0));
    add(h, o->payment_count << 32 | o->refund_count << 16 | o->remark_count);
    for (size_t i = 0; i < o->payment_count; i++)
        add_named(s, h, o->payments[i].event);
    add(h, o->step_count);
    for (size_t i = 0; i < o->step_count; i++)
        add_step(s, h, &o->steps[i]);
}

/* Named by digests of what else stands here; how many there are says which. */
static bool is_index(str kind) {
    return str_is(kind, S("mail")) || str_is(kind, S("pay")) || str_is(kind, S("key"));
}

/* Versions count while somebody who has read them is under way. */
static void add_rows(struct sim *s, struct state_hash *h, str kind, bool rest) {
    struct row_list rows = {0};
    const struct query q = {.kind = kind, .limit = 1000};
    desk_clear(&s->scratch_desk);
    err e = s->real->kind->list(s->real, s->scratch, &q, &rows);
    if (e.code != ERR_NONE || rows.more)
        abort();
    for (size_t i = 0; i < rows.count; i++) {
        const struct row *r = &rows.rows[i];
        if (!is_index(kind)) {
            add_named(s, h, r->part);
            add_named(s, h, r->key);
        }
        add(h, rest ? 0 : (uint64_t)r->version);
        add(h, ahead(s, r->due));
        if (str_is(kind, S("order")))
            add_order(s, h, r->bytes);
    }
    add(h, rows.count);
}

/* ---- the ghost ---- */

static bool is_ended(enum step_state state) {
    return state == STEP_DONE || state == STEP_DROPPED || state == STEP_SKIPPED;
}

/* What has ended can still be done late. */
static void add_ghost_step(struct state_hash *h, const struct ghost_step *k, bool late) {
    add(h, (uint64_t)k->state << 3 | (uint64_t)k->job << 2 | (uint64_t)k->stuck << 1 | k->operated);
    add(h, k->needs);
    if (is_ended(k->state) && !late)
        return;
    add(h, (uint64_t)k->attempts << 32 | (uint64_t)k->unknowns);
    add(h, (uint64_t)k->retries << 32 | (uint64_t)k->round);
    add(h, (uint64_t)k->effects << 32 | (uint64_t)k->wires);
    add(h, (uint64_t)k->asks << 1 | (k->wire != 0));
}

static void add_ghost(const struct sim *s, struct state_hash *h, bool late) {
    for (size_t i = 0; i < s->order_count; i++) {
        const struct ghost_order *o = &s->orders[i];
        add(h, (uint64_t)o->acked << 4 | (uint64_t)o->kept << 3 | (uint64_t)o->paid << 2
                   | (uint64_t)o->open << 1 | o->expired);
        add(h, (uint64_t)o->state << 32 | o->payments << 16 | o->refunds);
        add(h, (uint64_t)o->taken);
        for (size_t k = 0; k < o->step_count; k++)
            add_ghost_step(h, &o->steps[k], late);
    }
    for (size_t i = 0; i < s->notice_count; i++)
        add(h, (uint64_t)s->notices[i].acked << 1 | ghost_note(s, s->notices[i].body));
    const struct buyer_form *b = s->script->form;
    if (b)
        add(h, (uint64_t)b->tries << 1 | (b->order != NULL));
}

/* ---- processes, fibres, and what is to come ---- */

/* It does not matter which of them is the first. */
static void add_processes(const struct sim *s, struct state_hash *h) {
    struct state_hash all = {0};
    for (int i = 0; i < s->process_count; i++) {
        const struct process *p = &s->processes[i];
        struct state_hash one = {3, 4};
        add(&one, p->alive);
        add(&one, (uint64_t)p->offset);
        add(&one, p->paused_until > s->now ? ahead(s, p->paused_until) : 0);
        for (int k = 0; k < s->fibre_top; k++) {
            const struct fibre *f = &s->fibres[k];
            if (!f->live || f->process != p)
                continue;
            add(&one, (uint64_t)(uintptr_t)f->run);
            add(&one, f->idle ? 0 : f->heard);
            add(&one, ahead(s, f->wake_at));
        }
        all.a += one.a;
        all.b += one.b;
    }
    add(h, all.a);
    add(h, all.b);
}

/* A wake-up stands with its fibre. */
static bool is_void(const struct sim *s, const struct event *e) {
    const struct process *p = e->what;
    if (e->act == fibre_wake || (e->act == rest_look && e->at != s->look_at))
        return true;
    return e->act == process_start && (p->alive || p->life != e->number);
}

static int earlier(const void *a, const void *b) {
    const struct event *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* What is about something that is not the world's own (an effect, the form) says so by number. */
static uint64_t place_of(const struct sim *s, const void *what) {
    const char *at = what, *from = (const char *)s;
    return at >= from && at < from + sizeof(*s) ? (uint64_t)(at - from) : 0;
}

static bool add_event(const struct sim *s, struct state_hash *h, const struct event *e) {
    bool start = e->act == process_start;
    add(h, ahead(s, e->at));
    add(h, (uint64_t)(uintptr_t)e->act);
    add(h, start ? 0 : place_of(s, e->what));
    add(h, start ? 0 : e->number);
    return !start && e->what && !place_of(s, e->what);
}

/* Is an effect among them that comes late? */
static bool add_events(const struct sim *s, struct state_hash *h) {
    enum { MOST = 512 };
    struct event sorted[MOST];
    size_t count = 0;
    bool late = false;
    for (size_t i = 0; i < s->heap_count; i++) {
        if (is_void(s, &s->heap[i]))
            continue;
        if (count == MOST)
            abort();
        sorted[count++] = s->heap[i];
    }
    qsort(sorted, count, sizeof(sorted[0]), earlier);
    for (size_t i = 0; i < count; i++)
        late |= add_event(s, h, &sorted[i]);
    return late;
}

static bool is_at_rest(const struct sim *s) {
    for (int i = 0; i < s->fibre_top; i++)
        if (s->fibres[i].live && !s->fibres[i].idle)
            return false;
    return true;
}

static struct state_hash state_of(struct sim *s) {
    struct state_hash h = {0x243f6a8885a308d3u, 0x13198a2e03707344u};
    const struct states *t = s->script->states;
    bool rest = is_at_rest(s);
    add(&h, (uint64_t)s->phase << 1 | (uint64_t)s->settled);
    add(&h, rest ? 0 : (uint64_t)s->now);
    bool late = add_events(s, &h);
    add_ghost(s, &h, late);
    add_processes(s, &h);
    for (size_t i = 0; i < t->kind_count; i++)
        add_rows(s, &h, t->kinds[i], rest);
    return h;
}

/* ---- those that were seen ---- */

struct states *states_new(void) {
    struct states *t = calloc(1, sizeof(*t));
    if (!t)
        abort();
    t->mem = arena_new(1 << 20);
    return t;
}

void states_free(struct states *t) {
    if (!t)
        return;
    arena_free(t->mem);
    free(t->seen);
    free(t);
}

size_t states_count(const struct states *t) {
    return t->count;
}

static struct seen *slot(struct seen *seen, size_t room, const struct state_hash *h) {
    size_t i = h->a & (room - 1);
    while (seen[i].left >= 0 && (seen[i].hash.a != h->a || seen[i].hash.b != h->b))
        i = (i + 1) & (room - 1);
    return &seen[i];
}

static void states_grow(struct states *t) {
    size_t room = t->room ? t->room * 2 : SEEN_FIRST;
    struct seen *more = malloc(room * sizeof(*more));
    if (!more)
        abort();
    for (size_t i = 0; i < room; i++)
        more[i].left = -1;
    for (size_t i = 0; i < t->room; i++)
        if (t->seen[i].left >= 0)
            *slot(more, room, &t->seen[i].hash) = t->seen[i];
    free(t->seen);
    t->seen = more;
    t->room = room;
}

/* Was the world in this state in another run, with at least as many faults left? Now it was. In the
 * same run it may be again where something happened that changes nothing. */
bool state_is_seen(struct sim *s, int left) {
    struct states *t = s->script->states;
    uint32_t run = s->script->run;
    if (t->count * 2 >= t->room)
        states_grow(t);
    struct state_hash hash = state_of(s);
    struct seen *at = slot(t->seen, t->room, &hash);
    if (at->left >= left)
        return at->run != run;
    t->count += at->left < 0;
    *at = (struct seen){.hash = hash, .left = left, .run = run};
    return false;
}
