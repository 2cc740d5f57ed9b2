#include "app/desk.h"

#include "app/archive.h"
#include "app/call.h"
#include "app/facts.h"
#include "app/findings.h"
#include "app/look.h"
#include "app/orders.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/json.h"
#include "http/route.h"
#include "shop/plan.h"

#include <assert.h>

enum { LIST_MOST = 1000, SCAN_MOST = 100000 };

struct desk_call {
    struct arena *mem;
    const struct work *work;
    struct store *store;
    const struct request *request;
    const struct route_match *match;
    struct tree *out;
};

/* ---- orders ---- */

static err state_check(struct arena *mem, str state) {
    for (size_t i = 0; i < ORDER_STATES; i++)
        if (str_is(str_of(order_state_name((enum order_state)i)), state))
            return OK_ERR;
    return err_make(ERR_INVALID, JOIN(mem, S("there is no state `"), state,
                                     S("`: an order is placed, paid, fulfilled or expired")));
}

/* An order that does not read stands among the others, which are shown all the same. */
static struct tree *damaged_view(struct arena *mem, str name, str what, str state, err e) {
    struct tree *t = tree_map(mem);
    tree_put_text(mem, t, name, what);
    tree_put_text(mem, t, S("state"), state);
    tree_put_text(mem, t, S("error"),
        JOIN(mem, e.what, S(": `grosz restore` puts a backup back in which it reads")));
    return t;
}

/* One stretch of a list of orders. */
struct stretch {
    str state;       /* "": all */
    char before[64]; /* the id of the last one looked at */
    size_t limit, scanned;
    bool more;
};

/* What is not shown is forgotten at once: there may be a hundred thousand between two that are. */
static err stretch_read(struct desk_call *c, struct stretch *s, struct tree *list) {
    struct arena_mark start = arena_mark(c->mem);
    size_t shown = list->count;
    struct row_list rows;
    struct query q = {.kind = S("order"),
        .after_part = str_of(s->before),
        .newest_first = true,
        .limit = s->limit};
    TRY(c->store->kind->list(c->store, c->mem, &q, &rows));
    size_t i = 0;
    for (; i < rows.count && list->count < s->limit; i++) {
        struct arena_mark one = arena_mark(c->mem);
        struct order *o = NULL;
        str id = rows.rows[i].part;
        err e = order_read(c->mem, rows.rows[i].bytes, &o);
        assert(id.len < sizeof(s->before));
        memcpy(s->before, id.ptr, id.len);
        if (e.code != ERR_NONE)
            tree_add(list, damaged_view(c->mem, S("id"), id, S("damaged"), e));
        else if (!s->state.len || str_is(s->state, str_of(order_state_name(order_state(o)))))
            tree_add(list, order_view(c->mem, o));
        else
            arena_back(c->mem, one);
        s->scanned++;
    }
    s->more = rows.more || i < rows.count;
    if (list->count == shown)
        arena_back(c->mem, start);
    return OK_ERR;
}

/* Newest first, both modes, behind a cursor; at most SCAN_MOST are looked at for a state. */
static err orders_list(struct desk_call *c) {
    struct stretch s = {.state = request_query(c->mem, c->request, S("state")), .more = true};
    str before = request_query(c->mem, c->request, S("before"));
    int64_t limit = 100;
    str wish = request_query(c->mem, c->request, S("limit"));
    if (wish.len && (!str_number(wish, &limit) || limit < 1 || limit > LIST_MOST))
        return err_make(ERR_INVALID, S("limit must be 1 to 1000"));
    if (s.state.len)
        TRY(state_check(c->mem, s.state));
    if (before.len && !order_id_is(before))
        return err_make(ERR_INVALID, S("before must be the id of an order"));
    memcpy(s.before, before.ptr, before.len);
    s.limit = (size_t)limit;
    struct tree *list = tree_put(c->out, S("orders"), tree_list(c->mem));
    while (s.more && s.scanned < SCAN_MOST && list->count < s.limit)
        TRY(stretch_read(c, &s, list));
    if (s.more)
        tree_put_text(c->mem, c->out, S("before"), str_copy(c->mem, str_of(s.before)));
    return OK_ERR;
}

static err orders_show(struct desk_call *c) {
    struct order *o = NULL;
    err e = order_id_is(c->match->parts[0]) ? orders_get(c->mem, c->store, c->match->parts[0], &o)
                                            : err_make(ERR_ABSENT, S(""));
    if (e.code == ERR_ABSENT)
        return err_make(ERR_ABSENT, JOIN(c->mem, S("There is no order `"), c->match->parts[0],
                                        S("`. `grosz order list` shows what is there.")));
    TRY(e);
    c->out = order_view(c->mem, o);
    return OK_ERR;
}

