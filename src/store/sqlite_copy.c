#include "base/arena.h"
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What looks at the whole file: check and copy, each on a reading connection of its own, so that
 * commits go on meanwhile (the log grows until it has ended). */

err sqlite_check_quick(struct sql *q, struct arena *mem) {
    str said = S("");

    TRY(sqlite_err(mem, q, sql_ask(q, mem, "PRAGMA quick_check(1)", S(""), &said), "quick_check"));
    return str_is(said, S("ok")) ? OK_ERR : err_make(ERR_CORRUPT, said);
}

err store_sqlite_check(struct store *base, struct arena *mem) {
    struct store_sqlite *s = (struct store_sqlite *)base;
    struct sql *q;

    TRY(sqlite_reader_open(s, mem, s->path, &q));
    err e = sqlite_check_quick(q, mem);
    sql_close(q);
    return e;
}

static err copy_errno(struct arena *mem, const char *path) {
    if (errno == EEXIST)
        return err_make(ERR_CONFLICT, JOIN(mem, str_of(path), S(" is there already")));
    return err_make(errno == ENOSPC ? ERR_FULL : ERR_SETUP,
        JOIN(mem, str_of(path), S(": "), str_of(strerror(errno))));
}

/* VACUUM INTO does not fsync what it made. */
static err copy_sync(struct arena *mem, const char *path, int64_t *bytes) {
    struct stat is;
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return copy_errno(mem, path);
    err e = fsync(file) || fstat(file, &is) ? copy_errno(mem, path) : OK_ERR;
    close(file);
    if (e.code == ERR_NONE)
        *bytes = is.st_size;
    return e;
}

static err orders_count(struct sql *q, struct arena *mem, int64_t *out) {
    str got = S("");
    enum sql_answer answer =
        sql_ask(q, mem, "SELECT count(*) FROM row WHERE kind = 'order'", S(""), &got);

    TRY(sqlite_err(mem, q, answer, "count"));
    return str_number(got, out) ? OK_ERR : err_make(ERR_CORRUPT, S("count gave no number"));
}

/* Says what it is, for `restore`. */
static err copy_label(struct sql *q, struct arena *mem, const struct store_backup *b) {
    const struct {
        const char *text;
        str value;
    } rows[] = {
        {"INSERT INTO backup VALUES ('at', ?1)", str_int(mem, b->now)},
        {"INSERT INTO backup VALUES ('print', ?1)", b->print},
        {"INSERT INTO backup VALUES ('secret', ?1)", b->secret},
    };
    str none = S("");

    TRY(sqlite_err(mem, q,
        sql_run(q, "CREATE TABLE backup (name TEXT PRIMARY KEY,"
                   " value TEXT NOT NULL) STRICT"),
        "label"));
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].value.len)
            TRY(sqlite_err(mem, q, sql_ask(q, mem, rows[i].text, rows[i].value, &none), "label"));
    return OK_ERR;
}

/* Orders are never removed: the copy has as many as there were meanwhile. */
static err copy_finish(
    const struct store_sqlite *s, struct arena *mem, const char *part, struct store_backup *b) {
    const struct sql_setting setting = {.vfs = s->vfs, .texts = sqlite_texts};
    struct sql *q;
    enum sql_answer opened = sql_open(part, &setting, &q);
    err e = sqlite_err(mem, q, opened, "open the copy");

    if (e.code == ERR_NONE && b->now)
        e = copy_label(q, mem, b);
    if (e.code == ERR_NONE)
        e = sqlite_check_quick(q, mem);
    if (e.code == ERR_NONE)
        e = orders_count(q, mem, &b->orders);
    sql_close(q);
    return e;
}

