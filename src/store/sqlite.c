#include "store/sqlite.h"

#include "base/arena.h"
#include "store/row.h"

#include <assert.h>

enum {
    CHECKPOINT_FRAMES = 500, /* of the log, 4 MB: a checkpoint stalls the writer for 3 ms */
    LOOK_APPLIES = 32,       /* between two looks at the room on the disk */
    RESERVE_DEFAULT = 1 << 20,
};

enum {
    WRITE_BEGIN,
    WRITE_COMMIT,
    WRITE_VERSION,
    WRITE_NEW,
    WRITE_ANY,
    WRITE_PUT,
    WRITE_DROP_ANY,
    WRITE_DROP,
    WRITE_DUE,
    WRITE_LEASE,
};

/* ?1 kind ?2 part ?3 key ?4 version ?5 due ?6 bytes ?7 whether it takes the lease; of a search for
 * due rows: ?5 now ?6 limit. */
#define NAMED " WHERE kind = ?1 AND part = ?2 AND key = ?3"
#define ADD                                                          \
    "INSERT INTO row (kind, part, key, version, due, leased, bytes)" \
    " VALUES (?1, ?2, ?3, 1, ?5, ?7, ?6) ON CONFLICT "
/* A put that leaves the due time as it is goes on holding the lease. */
#define SET                                                                        \
    "SET version = version + 1, leased = CASE WHEN due = ?5 AND NOT ?7 THEN leased" \
    " ELSE ?7 END, due = ?5, bytes = ?6"
const char *const sqlite_texts[SQL_STATEMENTS] = {
    [WRITE_BEGIN] = "BEGIN IMMEDIATE",
    [WRITE_COMMIT] = "COMMIT",
    [WRITE_VERSION] = "SELECT version FROM row" NAMED,
    [WRITE_NEW] = ADD "DO NOTHING",
    [WRITE_ANY] = ADD "(kind, part, key) DO UPDATE " SET,
    [WRITE_PUT] = "UPDATE row " SET NAMED " AND version = ?4",
    [WRITE_DROP_ANY] = "DELETE FROM row" NAMED,
    [WRITE_DROP] = "DELETE FROM row" NAMED " AND version = ?4",
    [WRITE_DUE] = "SELECT kind, part, key, version, bytes FROM row WHERE due > 0 AND due <= ?5"
                  " ORDER BY due, part, kind, key LIMIT ?6",
    [WRITE_LEASE] = "UPDATE row SET version = version + 1, due = ?5, leased = 1" NAMED,
};
#undef NAMED
#undef ADD
#undef SET

static void bind_name(struct sql *w, size_t which, str part, str kind, str key) {
    sql_text(w, which, 1, kind);
    sql_text(w, which, 2, part);
    sql_text(w, which, 3, key);
}

/* ---- one change ---- */

static enum sql_answer put_version(struct sql *w, const struct put *p, int64_t *out) {
    bind_name(w, WRITE_VERSION, p->part, p->kind, p->key);
    enum sql_answer answer = sql_step(w, WRITE_VERSION);
    int64_t version = 0;

    if (answer == SQL_ROW) {
        version = sql_column_int(w, WRITE_VERSION, 0);
        sql_reset(w, WRITE_VERSION);
        answer = SQL_DONE;
    }
    if (answer == SQL_DONE)
        *out = version;
    return answer;
}

static size_t put_statement(const struct put *p) {
    if (p->drop)
        return p->version == PUT_ANY ? WRITE_DROP_ANY : WRITE_DROP;
    if (p->version == PUT_NEW)
        return WRITE_NEW;
    return p->version == PUT_ANY ? WRITE_ANY : WRITE_PUT;
}

/* One statement that finds out by itself whether the put fits. */
static enum sql_answer put_write(struct sql *w, const struct put *p, bool *fits) {
    size_t which = put_statement(p);
    int64_t version = 0;

    if (p->drop && p->version == PUT_NEW) {
        enum sql_answer answer = put_version(w, p, &version);
        *fits = !version;
        return answer;
    }
    bind_name(w, which, p->part, p->kind, p->key);
    if (p->version > 0)
        sql_int(w, which, 4, p->version);
    if (!p->drop) {
        sql_int(w, which, 5, p->due);
        sql_bytes(w, which, 6, p->bytes);
        sql_int(w, which, 7, p->lease);
    }
    enum sql_answer answer = sql_step(w, which);
    *fits = which == WRITE_DROP_ANY || sql_changes(w) == 1;
    return answer;
}