/* Revoked: the keys of its page and lessons are turned; what is our own link follows. */
static void links_turn(struct arena *mem, const struct work *w, struct order *o) {
    o->turn++;
    for (size_t i = 0; i < o->step_count; i++) {
        struct step *s = &o->steps[i];
        if (!str_is(s->does, S("academy.invite")) || !s->values || s->line < 0)
            continue;
        struct tree *values = tree_copy(mem, s->values);
        tree_put_text(mem, values, S("link"), call_access(mem, w->shop, o, s->line));
        s->values = values;
    }
}

static err orders_edit_do(struct orders_edit *e, struct arena *mem, struct order *o) {
    const struct work *w = e->work;
    const bool *revoke = e->state;
    if (!o->paid_at || (o->marks & (MARK_REFUNDED | MARK_ERASED)))
        return err_make(
            ERR_CONFLICT, S("only an order that is paid, and not paid back, has links"));
    if (*revoke)
        links_turn(mem, w, o);
    if (!plan_again(mem, w->shop, o, S("access"), w->doors->now(w->doors->self)) && !*revoke)
        return err_make(ERR_TOO_MANY, S("the letter went out often enough today"));
    return OK_ERR;
}

static err orders_do(struct desk_call *c) {
    struct order *o = NULL;
    str verb = request_query(c->mem, c->request, S("do"));
    bool revoke = str_is(verb, S("revoke"));
    if (!revoke && !str_is(verb, S("resend")))
        return err_make(ERR_USAGE, S("an order can be told: resend, revoke"));
    TRY(orders_show(c));
    struct orders_edit e = {
        .work = c->work, .id = c->match->parts[0], .edit = orders_edit_do, .state = &revoke};
    TRY(orders_change(c->mem, &e, &o));
    c->out = order_view(c->mem, o);
    return OK_ERR;
}

/* ---- the queue ---- */

static struct tree *job_view(struct arena *mem, const struct order *o, const struct step *s) {
    struct tree *t = tree_map(mem);
    tree_put_text(mem, t, S("job"), step_job(mem, o->id, s));
    tree_put_text(mem, t, S("do"), s->does);
    tree_put_text(mem, t, S("state"), str_of(step_state_name(s->state)));
    tree_put_int(mem, t, S("attempts"), s->attempts);
    tree_put_int(mem, t, S("unknowns"), s->unknowns);
    if (s->due > 0)
        tree_put_text(mem, t, S("due"), time_iso(mem, s->due));
    if (s->error.len)
        tree_put_text(mem, t, S("error"), s->error);
    if (s->ours)
        tree_put_bool(mem, t, S("ours"), true);
    return t;
}

static void note_view(struct arena *mem, const struct row *row, struct tree *list) {
    struct tree *t = tree_add(list, tree_map(mem));
    bool stray = str_is(row->kind, S("stray"));
    str where = stray ? S("") : JOIN(mem, row->part, S("/"));
    tree_put_text(mem, t, S("job"), JOIN(mem, where, S("note/"), row->key));
    tree_put_text(mem, t, S("do"), S("note"));
    tree_put_text(mem, t, S("state"), stray ? S("stray") : S("ready"));
    if (stray)
        tree_put_text(mem, t, S("error"),
            S("verified, but for no order that is here: look it up at the gateway"));
}

static err queue_row(struct desk_call *c, const struct row *row, struct tree *list) {
    struct order *o = NULL;
    if (str_is(row->kind, S("note")) || str_is(row->kind, S("stray"))) {
        note_view(c->mem, row, list);
        return OK_ERR;
    }
    if (!str_is(row->kind, S("job")) && !str_is(row->kind, S("stuck")))
        return OK_ERR;
    err e = orders_get(c->mem, c->store, row->part, &o);
    if (e.code == ERR_ABSENT)
        return OK_ERR;
    if (e.code == ERR_CORRUPT) {
        str job = JOIN(c->mem, row->part, S("/"), row->key);
        tree_add(list, damaged_view(c->mem, S("job"), job, S("hold"), e));
        return OK_ERR;
    }
    TRY(e);
    const struct step *s = orders_step_by_key(o, row->key);
    if (s)
        tree_add(list, job_view(c->mem, o, s));
    return OK_ERR;
}

