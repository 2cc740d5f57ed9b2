#include "store/sqlite_door.h"

#include "base/arena.h"

#include <sqlite3.h>

enum { BUSY_MS = 5000 };

struct sql {
    sqlite3 *db;
    const char *const *texts;
    int frames;
    bool broken, refused;
    sqlite3_stmt *statements[SQL_STATEMENTS];
};

static enum sql_answer sql_answer(struct sql *q, int rc) {
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE: return SQL_DONE;
    case SQLITE_ROW: return SQL_ROW;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return SQL_BUSY;
    case SQLITE_FULL: return SQL_FULL;
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN: q->broken = q->refused = true; return SQL_BROKEN;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_NOMEM: q->broken = true; return SQL_BROKEN;
    default: return SQL_ODD;
    }
}

static int sql_committed(void *owner, sqlite3 *db, const char *name, int frames) {
    ((struct sql *)owner)->frames = frames;
    return SQLITE_OK;
}

enum sql_answer sql_open(const char *path, const struct sql_setting *setting, struct sql **out) {
    struct sql *q = calloc(1, sizeof *q);
    int mode = setting->reader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

    if (!q)
        abort();
    q->texts = setting->texts;
    /* Each page when it is needed: twenty at once for each connection are touched at a start for
     * nothing. Refused, and not needed, when SQLite is at work already. */
    (void)sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
    int rc = sqlite3_open_v2(
        path, &q->db, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, setting->vfs);
    if (!q->db)
        abort();
    sqlite3_busy_timeout(q->db, BUSY_MS);
    /* The hook takes the place of the automatic checkpoint, which would swallow a failed fsync (and
     * PRAGMA wal_autocheckpoint would take the place of the hook). */
    sqlite3_wal_hook(q->db, sql_committed, q);
    sqlite3_db_config(q->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    *out = q;
    return sql_answer(q, rc);
}

void sql_close(struct sql *q) {
    if (!q)
        return;
    for (size_t i = 0; i < SQL_STATEMENTS; i++)
        sqlite3_finalize(q->statements[i]);
    if (q->broken)
        sqlite3_db_config(q->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(q->db);
    free(q);
}

bool sql_refused(const struct sql *q) {
    return q->refused;
}

const char *sql_why(const struct sql *q) {
    return sqlite3_errmsg(q->db);
}

enum sql_answer sql_run(struct sql *q, const char *text) {
    return sql_answer(q, sqlite3_exec(q->db, text, NULL, NULL, NULL));
}

static str sql_value(sqlite3_stmt *statement, int at) {
    const char *bytes = sqlite3_column_blob(statement, at);

    return (str){bytes, (size_t)sqlite3_column_bytes(statement, at)};
}

enum sql_answer sql_ask(struct sql *q, struct arena *mem, const char *text, str bound, str *out) {
    sqlite3_stmt *statement;
    enum sql_answer answer = sql_answer(q, sqlite3_prepare_v2(q->db, text, -1, &statement, NULL));

    if (answer != SQL_DONE)
        return answer;
    if (bound.len)
        sqlite3_bind_text(statement, 1, bound.ptr, (int)bound.len, SQLITE_STATIC);
    answer = sql_answer(q, sqlite3_step(statement));
    str value = answer == SQL_ROW ? str_copy(mem, sql_value(statement, 0)) : S("");
    int rc = sqlite3_finalize(statement);
    if (answer == SQL_ROW)
        answer = sql_answer(q, rc);
    if (answer == SQL_DONE)
        *out = value;
    return answer;
}

static sqlite3_stmt *sql_statement(struct sql *q, size_t which) {
    if (!q->statements[which])
        sql_answer(q, sqlite3_prepare_v3(q->db, q->texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                          &q->statements[which], NULL));
    return q->statements[which];
}

void sql_text(struct sql *q, size_t which, int at, str text) {
    sqlite3_bind_text(
        sql_statement(q, which), at, text.len ? text.ptr : "", (int)text.len, SQLITE_STATIC);
}

void sql_top(struct sql *q, size_t which, int at) {
    sqlite3_bind_zeroblob(sql_statement(q, which), at, 0);
}

void sql_bytes(struct sql *q, size_t which, int at, str bytes) {
    sqlite3_bind_blob(
        sql_statement(q, which), at, bytes.len ? bytes.ptr : "", (int)bytes.len, SQLITE_STATIC);
}

void sql_int(struct sql *q, size_t which, int at, int64_t number) {
    sqlite3_bind_int64(sql_statement(q, which), at, number);
}

enum sql_answer sql_step(struct sql *q, size_t which) {
    sqlite3_stmt *statement = sql_statement(q, which);

    if (!statement)
        return sql_answer(q, sqlite3_extended_errcode(q->db));
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        return SQL_ROW;
    enum sql_answer answer = sql_answer(q, rc);
    sqlite3_reset(statement);
    return answer;
}

void sql_reset(struct sql *q, size_t which) {
    sqlite3_reset(q->statements[which]);
}

int64_t sql_changes(const struct sql *q) {
    return sqlite3_changes64(q->db);
}

str sql_column(struct sql *q, size_t which, int at) {
    return sql_value(q->statements[which], at);
}

int64_t sql_column_int(struct sql *q, size_t which, int at) {
    return sqlite3_column_int64(q->statements[which], at);
}

void sql_undo(struct sql *q) {
    if (!sqlite3_get_autocommit(q->db))
        sqlite3_exec(q->db, "ROLLBACK", NULL, NULL, NULL);
}

int sql_frames(const struct sql *q) {
    return q->frames;
}

enum sql_answer sql_checkpoint(struct sql *q, bool truncate) {
    int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;

    return sql_answer(q, sqlite3_wal_checkpoint_v2(q->db, "main", mode, NULL, NULL));
}
