#include "base/arena.h"
#include "base/buf.h"
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A backup takes the place of the database. What is put there is made ready beside it and becomes
 * the one to take by one rename; whoever opens the database next, whatever happened meanwhile,
 * finishes the exchange (sqlite_restore_finish). Nothing is thrown away: the old files get another
 * name first. */

#define READY ".restore"
#define PART  ".restore.part"

static const char *beside(struct arena *mem, str path, str ending) {
    return str_cz(mem, JOIN(mem, path, ending));
}

static err failed(struct arena *mem, str doing, str path) {
    enum err_code code = errno == ENOSPC ? ERR_FULL : errno == ENOENT ? ERR_ABSENT : ERR_SETUP;
    return err_make(code, JOIN(mem, doing, S(" "), path, S(": "), str_of(strerror(errno))));
}

/* ---- making ready ---- */

static bool pour(int from, int to) {
    char bytes[64 * 1024];
    ssize_t got;
    while ((got = read(from, bytes, sizeof(bytes))) > 0)
        for (ssize_t done = 0, put; done < got; done += put)
            if ((put = write(to, bytes + done, (size_t)(got - done))) <= 0)
                return false;
    return !got && !fsync(to);
}

static err copy_file(struct arena *mem, str file, const char *part) {
    struct stat is;
    int from = open(str_cz(mem, file), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (from < 0)
        return failed(mem, S("cannot read"), file);
    if (fstat(from, &is) || !S_ISREG(is.st_mode)) {
        close(from);
        return err_make(ERR_INVALID, JOIN(mem, file, S(" is not a file")));
    }
    unlink(part);
    int to = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    err e = to >= 0 && pour(from, to) ? OK_ERR : failed(mem, S("cannot write"), str_of(part));
    close(from);
    if (to >= 0)
        close(to);
    return e;
}

/* Of a database that another program has open, the newest part lies beside it. */
static err is_whole(struct arena *mem, str file) {
    struct stat is;
    if (stat(beside(mem, file, S("-wal")), &is) || !is.st_size)
        return OK_ERR;
    return err_make(
        ERR_INVALID, JOIN(mem, file,
                         S(" is a database in use or left by a crash (there is a -wal beside it), "
                           "no backup: name a file that `grosz backup` made")));
}

static err ask_number(struct sql *q, struct arena *mem, const char *text, int64_t *out) {
    str got = S("");
    TRY(sqlite_err(mem, q, sql_ask(q, mem, text, S(""), &got), text));
    (void)str_number(got, out);
    return OK_ERR;
}

static str told(struct sql *q, struct arena *mem, str name) {
    str got = S("");
    if (sql_ask(q, mem, "SELECT value FROM backup WHERE name = ?1", name, &got) != SQL_DONE)
        return S("");
    return got;
}

static err look(struct sql *q, struct arena *mem, struct store_restore *r) {
    int64_t tables = 0;
    TRY(ask_number(q, mem, "SELECT count(*) FROM sqlite_schema WHERE name = 'backup'", &tables));
    TRY(ask_number(q, mem, "SELECT count(*) FROM row WHERE kind = 'order'", &r->orders));
    /* Without the time of its making: what it last knew of the world is its last start. */
    TRY(ask_number(q, mem, "SELECT coalesce(max(at), 0) FROM boot", &r->made_at));
    if (!tables)
        return OK_ERR;
    (void)str_number(told(q, mem, S("at")), &r->made_at);
    r->print = told(q, mem, S("print"));
    r->secret = told(q, mem, S("secret"));
    return OK_ERR;
}

/* The row says until when somebody else may have done what stands here as open. The secret does not
 * stay in the database, not in its free pages either. */
static err mark(struct sql *q, struct arena *mem, const struct store_restore *r) {
    static const char newest[] =
        "SELECT coalesce(max(part), '') FROM row WHERE kind = 'order' AND part < ?1";
    struct buf text = buf_new(mem, 2048);
    str live = {0}, test = {0};
    int64_t before = 0;
    TRY(sqlite_err(mem, q, sql_ask(q, mem, newest, S("p"), &live), newest));
    TRY(sqlite_err(mem, q, sql_ask(q, mem, newest, S("u"), &test), newest));
    TRY(ask_number(q, mem,
        "SELECT coalesce(max(json_extract(CAST(bytes AS TEXT), '$.at')), 0) FROM row"
        " WHERE kind = 'restored' AND part = 'shop'",
        &before));
    str row = store_restored(mem, r->now, r->made_at, before, live, test);
    buf_format(&text,
        "PRAGMA secure_delete=ON;BEGIN IMMEDIATE;DROP TABLE IF EXISTS backup;"
        "DELETE FROM row WHERE kind = 'restored' AND part = 'shop';"
        "INSERT INTO row (kind, part, key, version, due, leased, bytes) VALUES ('restored', 'shop',"
        " '', 1, 0, 0, CAST('%.*s' AS BLOB));COMMIT",
        (int)row.len, row.ptr);
    return sqlite_err(mem, q, sql_run(q, str_cz(mem, buf_str(&text))), "mark as restored");
}

static err ready(struct arena *mem, const char *part, struct store_restore *r) {
    struct store_sqlite s = {.path = part};
    const struct sql_setting setting = {.texts = sqlite_texts};
    enum sql_answer opened = sql_open(part, &setting, &s.writer);
    err e = sqlite_err(mem, s.writer, opened, "open");
    if (e.code == ERR_NONE)
        e = sqlite_gate_known(&s, mem);
    if (e.code == ERR_NONE)
        e = sqlite_check_quick(s.writer, mem);
    if (e.code == ERR_NONE)
        e = look(s.writer, mem, r);
    if (e.code == ERR_NONE)
        e = mark(s.writer, mem, r);
    sql_close(s.writer);
    return e;
}

/* ---- the exchange ---- */

static bool is_same(const char *a, const char *b) {
    struct stat x, y;
    return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The old files under another name too: the first number that is free, or theirs already. */
static err put_aside(struct arena *mem, str path) {
    const char *db = str_cz(mem, path), *log = beside(mem, path, S("-wal"));
    struct stat is;
    if (stat(db, &is))
        return errno == ENOENT ? OK_ERR : failed(mem, S("cannot look at"), path);
    if (!is.st_size)
        return OK_ERR;
    for (int64_t n = 1; n < 1000; n++) {
        str aside = JOIN(mem, path, S(".before-"), str_int(mem, n));
        const char *to = str_cz(mem, aside), *log_to = beside(mem, aside, S("-wal"));
        if (link(db, to) && !(errno == EEXIST && is_same(db, to))) {
            if (errno == EEXIST)
                continue;
            return failed(mem, S("cannot keep the old database as"), aside);
        }
        bool logged = !stat(log, &is);
        if (!logged && errno != ENOENT)
            return failed(mem, S("cannot look at"), str_of(log));
        if (logged && link(log, log_to) && !is_same(log, log_to))
            return failed(mem, S("cannot keep the old database's log as"), aside);
        return OK_ERR;
    }
    return err_make(ERR_SETUP, S("there are 999 old databases beside it: move some away"));
}

/* No file of that name is there any more. */
static bool gone(const char *name) {
    return !unlink(name) || errno == ENOENT;
}

/* The journal first: left alone, it would be played into the next file of that name. */
static err part_drop(struct arena *mem, str path) {
    if (gone(beside(mem, path, S(PART "-journal"))) && gone(beside(mem, path, S(PART))))
        return OK_ERR;
    return failed(mem, S("cannot remove what an earlier restore left beside"), path);
}

err sqlite_restore_finish(struct arena *mem, str path) {
    const char *made = beside(mem, path, S(READY));
    struct stat is;
    TRY(part_drop(mem, path));
    if (stat(made, &is))
        return errno == ENOENT ? OK_ERR : failed(mem, S("cannot look at"), str_of(made));
    TRY(put_aside(mem, path));
    /* The old log belongs to the old database: SQLite would play it into the new one. */
    if (!gone(beside(mem, path, S("-wal"))) || !gone(beside(mem, path, S("-shm"))))
        return failed(mem, S("cannot remove the log of"), path);
    if (!disk_sync_folder(disk_folder(mem, path)) || rename(made, str_cz(mem, path))
        || !disk_sync_folder(disk_folder(mem, path)))
        return failed(mem, S("cannot put the backup in the place of"), path);
    return OK_ERR;
}

err store_sqlite_restore(struct arena *mem, str path, str file, struct store_restore *r) {
    struct disk disk = {.lock = -1};
    const char *part = beside(mem, path, S(PART));
    if (is_same(str_cz(mem, file), str_cz(mem, path)))
        return err_make(ERR_INVALID, S("that is the database itself, no backup of it"));
    TRY(is_whole(mem, file));
    TRY(disk_open(mem, path, 1, &disk));
    err e = sqlite_restore_finish(mem, path);
    if (e.code == ERR_NONE)
        e = copy_file(mem, file, part);
    if (e.code == ERR_NONE)
        e = err_in(mem, ready(mem, part, r),
            JOIN(mem, file, S(" is not put in the place of the database: ")));
    if (e.code == ERR_NONE)
        e = r->agree(r);
    if (e.code == ERR_NONE && rename(part, beside(mem, path, S(READY))))
        e = failed(mem, S("cannot rename"), str_of(part));
    if (e.code == ERR_NONE)
        e = disk_sync_folder(disk.folder) ? sqlite_restore_finish(mem, path)
                                          : failed(mem, S("cannot sync"), str_of(disk.folder));
    (void)part_drop(mem, path); /* what is left, the next one to open it removes */
    disk_close(&disk);
    return e;
}