static err queue_list(struct desk_call *c) {
    static const struct query queries[] = {
        {.kind = S_INIT("stuck"), .limit = LIST_MOST},
        {.kind = S_INIT("stray"), .limit = LIST_MOST},
        {.due_only = true, .due_max = INT64_MAX, .limit = LIST_MOST},
    };
    struct tree *list = tree_put(c->out, S("jobs"), tree_list(c->mem));
    for (size_t i = 0; i < COUNT(queries); i++) {
        struct row_list rows;
        TRY(c->store->kind->list(c->store, c->mem, &queries[i], &rows));
        for (size_t k = 0; k < rows.count; k++)
            TRY(queue_row(c, &rows.rows[k], list));
        if (rows.more)
            tree_put_bool(c->mem, c->out, S("more"), true);
    }
    return OK_ERR;
}

static str job_of(const struct desk_call *c) {
    str job = c->match->parts[0];
    return str_ends(job, S("/")) ? str_part(job, 0, job.len - 1) : job;
}

static err stray_show(struct desk_call *c, str key) {
    struct row row;
    const struct tree *t = NULL;
    err e = c->store->kind->get(c->store, c->mem, S("stray"), S("stray"), key, &row);
    if (e.code == ERR_ABSENT)
        return err_make(
            ERR_ABSENT, S("There is no such note. `grosz queue list` shows what is there."));
    TRY(e);
    TRY(json_read(c->mem, row.bytes, &t));
    c->out = tree_copy(c->mem, t);
    return OK_ERR;
}

static err queue_show(struct desk_call *c) {
    struct order *o = NULL;
    struct step *s = NULL;
    struct row row;
    str job = job_of(c);
    if (str_starts(job, S("note/")))
        return stray_show(c, str_from(job, 5));
    TRY(orders_step(c->mem, c->store, job, &o, &s));
    c->out = step_write(c->mem, s);
    tree_put_text(c->mem, c->out, S("job"), step_job(c->mem, o->id, s));
    str key = JOIN(c->mem, orders_step_row(c->mem, s), S("/"), str_int(c->mem, s->round));
    const struct tree *sent = NULL;
    if (c->store->kind->get(c->store, c->mem, o->id, S("sent"), key, &row).code == ERR_NONE) {
        TRY(json_read(c->mem, row.bytes, &sent));
        tree_put(c->out, S("request"), tree_copy(c->mem, sent));
    }
    return OK_ERR;
}

/* A stray note is looked at by a person and put away: only `drop`. */
static err stray_drop(struct desk_call *c, str key, str verb) {
    struct row row;
    if (!str_is(verb, S("drop")))
        return err_make(
            ERR_CONFLICT, S("a note without an order can only be dropped, with a reason"));
    err e = c->store->kind->get(c->store, c->mem, S("stray"), S("stray"), key, &row);
    if (e.code == ERR_ABSENT)
        return err_make(
            ERR_ABSENT, S("There is no such note. `grosz queue list` shows what is there."));
    TRY(e);
    struct put puts[2] = {
        {.part = row.part, .kind = row.kind, .key = row.key, .version = row.version, .drop = true},
        {.part = row.part,
            .kind = S("seen"),
            .key = row.key,
            .version = PUT_ANY,
            .bytes = row.bytes},
    };
    struct change change = {.puts = puts, .count = 2, .reserve = true};
    c->store->kind->apply(c->store, &change, 1);
    tree_put_text(c->mem, c->out, S("state"), S("dropped"));
    return change.kept == KEPT_OK ? OK_ERR : err_make(ERR_BUSY, S("it was not kept: try again"));
}

static err queue_do(struct desk_call *c) {
    struct order *o = NULL;
    str job = job_of(c);
    str verb = request_query(c->mem, c->request, S("do"));
    str text = request_query(c->mem, c->request, S("text"));
    if ((str_is(verb, S("done")) || str_is(verb, S("drop"))) && !str_trim(text).len)
        return err_make(ERR_USAGE, str_is(verb, S("done"))
                                       ? S("say how you know that it was done: --evidence \"…\"")
                                       : S("say why it is not owed any more: --reason \"…\""));
    if (str_starts(job, S("note/")))
        return stray_drop(c, str_from(job, 5), verb);
    TRY(orders_verb(c->mem, c->work, job, verb, text, &o));
    str key = job, id = {0};
    if (!str_cut(&key, '/', &id))
        return err_make(ERR_ABSENT, S("no such job"));
    c->out = job_view(c->mem, o, orders_step_by_key(o, key));
    return OK_ERR;
}

/* ---- backup ---- */

str desk_print(struct arena *mem, struct hash_key secret) {
    return hex_write(mem, str_part(hash_hmac(mem, secret, S("backup")), 0, 8));
}

