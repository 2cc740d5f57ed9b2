#include "app/open.h"
#include "base/json_row.h"
#include "sim/sim.h"
#include "sim/vfs.h"

/* An owner makes a backup; later everything is stopped and the backup takes the place of the store:
 * with files by the code of `grosz backup` and `grosz restore`, in memory as they do it: the rows
 * as they were, and the row that says when and from when. With files both may die at each call to
 * the system; whoever opens the store then finds the one or the other. What was acknowledged in
 * between is lost by nature; the ghost goes back with it, but not in what partners did and gateways
 * took. Of gateways half send all notes of that time again. */

struct kept_row {
    struct row row;
    struct kept_row *next;
};

struct backup {
    instant made_at;
    struct kept_row *rows;
    struct ghost_order *orders;
    size_t order_count;
    struct note_kept *notes;
    size_t note_count;
    bool told; /* the owner was told that it is made */
    struct backup *next;
};

static const str kinds[] = {S_INIT("order"), S_INIT("job"), S_INIT("stuck"), S_INIT("open"),
    S_INIT("note"), S_INIT("stray"), S_INIT("seen"), S_INIT("sent"), S_INIT("mail"), S_INIT("pay"),
    S_INIT("key"), S_INIT("sweep"), S_INIT("matter"), S_INIT("ask"), S_INIT("silence"),
    S_INIT("text"), S_INIT("backup"), S_INIT("restored")};

bool restore_knows(str kind) {
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_is(kinds[i], kind))
            return true;
    return false;
}

/* ---- a copy ---- */

static void rows_copy(struct sim *s, struct backup *b, str kind) {
    struct query q = {.kind = kind, .limit = 1000};
    struct row_list rows = {.more = true};
    while (rows.more) {
        err e = s->real->kind->list(s->real, s->mem, &q, &rows);
        if (e.code != ERR_NONE)
            abort();
        for (size_t i = 0; i < rows.count; i++) {
            struct kept_row *k = NEW(s->mem, struct kept_row);
            *k = (struct kept_row){.row = rows.rows[i], .next = b->rows};
            b->rows = k;
            q.after_part = k->row.part;
            q.after_key = k->row.key;
        }
    }
}

/* With those steps that it has. */
static void order_copy(struct ghost_order *to, const struct ghost_order *from) {
    memcpy(to, from, offsetof(struct ghost_order, steps) + from->step_count * sizeof(to->steps[0]));
}

static int64_t orders_kept(const struct backup *b) {
    int64_t count = 0;
    for (size_t i = 0; i < b->order_count; i++)
        count += b->orders[i].kept;
    return count;
}

/* Made beside the one before, and renamed. */
static void file_make(struct sim *s, struct backup *b, struct process *p) {
    struct store_backup asked = {.now = b->made_at, .print = S("print"), .replace = true};
    desk_clear(&s->scratch_desk);
    str path = str_of(disk_file(s, s->scratch, S("backup.db")));
    s->keeping = true;
    err e = store_sqlite_backup(s->real, s->scratch, path, &asked);
    s->keeping = false;
    b->told = e.code == ERR_NONE;
    if (b->told && asked.orders != orders_kept(b))
        violate(s, "S1", "a backup has %lld orders of %lld", (long long)asked.orders,
            (long long)orders_kept(b));
    if (vfs_is_dark())
        process_crash(s, p);
}

static struct process *running(struct sim *s) {
    for (int i = 0; i < s->process_count; i++)
        if (s->processes[i].alive)
            return &s->processes[i];
    return NULL;
}

void backup_comes(struct sim *s, void *nothing, uint64_t number) {
    struct backup *b = NEW(s->mem, struct backup);
    if (s->phase == PHASE_KIND || (s->disk && !running(s)))
        return;
    *b = (struct backup){.made_at = s->now,
        .order_count = s->order_count,
        .note_count = s->note_count,
        .next = s->backup};
    b->orders = arena_bytes(s->mem, (s->order_count + 1) * sizeof(*b->orders));
    for (size_t i = 0; i < s->order_count; i++)
        order_copy(&b->orders[i], &s->orders[i]);
    b->notes = arena_array(s->mem, s->note_count + 1, sizeof(*b->notes));
    if (s->note_count)
        memcpy(b->notes, s->notes, s->note_count * sizeof(*b->notes));
    s->backup = b;
    for (size_t i = 0; !s->disk && i < COUNT(kinds); i++)
        rows_copy(s, b, kinds[i]);
    if (s->disk)
        file_make(s, b, running(s));
}

