#include "base/arena.h"
#include "base/buf.h"
#include "store/sqlite.h"

/* What a start runs through before the first answer, in this order (design 5). */

/* Numbered from 1, each one transaction; a shop's file stays readable by one release before. Only
 * ever add at the end. A row is found by its name; rowids grow, so that new rows go to the end
 * whatever their name is. Bytes come last: version and due are read without their overflow pages.
 */
static const char *const migrations[] = {
    "CREATE TABLE row (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, part TEXT NOT NULL,"
    " key TEXT NOT NULL, version INTEGER NOT NULL, due INTEGER NOT NULL, leased INTEGER NOT NULL,"
    " bytes BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX row_name ON row (kind, part, key);"
    "CREATE INDEX row_due ON row (due, part) WHERE due > 0;"
    "CREATE INDEX row_leased ON row (leased) WHERE leased > 0;"
    "CREATE TABLE boot (id INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;",
};

enum { APPLICATION = 0x47726f73 /* "Gros" */ };

err sqlite_err(struct arena *mem, const struct sql *q, enum sql_answer answer, const char *doing) {
    static const enum err_code codes[] = {
        [SQL_DONE] = ERR_NONE,
        [SQL_ROW] = ERR_NONE,
        [SQL_BUSY] = ERR_BUSY,
        [SQL_FULL] = ERR_FULL,
        [SQL_ODD] = ERR_SETUP,
        [SQL_BROKEN] = ERR_CORRUPT,
    };

    if (codes[answer] == ERR_NONE)
        return OK_ERR;
    return err_make(
        codes[answer], JOIN(mem, str_of(doing), S(": "), str_copy(mem, str_of(sql_why(q)))));
}

static err gate_pragma(
    struct store_sqlite *s, struct arena *mem, const char *set, const char *read, str want) {
    str got = S("");

    TRY(sqlite_err(mem, s->writer, sql_ask(s->writer, mem, set, S(""), &got), set));
    TRY(sqlite_err(mem, s->writer, sql_ask(s->writer, mem, read, S(""), &got), read));
    if (!str_is(got, want))
        return err_make(ERR_SETUP, JOIN(mem, str_of(set), S(" had no effect, it is "), got));
    return OK_ERR;
}

static err gate_pragmas(struct store_sqlite *s, struct arena *mem, bool sync_normal) {
    static const struct {
        const char *set, *read;
        str want;
    } rows[] = {
        {"PRAGMA journal_mode=WAL", "PRAGMA journal_mode", S_INIT("wal")},
        {"PRAGMA mmap_size=0", "PRAGMA mmap_size", S_INIT("0")},
        {"PRAGMA temp_store=MEMORY", "PRAGMA temp_store", S_INIT("2")},
        {"PRAGMA journal_size_limit=67108864", "PRAGMA journal_size_limit", S_INIT("67108864")},
    };

    /* Only a file that is still empty takes it. */
    TRY(sqlite_err(mem, s->writer, sql_run(s->writer, "PRAGMA page_size=8192"), "page size"));
    for (size_t i = 0; i < COUNT(rows); i++)
        TRY(gate_pragma(s, mem, rows[i].set, rows[i].read, rows[i].want));
    if (sync_normal)
        return gate_pragma(s, mem, "PRAGMA synchronous=NORMAL", "PRAGMA synchronous", S("1"));
    return gate_pragma(s, mem, "PRAGMA synchronous=FULL", "PRAGMA synchronous", S("2"));
}

static err gate_ask_int(struct store_sqlite *s, struct arena *mem, const char *text, int64_t *out) {
    str got = S("");

    TRY(sqlite_err(mem, s->writer, sql_ask(s->writer, mem, text, S(""), &got), text));
    if (!str_number(got, out))
        return err_make(ERR_CORRUPT, JOIN(mem, str_of(text), S(" gave "), got));
    return OK_ERR;
}

/* A database of somebody else is not touched. */
static err gate_owner(struct store_sqlite *s, struct arena *mem) {
    int64_t tables = 0, application = 0;

    TRY(gate_ask_int(s, mem, "SELECT count(*) FROM sqlite_schema", &tables));
    TRY(gate_ask_int(s, mem, "PRAGMA application_id", &application));
    if (tables && application != APPLICATION)
        return err_make(ERR_SETUP,
            S("the file is a database of another program, and is left as it is. Move it away, or "
              "name another file with `store:` in shop.yml"));
    return OK_ERR;
}

static enum sql_answer gate_migrate_to(struct store_sqlite *s, struct arena *mem, size_t version) {
    struct buf text = buf_new(mem, 8192);

    buf_add(&text, S("BEGIN IMMEDIATE;"));
    buf_add(&text, str_of(migrations[version - 1]));
    buf_format(&text, "PRAGMA application_id=%d;PRAGMA user_version=%zu;COMMIT", (int)APPLICATION,
        version);
    enum sql_answer answer = sql_run(s->writer, str_cz(mem, buf_str(&text)));
    if (answer != SQL_DONE)
        sql_undo(s->writer);
    return answer;
}