/* For doctor. key "": the last that was made; "failed": the last that was not. The copy is whole
 * whether this is kept or not. */
static void backup_remember(struct desk_call *c, str key, const struct tree *t) {
    struct put put = {.part = S("shop"),
        .kind = S("backup"),
        .key = key,
        .version = PUT_ANY,
        .bytes = json_write(c->mem, t)};
    struct change change = {.puts = &put, .count = 1, .reserve = true};
    c->store->kind->apply(c->store, &change, 1);
    if (change.kept != KEPT_OK)
        doors_log(c->work->doors, S("warn"), S("how a backup went was not kept"));
}

struct backup_wish {
    str folder, file;
    bool replace;
    int64_t keep; /* 0: one file; else `folder` has one for each of so many days */
};

/* Of those that are made every day the owner is told; by hand he sees it. */
static err backup_failed(struct desk_call *c, const struct backup_wish *w, err e, instant now) {
    struct tree *t = tree_map(c->mem);
    e = err_in(c->mem, e, S("There is no backup, and nothing is half written: "));
    if (e.code == ERR_CONFLICT && !w->replace)
        e.what = JOIN(c->mem, e.what,
            S(". Name another file, or type it again with --replace to write over that one"));
    if (!w->keep)
        return e;
    tree_put_text(c->mem, t, S("at"), time_iso(c->mem, now));
    tree_put_text(c->mem, t, S("why"), e.what);
    backup_remember(c, S("failed"), t);
    return e;
}

static err backup_read(struct desk_call *c, struct backup_wish *out) {
    str keep = request_query(c->mem, c->request, S("keep"));
    str file = request_query(c->mem, c->request, S("file"));
    *out = (struct backup_wish){.folder = file,
        .file = file,
        .replace = keep.len || request_query(c->mem, c->request, S("replace")).len};
    if (!c->work->doors->own || !str_starts(file, S("/")))
        return err_make(ERR_INVALID, S("a backup wants a whole path, and a store in a file"));
    bool number = str_number(keep, &out->keep);
    if (keep.len && (!number || out->keep < 1 || out->keep > ARCHIVE_KEEP_MAX))
        return err_make(ERR_INVALID, S("--keep is how many days' backups stay: 1 to 10000"));
    return OK_ERR;
}

static err backup(struct desk_call *c) {
    const struct doors *d = c->work->doors;
    struct backup_wish w = {0};
    TRY(backup_read(c, &w));
    bool secret = request_query(c->mem, c->request, S("secret")).len > 0;
    struct store_backup b = {.now = d->now(d->self),
        .print = desk_print(c->mem, c->work->shop->secret),
        .secret = secret ? hex_write(c->mem, c->work->shop->secret.bytes) : S(""),
        .replace = w.replace};
    err e = w.keep ? archive_file(c->mem, w.folder, b.now, &w.file) : OK_ERR;
    if (e.code == ERR_NONE)
        e = store_sqlite_backup(d->own, c->mem, w.file, &b);
    if (e.code != ERR_NONE)
        return backup_failed(c, &w, e, b.now);
    tree_put_text(c->mem, c->out, S("file"), w.file);
    tree_put_text(c->mem, c->out, S("at"), time_iso(c->mem, b.now));
    tree_put_int(c->mem, c->out, S("orders"), b.orders);
    tree_put_int(c->mem, c->out, S("bytes"), b.bytes);
    tree_put_bool(c->mem, c->out, S("secret"), secret);
    backup_remember(c, S(""), c->out);
    if (!w.keep)
        return OK_ERR;
    struct tree *gone = tree_put(c->out, S("removed"), tree_list(c->mem));
    return err_in(c->mem, archive_prune(c->mem, w.file, (size_t)w.keep, gone),
        S("The backup is made and whole, but an old one is still there: "));
}

/* ---- what only the owner of the store can say ---- */

#define LATE_MS (15 * TIME_MINUTE)