/* What the first put that does not fit, from `at` on, makes of the change; KEPT_OK when all do. */
static enum sql_answer change_look(
    struct sql *w, const struct change *c, size_t at, enum kept *kept) {
    *kept = KEPT_OK;
    for (size_t i = at; i < c->count; i++) {
        int64_t version = 0;
        enum sql_answer answer =
            c->puts[i].version == PUT_ANY ? SQL_DONE : put_version(w, &c->puts[i], &version);
        if (answer != SQL_DONE)
            return answer;
        if (!put_fits(&c->puts[i], version)) {
            *kept = put_misfit(&c->puts[i]);
            return SQL_DONE;
        }
    }
    return SQL_DONE;
}

/* Decided before anything is written, without a savepoint: all but the first put are looked at, and
 * the first is written by a statement that does nothing when it does not fit. */
static enum sql_answer change_write(struct sql *w, struct change *c) {
    enum sql_answer answer = change_look(w, c, 1, &c->kept);

    if (answer == SQL_DONE && c->kept != KEPT_OK) {
        /* The verdict is that of the first misfit, as in every store. */
        enum kept kept;
        answer = change_look(w, c, 0, &kept);
        c->kept = kept;
        return answer;
    }
    for (size_t i = 0; i < c->count && answer == SQL_DONE; i++) {
        bool fits = false;
        answer = put_write(w, &c->puts[i], &fits);
        if (answer != SQL_DONE || fits)
            continue;
        c->kept = put_misfit(&c->puts[i]);
        /* The others were looked at in this transaction: half a change must not stand. */
        return i ? SQL_ODD : SQL_DONE;
    }
    return answer;
}

/* ---- the disk ---- */

static void store_dies(struct store_sqlite *s) {
    if (!atomic_exchange(&s->dead, true))
        s->fatal(str_of(sql_why(s->writer)));
}

static void store_is_full(struct store_sqlite *s) {
    atomic_store(&s->full, true);
    disk_release(&s->disk);
}

/* New orders are refused before the disk is full, and until the reserve could be made again. */
static void look_at_disk(struct store_sqlite *s) {
    bool full = atomic_load(&s->full);

    if (!full && ++s->applies < LOOK_APPLIES)
        return;
    s->applies = 0;
    if (!full)
        atomic_store(&s->full, !disk_has_room(&s->disk, 2));
    else if (disk_has_room(&s->disk, 3) && disk_reserve(&s->disk))
        atomic_store(&s->full, false);
}

/* The log is copied into the database by this connection only. What is committed stays durable in
 * the log whatever becomes of it, but after a failed fsync the log must not be begun anew. */
static void checkpoint(struct store_sqlite *s) {
    int frames = sql_frames(s->writer);

    if (frames < s->checkpointed)
        s->checkpointed = 0; /* begun anew */
    if (frames - s->checkpointed < CHECKPOINT_FRAMES)
        return;
    s->checkpointed = frames;
    enum sql_answer answer = sql_checkpoint(s->writer, false);
    if (answer == SQL_BROKEN)
        store_dies(s);
    if (answer == SQL_FULL)
        store_is_full(s);
}

/* ---- many changes ---- */

static enum sql_answer batch_write(struct store_sqlite *s, struct change *changes, size_t count) {
    bool full = atomic_load(&s->full);
    enum sql_answer answer = sql_step(s->writer, WRITE_BEGIN);

    for (size_t i = 0; i < count && answer == SQL_DONE; i++) {
        if (full && !changes[i].reserve)
            changes[i].kept = KEPT_FULL;
        else
            answer = change_write(s->writer, &changes[i]);
    }
    if (answer == SQL_DONE)
        answer = sql_step(s->writer, WRITE_COMMIT);
    if (answer == SQL_DONE)
        checkpoint(s);
    else
        sql_undo(s->writer);
    return answer;
}

static enum sql_answer batch(struct store_sqlite *s, struct change *changes, size_t count) {
    enum sql_answer answer = batch_write(s, changes, count);

    if (answer != SQL_FULL)
        return answer;
    store_is_full(s);
    return batch_write(s, changes, count);
}

static void batch_verdict(
    struct store_sqlite *s, struct change *changes, size_t count, enum sql_answer answer) {
    if (answer == SQL_DONE)
        return;
    for (size_t i = 0; i < count; i++)
        changes[i].kept = answer == SQL_FULL ? KEPT_FULL : KEPT_UNKNOWN;
    if (answer == SQL_BROKEN)
        store_dies(s);
}

static void sqlite_apply(struct store *base, struct change *changes, size_t count) {
    struct store_sqlite *s = (struct store_sqlite *)base;
    enum sql_answer answer = SQL_BROKEN;

    for (size_t i = 0; i < count; i++)
        assert(change_is_lawful(&changes[i]));
    if (!atomic_load(&s->dead)) {
        look_at_disk(s);
        answer = batch(s, changes, count);
    }
    if (answer != SQL_ODD) {
        batch_verdict(s, changes, count, answer);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        answer = atomic_load(&s->dead) ? SQL_BROKEN : batch(s, &changes[i], 1);
        batch_verdict(s, &changes[i], 1, answer);
    }
}