static err copy_into(
    struct store_sqlite *s, struct arena *mem, const char *part, struct store_backup *b) {
    struct sql *q;
    str none = S("");
    int64_t before = 0, after = 0;

    TRY(sqlite_reader_open(s, mem, s->path, &q));
    err e = orders_count(q, mem, &before);
    if (e.code == ERR_NONE)
        e = sqlite_err(mem, q, sql_ask(q, mem, "VACUUM INTO ?1", str_of(part), &none), "copy");
    if (e.code == ERR_NONE)
        e = orders_count(q, mem, &after);
    sql_close(q);
    TRY(e);
    TRY(copy_finish(s, mem, part, b));
    if (b->orders < before || b->orders > after)
        return err_make(ERR_CORRUPT, S("the copy has not as many orders as the database"));
    return copy_sync(mem, part, &b->bytes);
}

/* A backup at night must not fill the disk that the shop is on. Unknown sizes are let pass: the
 * copy itself will tell. */
static err copy_room(const struct store_sqlite *s, struct arena *mem, str path) {
    const struct disk there = {
        .folder = disk_folder(mem, path), .reserve_size = s->disk.reserve_size};
    struct stat is = {0};

    if (stat(s->path, &is))
        is.st_size = 0;
    if (disk_has_bytes(&there, (uint64_t)is.st_size + 2 * (uint64_t)there.reserve_size))
        return OK_ERR;
    return err_make(ERR_FULL,
        JOIN(mem, S("there is no room for a copy of "), str_int(mem, is.st_size / (1 << 20) + 1),
            S(" MiB in "), str_of(there.folder), S(" that leaves the shop enough")));
}

bool store_sqlite_is(struct arena *mem, str path) {
    static const char magic[16] = "SQLite format 3";
    char begin[sizeof(magic)];
    struct stat is;
    int file = open(str_cz(mem, path), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    bool plain = file >= 0 && !fstat(file, &is) && S_ISREG(is.st_mode);
    bool same = plain && read(file, begin, sizeof(begin)) == sizeof(begin)
                && !memcmp(begin, magic, sizeof(begin));

    if (file >= 0)
        close(file);
    return same || (plain && !is.st_size);
}

/* The database itself, in the place of which its copy would meet the other's log, and what is no
 * backup are not written over by a slip of the hand. Our own is not opened: closing any descriptor
 * of it drops SQLite's locks. */
static err copy_over(
    const struct store_sqlite *s, struct arena *mem, const char *whole, bool replace) {
    struct stat there, own;

    if (stat(whole, &there))
        return OK_ERR;
    if (!replace) {
        errno = EEXIST;
        return copy_errno(mem, whole);
    }
    if (!stat(s->path, &own) && own.st_dev == there.st_dev && own.st_ino == there.st_ino)
        return err_make(ERR_CONFLICT,
            JOIN(mem, str_of(whole), S(" is the shop's own database: name another file")));
    if (!store_sqlite_is(mem, str_of(whole)))
        return err_make(ERR_CONFLICT,
            JOIN(mem, str_of(whole), S(" is no backup, so it is not written over")));
    return OK_ERR;
}

err store_sqlite_backup(struct store *base, struct arena *mem, str path, struct store_backup *b) {
    struct store_sqlite *s = (struct store_sqlite *)base;
    const char *whole = str_cz(mem, path);
    const char *part = str_cz(mem, JOIN(mem, path, S(".part")));
    const char *journal = str_cz(mem, JOIN(mem, path, S(".part-journal")));

    TRY(copy_over(s, mem, whole, b->replace));
    TRY(copy_room(s, mem, path));
    /* An empty file of ours, so that nobody else may read what is in it; a journal that a killed
     * copy left would be played into it. */
    if (unlink(journal) && errno != ENOENT)
        return copy_errno(mem, journal);
    unlink(part);
    int file = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return copy_errno(mem, part);
    close(file);
    err e = copy_into(s, mem, part, b);
    /* link, not rename: a file that is there is not written over. */
    if (e.code == ERR_NONE && (b->replace ? rename(part, whole) : link(part, whole)))
        e = copy_errno(mem, whole);
    unlink(part);
    unlink(journal);
    TRY(e);
    return disk_sync_folder(disk_folder(mem, path)) ? OK_ERR : copy_errno(mem, whole);
}

err store_sqlite_copy(struct store *base, struct arena *mem, str path) {
    struct store_backup b = {.now = 0};

    return store_sqlite_backup(base, mem, path, &b);
}