static err doctor(struct desk_call *c) {
    const struct doors *d = c->work->doors;
    struct row row;
    const struct tree *backup = NULL;
    str mail = {0};
    int64_t persons = 0, late = 0, newest = 0;
    TRY(look_newest(c->mem, c->store, &newest));
    TRY(queue_list(c));
    const struct tree *jobs = tree_find(c->out, S("jobs"));
    for (const struct tree *j = jobs ? jobs->first : NULL; j; j = j->next) {
        str state = tree_get(j, S("state"));
        instant due = 0;
        persons += str_is(state, S("poison")) || str_is(state, S("hold"))
                   || str_is(state, S("stray"));
        /* Who is asked to come back later waits too, and needs nobody. */
        if (tree_get_bool(j, S("ours"), false))
            mail = tree_get(j, S("error"));
        late += time_read(tree_get(j, S("due")), &due).code == ERR_NONE
                && due < d->now(d->self) - LATE_MS;
    }
    c->out = tree_map(c->mem);
    tree_put_int(c->mem, c->out, S("persons"), persons);
    tree_put_int(c->mem, c->out, S("late"), late);
    tree_put_int(c->mem, c->out, S("newest"), newest);
    tree_put_text(c->mem, c->out, S("mail"), mail);
    tree_put_text(c->mem, c->out, S("doubted"), str_copy(c->mem, facts_doubted(d->facts)));
    TRY(look_silent(c->mem, c->store, tree_put(c->out, S("silent"), tree_list(c->mem))));
    static const str backups[][2] = {
        {S_INIT(""), S_INIT("backup")}, {S_INIT("failed"), S_INIT("backup_failed")}};
    for (size_t i = 0; i < COUNT(backups); i++)
        if (c->store->kind->get(c->store, c->mem, S("shop"), S("backup"), backups[i][0], &row).code
                == ERR_NONE
            && json_read(c->mem, row.bytes, &backup).code == ERR_NONE)
            tree_put(c->out, backups[i][1], tree_copy(c->mem, backup));
    err e = d->own ? store_sqlite_check(d->own, c->mem) : OK_ERR;
    tree_put_text(c->mem, c->out, S("fault"), e.what);
    return OK_ERR;
}

static err doctor_tell(struct desk_call *c) {
    const struct tree *list = NULL;
    bool told = false;
    TRY(json_read(c->mem, request_query(c->mem, c->request, S("found")), &list));
    if (!tree_is(list, TREE_LIST))
        return err_make(ERR_INVALID, S("what was found is a list"));
    /* A shop that sleeps (--idle) is swept by the daily look. */
    TRY(work_sweep(c->mem, c->work));
    TRY(findings_tell(c->mem, c->work, list, &told));
    tree_put_bool(c->mem, c->out, S("told"), told);
    return OK_ERR;
}

/* ---- the table ---- */

/* clang-format off */
enum { ORDERS, ORDER, ORDER_DO, QUEUE, JOB, JOB_DO, BACKUP, DOCTOR, TELL };
static const struct route routes[] = {
    {S_INIT("GET"),  S_INIT("/orders"),   ORDERS},
    {S_INIT("GET"),  S_INIT("/orders/:"), ORDER},
    {S_INIT("POST"), S_INIT("/orders/:"), ORDER_DO},
    {S_INIT("GET"),  S_INIT("/queue"),    QUEUE},
    {S_INIT("GET"),  S_INIT("/queue/*"),  JOB},
    {S_INIT("POST"), S_INIT("/queue/*"),  JOB_DO},
    {S_INIT("POST"), S_INIT("/backup"),   BACKUP},
    {S_INIT("GET"),  S_INIT("/doctor"),   DOCTOR},
    {S_INIT("POST"), S_INIT("/doctor"),   TELL},
};
static err (*const acts[])(struct desk_call *c) = {
    [ORDERS] = orders_list, [ORDER] = orders_show, [ORDER_DO] = orders_do, [QUEUE] = queue_list,
    [JOB] = queue_show, [JOB_DO] = queue_do, [BACKUP] = backup,
    [DOCTOR] = doctor, [TELL] = doctor_tell,
};
/* clang-format on */

/* Who asks is the owner: the whole sentence, whatever the status. */
static struct response problem(struct arena *mem, err e) {
    struct response r = response_problem(mem, e, NULL, S(""));
    struct tree *t = tree_map(mem);
    tree_put_int(mem, t, S("status"), r.status);
    tree_put_text(mem, t, S("detail"), e.what.len ? e.what : str_of(err_rules[e.code].stranger));
    r.body = json_write(mem, t);
    return r;
}

void desk(struct arena *mem, const struct work *w, const struct request *r, struct response *out) {
    struct route_match m = {0};
    err e = route_find(mem, routes, COUNT(routes), r->method, r->path, &m);
    struct desk_call c = {.mem = mem,
        .work = w,
        .store = w->doors->store,
        .request = r,
        .match = &m,
        .out = tree_map(mem)};
    if (e.code == ERR_NONE)
        e = acts[m.name](&c);
    *out = e.code == ERR_NONE ? response_json(200, json_write(mem, c.out))
                              : problem(mem, e);
}