/* ---- lease ---- */

static enum sql_answer lease_find(
    struct sql *w, instant now, instant until, struct row_heap *rows) {
    enum sql_answer answer;

    sql_int(w, WRITE_DUE, 5, now);
    sql_int(w, WRITE_DUE, 6, (int64_t)rows->limit + 1);
    while ((answer = sql_step(w, WRITE_DUE)) == SQL_ROW) {
        const struct row row = {
            .kind = sql_column(w, WRITE_DUE, 0),
            .part = sql_column(w, WRITE_DUE, 1),
            .key = sql_column(w, WRITE_DUE, 2),
            .version = sql_column_int(w, WRITE_DUE, 3) + 1,
            .due = until,
            .bytes = sql_column(w, WRITE_DUE, 4),
        };
        if (row_heap_add(rows, &row))
            continue;
        sql_reset(w, WRITE_DUE);
        return SQL_DONE;
    }
    return answer;
}

static enum sql_answer lease_take(struct sql *w, const struct row_list *list, instant until) {
    enum sql_answer answer = SQL_DONE;

    for (size_t i = 0; i < list->count && answer == SQL_DONE; i++) {
        const struct row *row = &list->rows[i];
        bind_name(w, WRITE_LEASE, row->part, row->kind, row->key);
        sql_int(w, WRITE_LEASE, 5, until);
        answer = sql_step(w, WRITE_LEASE);
    }
    return answer;
}

static enum sql_answer lease_write(
    struct store_sqlite *s, instant now, instant until, struct row_heap *rows) {
    enum sql_answer answer = sql_step(s->writer, WRITE_BEGIN);

    if (answer == SQL_DONE)
        answer = lease_find(s->writer, now, until, rows);
    struct row_list list = row_heap_list(rows);
    if (answer == SQL_DONE)
        answer = lease_take(s->writer, &list, until);
    if (answer == SQL_DONE)
        answer = sql_step(s->writer, WRITE_COMMIT);
    if (answer == SQL_DONE)
        checkpoint(s);
    else
        sql_undo(s->writer);
    return answer;
}

static err sqlite_lease(struct store *base, struct arena *mem, instant now, instant until,
    size_t limit, struct row_list *out) {
    struct store_sqlite *s = (struct store_sqlite *)base;
    struct row_heap rows = row_heap(mem, limit);

    if (atomic_load(&s->dead))
        return err_make(ERR_UNKNOWN, S("the store has stopped after a disk error"));
    enum sql_answer answer = lease_write(s, now, until, &rows);
    if (answer == SQL_FULL) {
        store_is_full(s);
        rows = row_heap(mem, limit);
        answer = lease_write(s, now, until, &rows);
    }
    if (answer == SQL_BROKEN)
        store_dies(s);
    TRY(sqlite_err(mem, s->writer, answer, "lease"));
    *out = row_heap_list(&rows);
    return OK_ERR;
}

/* ---- from open to close ---- */

static void sqlite_close(struct store *base) {
    struct store_sqlite *s = (struct store_sqlite *)base;

    /* The writer last: the last connection to close checkpoints. */
    sqlite_readers_close(s);
    sql_close(s->writer);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->returned);
    disk_close(&s->disk);
}

static const struct store_kind sqlite_kind = {
    .name = "sqlite",
    .get = sqlite_get,
    .list = sqlite_list,
    .apply = sqlite_apply,
    .lease = sqlite_lease,
    .close = sqlite_close,
};

err store_sqlite(struct arena *mem, str path, const struct store_sqlite_options *options,
    void (*fatal)(str why), struct store **out) {
    struct store_sqlite *s = NEW(mem, struct store_sqlite);

    s->base.kind = &sqlite_kind;
    s->path = str_cz(mem, path);
    s->vfs = options->vfs;
    s->fatal = fatal;
    TRY(disk_open(mem, path, options->reserve ? options->reserve : RESERVE_DEFAULT, &s->disk));
    err ended = sqlite_restore_finish(mem, path);
    if (ended.code != ERR_NONE) {
        disk_close(&s->disk);
        return ended;
    }
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->returned, NULL);
    err e = sqlite_gate(s, mem, options);
    if (e.code == ERR_CORRUPT && s->writer && sql_refused(s->writer))
        e = err_make(ERR_BUSY,
            JOIN(mem, e.what, S(": is the disk full, or may this user not write? `df -h "),
                str_of(s->disk.folder), S("` and `ls -l "), str_of(s->disk.folder),
                S("` show it; nothing is lost")));
    if (e.code != ERR_NONE) {
        sqlite_close(&s->base);
        return err_in(mem, e, JOIN(mem, path, S(": ")));
    }
    *out = &s->base;
    return OK_ERR;
}

bool store_sqlite_full(struct store *base) {
    return atomic_load(&((struct store_sqlite *)base)->full);
}
