#include "base/arena.h"
#include "store/row.h"
#include "store/sqlite.h"

/* The reading side: get and list, from any thread. */

enum { READ_GET, READ_FROM, READ_BEHIND, READ_BEFORE, READ_DUE, READ_DUE_KIND, READS };

#define COLUMNS "SELECT kind, part, key, version, due, bytes FROM row "
#define BY_NAME " AND (part, key) < (?4, ?5) ORDER BY part"
static const char *const texts[SQL_STATEMENTS] = {
    [READ_GET] = COLUMNS "WHERE kind = ?1 AND part = ?2 AND key = ?3",
    [READ_FROM] = COLUMNS "WHERE kind = ?1 AND (part, key) >= (?2, ?3)" BY_NAME ", key LIMIT ?6",
    [READ_BEHIND] = COLUMNS "WHERE kind = ?1 AND (part, key) > (?2, ?3)" BY_NAME ", key LIMIT ?6",
    [READ_BEFORE] =
        COLUMNS "WHERE kind = ?1 AND (part, key) >= (?2, ?3)" BY_NAME " DESC, key DESC LIMIT ?6",
    [READ_DUE] = COLUMNS "WHERE due > 0 AND due <= ?2 ORDER BY due, part, kind, key LIMIT ?6",
    [READ_DUE_KIND] =
        COLUMNS "WHERE due > 0 AND due <= ?2 AND kind = ?1 ORDER BY due, part, kind, key LIMIT ?6",
};
#undef COLUMNS
#undef BY_NAME

/* ---- one of the readers, for as long as a question takes ---- */

static struct sqlite_reader *reader_free(struct store_sqlite *s) {
    for (size_t i = 0; i < SQLITE_READERS; i++)
        if (!s->readers[i].taken)
            return &s->readers[i];
    return NULL;
}

static struct sqlite_reader *reader_take(struct store_sqlite *s) {
    struct sqlite_reader *reader;

    pthread_mutex_lock(&s->lock);
    while (!(reader = reader_free(s)))
        pthread_cond_wait(&s->returned, &s->lock);
    reader->taken = true;
    pthread_mutex_unlock(&s->lock);
    return reader;
}

static void reader_return(struct store_sqlite *s, struct sqlite_reader *reader) {
    pthread_mutex_lock(&s->lock);
    reader->taken = false;
    pthread_cond_signal(&s->returned);
    pthread_mutex_unlock(&s->lock);
}

err sqlite_reader_open(
    const struct store_sqlite *s, struct arena *mem, const char *path, struct sql **out) {
    const struct sql_setting setting = {.vfs = s->vfs, .texts = texts, .reader = true};
    struct sql *q;
    enum sql_answer answer = sql_open(path, &setting, &q);

    if (answer == SQL_DONE)
        answer = sql_run(q, "PRAGMA mmap_size=0;PRAGMA cache_size=-512");
    err e = sqlite_err(mem, q, answer, "open for reading");
    if (e.code != ERR_NONE)
        sql_close(q);
    else
        *out = q;
    return e;
}

void sqlite_readers_close(struct store_sqlite *s) {
    for (size_t i = 0; i < SQLITE_READERS; i++)
        sql_close(s->readers[i].sql);
}

/* ---- get and list ---- */

static struct row reader_row(struct sql *q, size_t which) {
    return (struct row){
        .kind = sql_column(q, which, 0),
        .part = sql_column(q, which, 1),
        .key = sql_column(q, which, 2),
        .version = sql_column_int(q, which, 3),
        .due = sql_column_int(q, which, 4),
        .bytes = sql_column(q, which, 5),
    };
}

static err reader_rows(struct sql *q, struct arena *mem, size_t which, struct row_heap *rows) {
    enum sql_answer answer;

    while ((answer = sql_step(q, which)) == SQL_ROW) {
        struct row row = reader_row(q, which);
        if (!row_heap_add(rows, &row)) {
            sql_reset(q, which);
            return OK_ERR;
        }
    }
    return sqlite_err(mem, q, answer, "read");
}

static err reader_get(struct sql *q, struct arena *mem, const struct row *name, struct row *out) {
    struct row_heap rows = row_heap(mem, 1);

    sql_text(q, READ_GET, 1, name->kind);
    sql_text(q, READ_GET, 2, name->part);
    sql_text(q, READ_GET, 3, name->key);
    TRY(reader_rows(q, mem, READ_GET, &rows));
    if (!rows.count)
        return err_make(ERR_ABSENT, S("no such row"));
    *out = rows.rows[0];
    return OK_ERR;
}

static size_t reader_due(struct sql *q, const struct query *query) {
    size_t which = query->kind.len ? READ_DUE_KIND : READ_DUE;

    if (query->kind.len)
        sql_text(q, which, 1, query->kind);
    sql_int(q, which, 2, query->due_max);
    return which;
}

/* The range in the order of (part, key), the lower end included unless it is a row to go on behind.
 */
static size_t reader_range(struct sql *q, const struct query *query) {
    struct row_range range = row_range(query);
    size_t which = query->newest_first ? READ_BEFORE : range.behind ? READ_BEHIND : READ_FROM;

    sql_text(q, which, 1, query->kind);
    sql_text(q, which, 2, range.from_part);
    sql_text(q, which, 3, range.from_key);
    if (range.endless)
        sql_top(q, which, 4);
    else
        sql_text(q, which, 4, range.to_part);
    sql_text(q, which, 5, range.to_key);
    return which;
}

static err reader_list(
    struct sql *q, struct arena *mem, const struct query *query, struct row_list *out) {
    size_t which = query->due_only ? reader_due(q, query) : reader_range(q, query);
    struct row_heap rows = row_heap(mem, query->limit);

    /* One more than wanted tells whether there is more. */
    sql_int(q, which, 6, (int64_t)query->limit + 1);
    TRY(reader_rows(q, mem, which, &rows));
    *out = row_heap_list(&rows);
    return OK_ERR;
}

static err sqlite_reader(struct store_sqlite *s, struct arena *mem, struct sqlite_reader *reader) {
    if (atomic_load(&s->dead))
        return err_make(ERR_BUSY, S("the store has stopped after a disk error"));
    return reader->sql ? OK_ERR : sqlite_reader_open(s, mem, s->path, &reader->sql);
}

err sqlite_get(
    struct store *base, struct arena *mem, str part, str kind, str key, struct row *out) {
    struct store_sqlite *s = (struct store_sqlite *)base;
    const struct row name = {.part = part, .kind = kind, .key = key};
    struct sqlite_reader *reader = reader_take(s);
    err e = sqlite_reader(s, mem, reader);

    if (e.code == ERR_NONE)
        e = reader_get(reader->sql, mem, &name, out);
    reader_return(s, reader);
    return e;
}

err sqlite_list(
    struct store *base, struct arena *mem, const struct query *query, struct row_list *out) {
    struct store_sqlite *s = (struct store_sqlite *)base;
    struct sqlite_reader *reader = reader_take(s);
    err e = sqlite_reader(s, mem, reader);

    if (e.code == ERR_NONE)
        e = reader_list(reader->sql, mem, query, out);
    reader_return(s, reader);
    return e;
}