/* ---- in the place of the store ---- */

static void row_put(struct store *to, const struct row *r) {
    struct put p = {
        .part = r->part, .kind = r->kind, .key = r->key, .bytes = r->bytes, .due = r->due};
    struct change c = {.puts = &p, .count = 1};
    to->kind->apply(to, &c, 1);
}

static str newest(const struct backup *b, char mode) {
    str id = S("");
    for (const struct kept_row *k = b->rows; k; k = k->next)
        if (str_is(k->row.kind, S("order")) && k->row.part.ptr[0] == mode
            && str_order(k->row.part, id) > 0)
            id = k->row.part;
    return id;
}

static instant restored_before(struct sim *s, const struct backup *b) {
    const struct tree *t = NULL;
    for (const struct kept_row *k = b->rows; k; k = k->next)
        if (str_is(k->row.kind, S("restored")))
            if (json_read_row(s->mem, k->row.bytes, &t).code == ERR_NONE)
                return tree_get_int(t, S("at"), 0);
    return 0;
}

static void rows_put(struct sim *s, const struct backup *b) {
    str bytes = store_restored(
        s->mem, s->now, b->made_at, restored_before(s, b), newest(b, 'o'), newest(b, 't'));
    const struct row mark = {
        .part = S("shop"), .kind = S("restored"), .key = S(""), .bytes = bytes};
    s->real->kind->close(s->real);
    s->real = store_memory();
    s->due_known = false;
    row_put(s->real, &mark);
    for (const struct kept_row *k = b->rows; k; k = k->next)
        if (!str_is(k->row.kind, S("restored")))
            row_put(s->real, &k->row);
}

/* ---- the ghost ---- */

/* What has been done stays done, and no row says so any more: it counts as done once. */
static void step_back(struct ghost_step *k, const struct ghost_step *now) {
    int done = now ? now->effects + now->late : 0;
    k->effects = now ? now->effects : 0;
    k->late = now ? now->late : 0;
    k->done_there = now ? now->done_there : 0;
    k->effects_before = done;
    k->unknowns_before = k->unknowns;
    k->retries_before = k->retries;
    k->asks_before = k->asks;
    k->doubtful = k->state != STEP_DONE && k->state != STEP_DROPPED && k->state != STEP_SKIPPED;
}

static bool is_gone(const struct ghost_order *o, const char *name) {
    for (size_t i = 0; i < o->gone_count; i++)
        if (str_is(str_of(o->gone[i].name), str_of(name)))
            return true;
    return false;
}

/* A step that is owed anew has been done, perhaps; it may have been gone before. */
static void steps_go(struct ghost_order *o, const struct ghost_step *steps, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!ghost_step(o, str_of(steps[i].name)) && !is_gone(o, steps[i].name))
            o->gone[o->gone_count++] = steps[i];
}

static void order_back(struct sim *s, struct ghost_order *o, const struct ghost_order *old) {
    struct ghost_order now __attribute__((uninitialized));
    order_copy(&now, o);
    order_copy(o, old);
    o->row.member_count = 0; /* its row is to be read as a whole */
    memcpy(o->reference, now.reference, sizeof(o->reference));
    o->taken = now.taken;
    o->restored = true;
    for (size_t i = 0; i < o->step_count; i++)
        step_back(&o->steps[i], ghost_step(&now, str_of(o->steps[i].name)));
    o->gone = arena_array(s->mem, now.step_count + now.gone_count + 1, sizeof(*o->gone));
    o->gone_count = 0;
    steps_go(o, now.steps, now.step_count);
    steps_go(o, now.gone, now.gone_count);
}

static void order_lost(struct ghost_order *o) {
    o->lost = true;
    o->acked = o->kept = o->paid = o->open = o->expired = false;
    o->state = ORDER_PLACED;
    o->payments = o->refunds = o->step_count = 0;
    o->payments_hash = o->refunds_hash = 1;
}

static void ghost_back(struct sim *s, const struct backup *b) {
    for (size_t i = 0; i < s->order_count; i++) {
        if (i < b->order_count && b->orders[i].kept)
            order_back(s, &s->orders[i], &b->orders[i]);
        else
            order_lost(&s->orders[i]);
    }
    s->notes = b->notes;
    s->note_count = s->note_room = b->note_count;
}

