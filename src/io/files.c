#include "io/files.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "io/beneath.h"
#include "io/world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { FOLDER_MODE = 0755, TURN_MAX = 1 << 30 };

static err failed(struct arena *mem, str doing, str path) {
    return err_make(beneath_code(errno),
        JOIN(mem, S("cannot "), doing, S(" "), path, S(": "), str_of(beneath_words(errno))));
}

/* The same where no arena is at hand: the words are a literal. */
static err failed_short(void) {
    return err_make(beneath_code(errno), str_of(beneath_words(errno)));
}

static ssize_t read_whole(int fd, char *bytes, size_t room) {
    size_t done = 0;
    while (done < room) {
        size_t turn = room - done < TURN_MAX ? room - done : TURN_MAX;
        ssize_t got = read(fd, bytes + done, turn);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (!got)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static str size_words(struct arena *mem, size_t size) {
    bool mega = size >= 1 << 20;
    return JOIN(
        mem, str_int(mem, (int64_t)(mega ? size >> 20 : size)), mega ? S(" MiB") : S(" bytes"));
}

static err file_is(struct arena *mem, int fd, str path, struct stat *is) {
    if (fstat(fd, is))
        return failed(mem, S("read"), path);
    if (!S_ISREG(is->st_mode))
        return err_make(ERR_INVALID, JOIN(mem, path, S(" is not a file")));
    return OK_ERR;
}

static err read_open(struct arena *mem, int fd, str path, size_t size_max, str *out) {
    struct stat is;
    TRY(file_is(mem, fd, path, &is));
    if ((uint64_t)is.st_size > size_max)
        return err_make(
            ERR_TOO_BIG, JOIN(mem, path, S(" is larger than "), size_words(mem, size_max)));
    char *bytes = arena_take(mem, (size_t)is.st_size + 1);
    ssize_t got = read_whole(fd, bytes, (size_t)is.st_size);
    if (got < 0)
        return failed(mem, S("read"), path);
    *out = (str){bytes, (size_t)got};
    return OK_ERR;
}

/* O_NONBLOCK: a FIFO in the folder must not stop us. */
static err open_to_read(struct arena *mem, str dir, str path, int *fd) {
    int got = beneath_open(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (got < 0)
        return failed(mem, S("read"), path);
    *fd = got;
    return OK_ERR;
}

err files_read(struct arena *mem, str dir, str path, size_t size_max, str *out) {
    int fd = -1;
    TRY(open_to_read(mem, dir, path, &fd));
    err e = read_open(mem, fd, path, size_max, out);
    close(fd);
    return e;
}

err files_read_text(struct arena *mem, str dir, str path, size_t size_max, str *out) {
    str text = {0};
    TRY(files_read(mem, dir, path, size_max, &text));
    if (!utf8_is(text))
        return err_make(ERR_INVALID, S("this is not UTF-8: save it as UTF-8"));
    *out = text_lines(mem, text);
    return OK_ERR;
}

err files_read_anywhere(
    struct arena *mem, str dir, str path, size_t size_max, str *out, unsigned *mode) {
    struct stat is;
    int fd = -1;
    if (!str_starts(path, S("/")))
        TRY(open_to_read(mem, dir, path, &fd));
    else if ((fd = open(str_cz(mem, path), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) < 0)
        return failed(mem, S("read"), path);
    err e = file_is(mem, fd, path, &is);
    if (e.code == ERR_NONE)
        e = read_open(mem, fd, path, size_max, out);
    if (e.code == ERR_NONE)
        *mode = is.st_mode & 07777;
    close(fd);
    return e;
}

err files_peek(struct arena *mem, str dir, str path, size_t size, str *out, uint64_t *whole) {
    struct stat is;
    int fd = beneath_open(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return failed(mem, S("read"), path);
    char *bytes = arena_take(mem, size);
    bool file = !fstat(fd, &is) && S_ISREG(is.st_mode);
    ssize_t got = file ? read_whole(fd, bytes, size) : 0;
    close(fd);
    if (!file)
        return err_make(ERR_INVALID, JOIN(mem, path, S(" is not a file")));
    if (got < 0)
        return failed(mem, S("read"), path);
    *out = (str){bytes, (size_t)got};
    *whole = (uint64_t)is.st_size;
    return OK_ERR;
}

err files_open(struct arena *mem, str dir, str path, int *fd) {
    int got = -1;
    struct stat is;
    TRY(open_to_read(mem, dir, path, &got));
    err e = file_is(mem, got, path, &is);
    if (e.code == ERR_NONE)
        *fd = got;
    else
        close(got);
    return e;
}

struct file_mark file_mark_of(struct arena *mem, const struct stat *is) {
    struct buf b = buf_new(mem, 80);
    buf_format(&b, "\"%llx-%llx-%llx%09lx\"", (unsigned long long)is->st_ino,
        (unsigned long long)is->st_size, (unsigned long long)is->st_mtim.tv_sec,
        (unsigned long)is->st_mtim.tv_nsec);
    return (struct file_mark){.etag = buf_str(&b),
        .size = (uint64_t)is->st_size,
        .changed = (instant)is->st_mtim.tv_sec * TIME_SECOND};
}

err files_mark(struct arena *mem, str dir, str path, struct file_mark *out) {
    struct stat is;
    int fd = -1;
    TRY(files_open(mem, dir, path, &fd));
    err e = file_is(mem, fd, path, &is);
    close(fd);
    if (e.code == ERR_NONE)
        *out = file_mark_of(mem, &is);
    return e;
}

void files_close(int fd) {
    close(fd);
}

/* ---- writing ---- */

static bool write_whole(int fd, str bytes) {
    while (bytes.len) {
        ssize_t put = write(fd, bytes.ptr, bytes.len < TURN_MAX ? bytes.len : TURN_MAX);
        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0)
            bytes = str_from(bytes, (size_t)put);
    }
    return true;
}

/* Writes and closes; errno says why not. */
static bool fill_and_close(int fd, str bytes, unsigned mode) {
    bool fine = write_whole(fd, bytes) && !fchmod(fd, mode) && !fsync(fd);
    int why = errno;
    fine = !close(fd) && fine;
    if (!fine)
        errno = why;
    return fine;
}

static bool replace(int folder, const char *name, str bytes, unsigned mode) {
    char beside[64];
    (void)snprintf(beside, sizeof(beside), ".%016llx.tmp", (unsigned long long)dice_throw());
    int fd = openat(folder, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    if (fill_and_close(fd, bytes, mode) && !renameat(folder, beside, folder, name))
        return !fsync(folder);
    int why = errno;
    (void)unlinkat(folder, beside, 0);
    errno = why;
    return false;
}

err files_make_dir(str dir, str path, unsigned mode) {
    int at = path.len ? beneath_make(dir, path, mode) : beneath_make_top(dir, mode);
    if (at < 0)
        return failed_short();
    close(at);
    return OK_ERR;
}

err files_remove(str dir, str path) {
    str above, name;
    char name_z[PATH_MAX];
    beneath_split(path, &above, &name);
    if (!name.len || !beneath_cz(name, name_z))
        return err_make(ERR_INVALID, S("this is no name of a file"));
    int folder = beneath_open(dir, above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return failed_short();
    err e = unlinkat(folder, name_z, 0) ? failed_short() : OK_ERR;
    close(folder);
    return e;
}

err files_write(str dir, str path, str bytes, unsigned mode) {
    str above, name;
    char name_z[NAME_MAX + 1];
    beneath_split(path, &above, &name);
    if (!name.len || name.len > NAME_MAX || memchr(name.ptr, 0, name.len))
        return err_make(ERR_INVALID, S("this is no name of a file"));
    memcpy(name_z, name.ptr, name.len);
    name_z[name.len] = 0;
    int folder = beneath_make(dir, above, FOLDER_MODE);
    if (folder < 0)
        return failed_short();
    bool fine = replace(folder, name_z, bytes, mode);
    err e = fine ? OK_ERR : failed_short();
    close(folder);
    return e;
}

/* ---- looking ---- */

static bool is_mode(str dir, str path, mode_t mode) {
    struct stat is;
    int fd = beneath_open(dir, path, O_PATH);
    bool yes = fd >= 0 && !fstat(fd, &is) && (is.st_mode & S_IFMT) == mode;
    if (fd >= 0)
        close(fd);
    return yes;
}

bool files_is(str dir, str path) {
    return is_mode(dir, path, S_IFREG);
}
bool files_is_dir(str dir, str path) {
    return is_mode(dir, path, S_IFDIR);
}

str files_other_owner(struct arena *mem, str dir, str path) {
    struct stat is;
    const struct passwd *user = NULL;
    int fd = geteuid() ? -1 : beneath_open(dir, path, O_PATH);
    if (fd >= 0 && !fstat(fd, &is) && is.st_uid)
        user = getpwuid(is.st_uid);
    if (fd >= 0)
        close(fd);
    return user ? str_copy(mem, str_of(user->pw_name)) : S("");
}

struct name {
    str text;
    struct name *next;
};

static int by_bytes(const void *a, const void *b) {
    return str_order(*(const str *)a, *(const str *)b);
}

static void close_dir(void *handle) {
    closedir(handle);
}

err files_list(struct arena *mem, str dir, str path, const str **names, size_t *count) {
    int fd = beneath_open(dir, path, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return failed(mem, S("list"), path);
    DIR *folder = fdopendir(fd);
    if (!folder) {
        close(fd);
        return failed(mem, S("list"), path);
    }
    struct name *first = 0;
    size_t n = 0;
    for (const struct dirent *e; (e = readdir(folder));) {
        str text = str_of(e->d_name);
        if (str_is(text, S(".")) || str_is(text, S("..")))
            continue;
        struct name *one = NEW(mem, struct name);
        *one = (struct name){str_copy(mem, text), first};
        first = one;
        n++;
    }
    close_dir(folder);
    str *list = arena_array(mem, n, sizeof(*list));
    size_t i = 0;
    for (; first; first = first->next)
        list[i++] = first->text;
    if (n)
        qsort(list, n, sizeof(*list), by_bytes);
    *names = list;
    *count = n;
    return OK_ERR;
}

err files_path(struct arena *mem, str dir, str path, str *out) {
    char real[PATH_MAX];
    if (!beneath_real(dir, path, real)) {
        str above, name;
        beneath_split(path, &above, &name);
        /* What is yet to be made stands in a folder that is there. */
        bool fresh = errno == ENOENT && name.len && !str_is(name, S(".."))
                     && !beneath_is_link(dir, path) && beneath_real(dir, above, real);
        if (!fresh)
            return failed(mem, S("find"), path);
        *out = JOIN(mem, str_of(real), S("/"), name);
        return OK_ERR;
    }
    *out = str_copy(mem, str_of(real));
    return OK_ERR;
}

int64_t files_free(str dir) {
    struct statvfs is;
    char z[PATH_MAX];
    if (!beneath_cz(dir, z) || statvfs(z, &is))
        return -1;
    return (int64_t)((uint64_t)is.f_bavail * is.f_frsize);
}