static err gate_version(struct store_sqlite *s, struct arena *mem, int64_t *out) {
    int64_t version = 0;

    TRY(gate_ask_int(s, mem, "PRAGMA user_version", &version));
    *out = version;
    if (version > (int64_t)COUNT(migrations))
        return err_make(ERR_SETUP,
            JOIN(mem, S("the database was written by a newer grosz (schema "),
                str_int(mem, version), S(", this one knows "), str_int(mem, COUNT(migrations)),
                S("): install that one again, or restore a backup from before")));
    return OK_ERR;
}

static err gate_migrate(struct store_sqlite *s, struct arena *mem) {
    int64_t version = 0;

    TRY(gate_version(s, mem, &version));
    while (version < (int64_t)COUNT(migrations)) {
        version++;
        TRY(sqlite_err(mem, s->writer, gate_migrate_to(s, mem, (size_t)version), "migration"));
    }
    return OK_ERR;
}

err sqlite_gate_known(struct store_sqlite *s, struct arena *mem) {
    int64_t version = 0;

    TRY(gate_owner(s, mem));
    TRY(gate_version(s, mem, &version));
    return version ? OK_ERR : err_make(ERR_INVALID, S("it is no database of a shop"));
}

/* After a crash that followed a failed fsync the log may hold frames that are in the page cache
 * only. What is committed behind them would be lost with them in a power cut, and a checkpoint that
 * the power cuts short would leave pages of them in the database and no log to repair it from. So
 * the log is made durable before SQLite reads it, and is then brought into the database file,
 * before anything is acknowledged again. */
static err gate_renew(struct store_sqlite *s, struct arena *mem) {
    str log = JOIN(mem, str_of(s->path), S("-wal"));

    if (!disk_renew(str_cz(mem, log)))
        return err_make(
            ERR_BUSY, JOIN(mem, S("cannot write and sync "), log, S(": is the disk full? `df -h "),
                          str_of(s->disk.folder), S("` shows it")));
    return OK_ERR;
}

static err gate_sync_folder(struct store_sqlite *s, struct arena *mem) {
    if (!disk_sync_folder(s->disk.folder))
        return err_make(ERR_BUSY, JOIN(mem, S("cannot sync the folder "), str_of(s->disk.folder)));
    return OK_ERR;
}

static err gate_checkpoint(struct store_sqlite *s, struct arena *mem) {
    /* Without the log's name in the folder there would be no log either. */
    TRY(gate_sync_folder(s, mem));
    enum sql_answer answer = sql_checkpoint(s->writer, true);
    if (answer == SQL_BUSY)
        return err_make(ERR_BUSY,
            JOIN(mem, str_of(s->path),
                S(" is being read by another program (sqlite3, a copy tool); close that")));
    return sqlite_err(mem, s->writer, answer, "start-up checkpoint");
}

/* The boot row and the end of all leases of a former life, in one transaction. */
static err gate_boot(struct store_sqlite *s, struct arena *mem, instant now) {
    struct buf text = buf_new(mem, 1024);
    int64_t at = 0;

    buf_format(&text,
        "BEGIN IMMEDIATE;"
        "UPDATE row SET due = %lld, leased = 0, version = version + 1 WHERE leased > 0;"
        "REPLACE INTO boot (id, at) VALUES (1, %lld);COMMIT",
        (long long)(now > 0 ? now : 1), (long long)now);
    enum sql_answer answer = sql_run(s->writer, str_cz(mem, buf_str(&text)));
    if (answer != SQL_DONE) {
        err e = sqlite_err(mem, s->writer, answer, "boot row");
        sql_undo(s->writer);
        return e;
    }
    TRY(gate_ask_int(s, mem, "SELECT at FROM boot WHERE id = 1", &at));
    if (at != now)
        return err_make(ERR_CORRUPT, S("the boot row does not read back"));
    return OK_ERR;
}

/* On a full disk the reserve goes first: the shop must come up to take its notes. */
static void gate_room(struct store_sqlite *s) {
    bool room = disk_has_room(&s->disk, 2);

    if (room && disk_reserve(&s->disk))
        return;
    disk_release(&s->disk);
    atomic_store(&s->full, true);
}

err sqlite_gate(
    struct store_sqlite *s, struct arena *mem, const struct store_sqlite_options *options) {
    const struct sql_setting setting = {.vfs = s->vfs, .texts = sqlite_texts};
    enum sql_answer opened;

    gate_room(s);
    if (!options->skip_checkpoint)
        TRY(gate_renew(s, mem));
    opened = sql_open(s->path, &setting, &s->writer);
    TRY(sqlite_err(mem, s->writer, opened, "open"));
    TRY(gate_owner(s, mem));
    TRY(gate_pragmas(s, mem, options->sync_normal));
    TRY(gate_migrate(s, mem));
    if (!options->skip_checkpoint)
        TRY(gate_checkpoint(s, mem));
    return gate_boot(s, mem, options->now);
}
