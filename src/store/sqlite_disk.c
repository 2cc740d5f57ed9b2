#include "store/sqlite_disk.h"

#include "base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

const char *disk_folder(struct arena *mem, str path) {
    size_t len = path.len;

    while (len && path.ptr[len - 1] != '/')
        len--;
    return len ? str_cz(mem, str_part(path, 0, len)) : ".";
}

static err disk_is_held(struct arena *mem, int lock, str path) {
    char pid[32];
    ssize_t len = pread(lock, pid, sizeof pid, 0);
    str holder = str_trim((str){pid, len > 0 ? (size_t)len : 0});

    return err_make(ERR_BUSY,
        JOIN(mem, path, S(" is in use by process "), holder.len ? holder : S("(not known yet)"),
            S(": the shop runs already. `grosz reload` makes it read its files again; end it "
              "(`kill "),
            holder, S("`) to start another")));
}

static err disk_lock(struct arena *mem, str path, int *out) {
    const char *name = str_cz(mem, JOIN(mem, path, S(".lock")));
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (lock < 0)
        return err_make(ERR_SETUP,
            JOIN(mem, S("cannot make "), str_of(name), S(": "), str_of(strerror(errno)),
                S(". `ls -ld` and `findmnt -T "), str_of(name),
                S("` show whose folder it is and whether its disk may be written")));
    if (flock(lock, LOCK_EX | LOCK_NB)) {
        err e = disk_is_held(mem, lock, path);
        close(lock);
        return e;
    }
    str pid = JOIN(mem, str_int(mem, getpid()), S("\n"));
    /* The name in it is a courtesy: on a full disk the lock is held without. */
    if (ftruncate(lock, 0) || pwrite(lock, pid.ptr, pid.len, 0) != (ssize_t)pid.len)
        (void)!ftruncate(lock, 0);
    *out = lock;
    return OK_ERR;
}

err disk_open(struct arena *mem, str path, size_t reserve_size, struct disk *out) {
    int lock = -1;

    TRY(disk_lock(mem, path, &lock));
    /* Before SQLite has it open: closing any descriptor of the file drops its fcntl locks. */
    int file = open(str_cz(mem, path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        str why = str_of(strerror(errno));
        close(lock);
        return err_make(ERR_SETUP,
            JOIN(mem, S("cannot open "), path, S(": "), why, S(". `ls -ld "), path,
                S("` shows what is there: it must be a file that this user may write")));
    }
    close(file);
    *out = (struct disk){
        .lock = lock,
        .folder = disk_folder(mem, path),
        .reserve = str_cz(mem, JOIN(mem, path, S(".reserve"))),
        .reserve_size = reserve_size,
    };
    return OK_ERR;
}

void disk_close(struct disk *d) {
    close(d->lock);
    d->lock = -1;
}

bool disk_reserve(const struct disk *d) {
    int file = open(d->reserve, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (file < 0)
        return false;
    bool made = !posix_fallocate(file, 0, (off_t)d->reserve_size);
    close(file);
    if (!made)
        disk_release(d);
    return made;
}

void disk_release(const struct disk *d) {
    unlink(d->reserve);
}

bool disk_has_bytes(const struct disk *d, uint64_t bytes) {
    struct statvfs v;

    if (statvfs(d->folder, &v))
        return true; /* not known: the write itself will tell */
    return (uint64_t)v.f_bavail * v.f_frsize >= bytes;
}

bool disk_has_room(const struct disk *d, size_t times) {
    return disk_has_bytes(d, (uint64_t)d->reserve_size * times);
}

static bool renew(int file) {
    char bytes[64 * 1024];
    off_t at = 0;
    ssize_t len;

    while ((len = pread(file, bytes, sizeof bytes, at)) > 0) {
        if (pwrite(file, bytes, (size_t)len, at) != len)
            return false;
        at += len;
    }
    return !len && !fsync(file);
}

bool disk_renew(const char *path) {
    int file = open(path, O_RDWR | O_CLOEXEC);

    if (file < 0)
        return errno == ENOENT;
    bool renewed = renew(file);
    close(file);
    return renewed;
}

bool disk_sync_folder(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && !fsync(fd);

    if (fd >= 0)
        close(fd);
    return synced;
}
