#include "base/arena.h"
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* What looks at the whole file: check and copy, each on a reading connection of its own. */

static err check_quick(struct sql *q, struct arena *mem) {
    str said = S("");

    TRY(sqlite_err(mem, q, sql_ask(q, mem, "PRAGMA quick_check(1)", S(""), &said), "quick_check"));
    return str_is(said, S("ok")) ? OK_ERR : err_make(ERR_CORRUPT, said);
}

static err check_file(struct store_sqlite *s, struct arena *mem, const char *path) {
    struct sql *q;

    TRY(sqlite_reader_open(s, mem, path, &q));
    err e = check_quick(q, mem);
    sql_close(q);
    return e;
}

err store_sqlite_check(struct store *base, struct arena *mem) {
    struct store_sqlite *s = (struct store_sqlite *)base;

    return check_file(s, mem, s->path);
}

static err copy_errno(struct arena *mem, const char *path) {
    return err_make(ERR_SETUP, JOIN(mem, str_of(path), S(": "), str_of(strerror(errno))));
}

/* VACUUM INTO does not fsync what it made. */
static err copy_sync(struct arena *mem, const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return copy_errno(mem, path);
    err e = fsync(file) ? copy_errno(mem, path) : OK_ERR;
    close(file);
    return e;
}

static err copy_into(struct store_sqlite *s, struct arena *mem, const char *path) {
    struct sql *q;
    str none = S("");

    TRY(sqlite_reader_open(s, mem, s->path, &q));
    err e = sqlite_err(mem, q, sql_ask(q, mem, "VACUUM INTO ?1", str_of(path), &none), "copy");
    sql_close(q);
    TRY(e);
    TRY(copy_sync(mem, path));
    return check_file(s, mem, path);
}

err store_sqlite_copy(struct store *base, struct arena *mem, str path) {
    struct store_sqlite *s = (struct store_sqlite *)base;
    const char *whole = str_cz(mem, path);
    const char *part = str_cz(mem, JOIN(mem, path, S(".part")));

    /* An empty file of ours, so that nobody else may read what is in it. */
    unlink(part);
    int file = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return copy_errno(mem, part);
    close(file);
    err e = copy_into(s, mem, part);
    /* link, not rename: a file that is there is not written over. */
    if (e.code == ERR_NONE && link(part, whole))
        e = copy_errno(mem, whole);
    unlink(part);
    TRY(e);
    return disk_sync_folder(disk_folder(mem, path)) ? OK_ERR : copy_errno(mem, whole);
}
