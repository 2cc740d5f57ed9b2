#include "sim/vfs_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the store asks the system itself, beside SQLite: to copy, rename, look at and sync files.
 * The linker leads these calls here (--wrap, in meson.build); what is not of our folder goes on to
 * the system, as do the lock and the reserve, which are no part of what is kept. */

enum { FIRST = 1 << 20, HANDLES = 16, DEVICE = 0x51 };

static struct {
    const char *folder;
    size_t folder_len;
    struct handle {
        struct image *image; /* null: the folder */
        int64_t at;
        bool taken;
    } handles[HANDLES];
} state;

int __real_open64(const char *path, int flags, ...);
int __real_close(int fd);
ssize_t __real_read(int fd, void *to, size_t size);
ssize_t __real_write(int fd, const void *from, size_t size);
ssize_t __real_pread64(int fd, void *to, size_t size, off_t at);
ssize_t __real_pwrite64(int fd, const void *from, size_t size, off_t at);
int __real_fsync(int fd);
int __real_fstat64(int fd, struct stat *out);
int __real_stat64(const char *path, struct stat *out);
int __real_access(const char *path, int mode);
int __real_unlink(const char *path);
int __real_link(const char *from, const char *to);
int __real_rename(const char *from, const char *to);

int __wrap_open64(const char *path, int flags, ...);
int __wrap_close(int fd);
ssize_t __wrap_read(int fd, void *to, size_t size);
ssize_t __wrap_write(int fd, const void *from, size_t size);
ssize_t __wrap_pread64(int fd, void *to, size_t size, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *from, size_t size, off_t at);
int __wrap_fsync(int fd);
int __wrap_fstat64(int fd, struct stat *out);
int __wrap_stat64(const char *path, struct stat *out);
int __wrap_access(const char *path, int mode);
int __wrap_unlink(const char *path);
int __wrap_link(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

void vfs_folder(const char *folder) {
    state.folder = folder;
    state.folder_len = strlen(folder);
}

static bool ends(const char *path, const char *end) {
    size_t len = strlen(path), end_len = strlen(end);
    return len >= end_len && !strcmp(path + len - end_len, end);
}

static bool is_ours(const char *path) {
    return state.folder_len && !strncmp(path, state.folder, state.folder_len)
           && path[state.folder_len] == '/' && !ends(path, ".lock") && !ends(path, ".reserve");
}

static struct handle *handle_of(int fd) {
    return fd >= FIRST ? &state.handles[fd - FIRST] : NULL;
}

/* 0, or -1 with errno. */
static int fault(bool sync) {
    static const int codes[] = {[VFS_FINE] = 0,
        [VFS_POWER] = EIO,
        [VFS_KILL] = EIO,
        [VFS_WRITE_ERROR] = EIO,
        [VFS_SYNC_ERROR] = EIO,
        [VFS_NO_SPACE] = ENOSPC};
    errno = codes[vfs_fault(sync)];
    return errno ? -1 : 0;
}

static int missing(void) {
    errno = ENOENT;
    return -1;
}

/* ---- open and close ---- */

static int handle_new(struct image *i) {
    int k = 0;
    while (state.handles[k].taken)
        if (++k == HANDLES)
            abort();
    state.handles[k] = (struct handle){.image = i, .taken = true};
    if (i)
        i->held++;
    return FIRST + k;
}

static int file_open(const char *path, int flags) {
    struct image *i = image_find(path);
    if (vfs_is_dark())
        return fault(false);
    if (!path[state.folder_len + 1])
        return handle_new(NULL);
    if (i && flags & O_EXCL) {
        errno = EEXIST;
        return -1;
    }
    if (!i && !(flags & O_CREAT))
        return missing();
    if (!i && fault(false))
        return -1;
    return handle_new(i ? i : image_make(path));
}

int __wrap_open64(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    int mode = flags & O_CREAT ? va_arg(list, int) : 0;
    va_end(list);
    return is_ours(path) ? file_open(path, flags) : __real_open64(path, flags, mode);
}

int __wrap_close(int fd) {
    struct handle *h = handle_of(fd);
    if (!h)
        return __real_close(fd);
    if (h->image)
        h->image->held--;
    h->taken = false;
    return 0;
}

/* ---- bytes ---- */

static ssize_t bytes_read(const struct handle *h, void *to, size_t size, off_t at) {
    if (vfs_is_dark())
        return fault(false);
    return image_read(h->image, at, to, (int64_t)size);
}

static ssize_t bytes_write(const struct handle *h, const void *from, size_t size, off_t at) {
    if (fault(false))
        return -1;
    image_write(h->image, at, from, (int64_t)size);
    return (ssize_t)size;
}

ssize_t __wrap_pread64(int fd, void *to, size_t size, off_t at) {
    const struct handle *h = handle_of(fd);
    return h ? bytes_read(h, to, size, at) : __real_pread64(fd, to, size, at);
}

ssize_t __wrap_pwrite64(int fd, const void *from, size_t size, off_t at) {
    const struct handle *h = handle_of(fd);
    return h ? bytes_write(h, from, size, at) : __real_pwrite64(fd, from, size, at);
}

ssize_t __wrap_read(int fd, void *to, size_t size) {
    struct handle *h = handle_of(fd);
    if (!h)
        return __real_read(fd, to, size);
    ssize_t got = bytes_read(h, to, size, h->at);
    h->at += got > 0 ? got : 0;
    return got;
}

ssize_t __wrap_write(int fd, const void *from, size_t size) {
    struct handle *h = handle_of(fd);
    if (!h)
        return __real_write(fd, from, size);
    ssize_t put = bytes_write(h, from, size, h->at);
    h->at += put > 0 ? put : 0;
    return put;
}

int __wrap_fsync(int fd) {
    const struct handle *h = handle_of(fd);
    if (!h)
        return __real_fsync(fd);
    if (fault(true)) {
        if (h->image && !vfs_is_dark())
            image_sync_fails(h->image);
        errno = EIO;
        return -1;
    }
    if (h->image)
        image_sync(h->image);
    else
        names_sync();
    return 0;
}

/* ---- names ---- */

static int look(const struct image *i, struct stat *out) {
    if (vfs_is_dark())
        return fault(false);
    if (!i)
        return missing();
    *out = (struct stat){
        .st_mode = S_IFREG | 0600, .st_dev = DEVICE, .st_ino = i->number, .st_size = i->now.size};
    return 0;
}

int __wrap_fstat64(int fd, struct stat *out) {
    const struct handle *h = handle_of(fd);
    return h ? look(h->image, out) : __real_fstat64(fd, out);
}

int __wrap_stat64(const char *path, struct stat *out) {
    return is_ours(path) ? look(image_find(path), out) : __real_stat64(path, out);
}

int __wrap_access(const char *path, int mode) {
    struct stat is;
    return is_ours(path) ? look(image_find(path), &is) : __real_access(path, mode);
}

int __wrap_unlink(const char *path) {
    if (!is_ours(path))
        return __real_unlink(path);
    if (!vfs_is_dark() && !image_find(path))
        return missing();
    if (fault(false))
        return -1;
    return name_drop(path) ? 0 : missing();
}

int __wrap_link(const char *from, const char *to) {
    if (!is_ours(to))
        return __real_link(from, to);
    if (fault(false))
        return -1;
    if (name_link(from, to))
        return 0;
    errno = image_find(to) ? EEXIST : ENOENT;
    return -1;
}

int __wrap_rename(const char *from, const char *to) {
    if (!is_ours(to))
        return __real_rename(from, to);
    if (fault(false))
        return -1;
    return name_move(from, to) ? 0 : missing();
}