static void notices_back(struct sim *s) {
    bool again = below(s, 2);
    for (size_t i = 0; i < s->notice_count; i++) {
        struct notice *n = &s->notices[i];
        if (!n->genuine || !n->acked || ghost_note(s, n->body))
            continue;
        if (again)
            notice_again(s, n);
        else
            n->gone = true;
        n->acked = false;
    }
}

/* ---- with files ---- */

static bool is_made(const struct sim *s) {
    const struct backup *b = s->backup;
    while (b && !b->told)
        b = b->next;
    return b != NULL;
}

static const struct backup *made_then(const struct sim *s, instant made_at) {
    const struct backup *b = s->backup;
    while (b && b->made_at != made_at)
        b = b->next;
    return b;
}

/* The last that was told as made is there, or one that was made later. */
static const struct backup *found(struct sim *s, instant made_at) {
    const struct backup *b = made_then(s, made_at);
    for (const struct backup *k = s->backup; b && k != b; k = k->next)
        if (k->told)
            b = NULL;
    if (!b)
        violate(s, "S1", "a backup is there that should not be, or an older one than was told");
    return b;
}

struct owner {
    struct store_restore base; /* first */
    struct sim *sim;
};

static err agree(const struct store_restore *r) {
    struct sim *s = ((const struct owner *)r)->sim;
    const struct backup *b = found(s, r->made_at);
    if (b && r->orders != orders_kept(b))
        violate(s, "S1", "a backup of %lld orders was made of %lld", (long long)r->orders,
            (long long)orders_kept(b));
    return OK_ERR;
}

static void file_restore(struct sim *s) {
    struct owner o = {.base = {.now = s->now, .agree = agree}, .sim = s};
    disk_rest(s);
    desk_clear(&s->scratch_desk);
    str path = str_of(disk_file(s, s->scratch, S("shop.db")));
    str file = str_of(disk_file(s, s->scratch, S("backup.db")));
    if (!s->restoring.number)
        s->restoring.number = vfs_number(path.ptr);
    int64_t faults = s->totals->faults;
    s->keeping = true;
    err e = store_sqlite_restore(s->scratch, path, file, &o.base);
    s->keeping = false;
    if (e.code != ERR_NONE && s->totals->faults == faults && is_made(s))
        violate(s, "S1", "a backup that was told as made is not restored: %.*s", (int)e.what.len,
            e.what.ptr);
    s->restoring.told |= e.code == ERR_NONE;
    if (e.code != ERR_NONE && below(s, 2))
        event_add(s, s->now + (int64_t)below(s, TIME_MINUTE), restore_comes, NULL, 1);
    if (!below(s, 4))
        vfs_power_off();
}

void restore_settle(struct sim *s) {
    struct row row;
    const struct tree *t = NULL;
    const struct restoring was = s->restoring;
    desk_clear(&s->scratch_desk);
    bool other = vfs_number(disk_file(s, s->scratch, S("shop.db"))) != was.number;
    s->restoring = (struct restoring){0};
    if (was.told && !other)
        violate(s, "S1", "a restore was told as done, and was not");
    if (!was.number || !other)
        return;
    err e = s->real->kind->get(s->real, s->scratch, S("shop"), S("restored"), S(""), &row);
    if (e.code == ERR_NONE)
        e = json_read_row(s->scratch, row.bytes, &t);
    const struct backup *b = e.code == ERR_NONE ? found(s, tree_get_int(t, S("made_at"), 0)) : NULL;
    if (!b) {
        violate(s, "S18", "the row of a restore is not there or does not read");
        return;
    }
    ghost_back(s, b);
    notices_back(s);
}

/* The second time is the owner's own. */
void restore_comes(struct sim *s, void *nothing, uint64_t number) {
    const struct backup *b = s->backup;
    if (!b || s->phase == PHASE_KIND || (!number && !strikes(s, FAULT_RESTORE)))
        return;
    for (int i = 0; i < s->process_count; i++)
        if (s->processes[i].alive)
            process_crash(s, &s->processes[i]);
    if (s->disk) {
        file_restore(s);
        return;
    }
    rows_put(s, b);
    ghost_back(s, b);
    notices_back(s);
    s->backup = NULL;
    ghost_again(s);
}

/* As the program does it when it opens its store. */
void restore_read(struct sim *s, struct process *p) {
    struct doors plain = {.store = s->real};
    desk_clear(&s->scratch_desk);
    err e = open_restored(s->scratch, &plain);
    if (e.code != ERR_NONE)
        violate(s, "S18", "the row of a restore does not read");
    p->doors.restored_at = plain.restored_at;
    p->doors.restored_from = plain.restored_from;
}
