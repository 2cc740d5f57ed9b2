#include "io/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ABOVE_MODE = 0755 };

/* What errno means for somebody who reads and writes a folder. */
static const struct reason {
    int why;
    enum err_code code;
    const char *words;
} reasons[] = {
    {ENOENT, ERR_ABSENT, "it is not there"},
    {ENOTDIR, ERR_ABSENT, "a file is where a folder should be"},
    {EXDEV, ERR_INVALID, "it lies outside of the folder"},
    {ELOOP, ERR_INVALID, "its links lead nowhere"},
    {EISDIR, ERR_INVALID, "it is a folder"},
    {EEXIST, ERR_INVALID, "something else has that name"},
    {ENAMETOOLONG, ERR_INVALID, "the name is too long"},
    {EINVAL, ERR_INVALID, "this is no name of a file"},
    {ENOSPC, ERR_FULL, "the disk is full"},
    {EDQUOT, ERR_FULL, "the disk quota is used up"},
    {EFBIG, ERR_FULL, "the file is larger than allowed"},
    {EACCES, ERR_SETUP, "no permission"},
    {EPERM, ERR_SETUP, "no permission"},
    {EROFS, ERR_SETUP, "the file system is read-only"},
    {EMFILE, ERR_BUSY, "too many open files"},
    {ENFILE, ERR_BUSY, "too many open files"},
    {EIO, ERR_SETUP, "the disk does not answer properly"},
};

static const struct reason *reason_of(int why) {
    static const struct reason other = {0, ERR_SETUP, "the system refuses it"};
    for (size_t i = 0; i < COUNT(reasons); i++)
        if (reasons[i].why == why)
            return &reasons[i];
    return &other;
}

enum err_code beneath_code(int why) {
    return reason_of(why)->code;
}
const char *beneath_words(int why) {
    return reason_of(why)->words;
}

bool beneath_cz(str text, char z[PATH_MAX]) {
    bool inside = text.len && memchr(text.ptr, 0, text.len);
    if (inside || text.len >= PATH_MAX) {
        errno = inside ? EINVAL : ENAMETOOLONG;
        return false;
    }
    if (text.len)
        memcpy(z, text.ptr, text.len);
    z[text.len] = 0;
    if (!text.len)
        memcpy(z, ".", 2);
    return true;
}

void beneath_split(str path, str *above, str *name) {
    size_t at = path.len;
    while (at && path.ptr[at - 1] != '/')
        at--;
    *name = str_from(path, at);
    while (at && path.ptr[at - 1] == '/')
        at--;
    *above = str_part(path, 0, at);
}

static int open_dir(str dir) {
    char z[PATH_MAX];
    return beneath_cz(dir, z) ? open(z, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

static bool join(str dir, str path, char z[PATH_MAX]) {
    char below[PATH_MAX];
    if (!beneath_cz(dir, z) || !beneath_cz(path, below))
        return false;
    size_t size = strlen(z), more = strlen(below);
    if (below[0] == '/') {
        errno = EXDEV;
        return false;
    }
    if (size + 1 + more >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    z[size] = '/';
    memcpy(z + size + 1, below, more + 1);
    return true;
}

bool beneath_real(str dir, str path, char real[PATH_MAX]) {
    char top[PATH_MAX], whole[PATH_MAX], z[PATH_MAX];
    if (!beneath_cz(dir, z) || !realpath(z, top) || !join(dir, path, whole)
        || !realpath(whole, real))
        return false;
    str within = str_of(top), found = str_of(real);
    bool root = str_is(within, S("/"));
    bool below = str_starts(found, within)
                 && (root || found.len == within.len || found.ptr[within.len] == '/');
    if (!below)
        errno = EXDEV;
    return below;
}

bool beneath_is_link(str dir, str path) {
    char whole[PATH_MAX];
    struct stat is;
    return join(dir, path, whole) && !lstat(whole, &is) && S_ISLNK(is.st_mode);
}

/* For kernels before 5.6 and sandboxes that do not know the call. */
static int open_compared(str dir, str path, int flags) {
    char real[PATH_MAX];
    if (!beneath_real(dir, path, real))
        return -1;
    return open(real, flags | O_CLOEXEC | O_NOFOLLOW);
}

int beneath_open(str dir, str path, int flags) {
    char z[PATH_MAX];
    if (!beneath_cz(path, z))
        return -1;
    int top = open_dir(dir);
    if (top < 0)
        return -1;
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long fd = -1;
    /* EAGAIN: something was renamed meanwhile, so the kernel could not be sure. */
    for (int i = 0; i < 16 && fd < 0 && (!i || errno == EAGAIN); i++)
        fd = syscall(SYS_openat2, top, z, &how, sizeof(how));
    int why = errno;
    close(top);
    errno = why;
    if (fd < 0 && (why == ENOSYS || why == EPERM))
        return open_compared(dir, path, flags);
    return (int)fd;
}

/* One folder inside an open one, made if need be. */
static int step(str dir, str upto, int above, const char *name, unsigned mode) {
    if (!mkdirat(above, name, mode)) {
        if (fchmodat(above, name, mode, 0) || fsync(above))
            return -1;
    } else if (errno != EEXIST) {
        return -1;
    }
    return beneath_open(dir, upto, O_RDONLY | O_DIRECTORY);
}

static bool leads_up(str path) {
    str rest = path, piece;
    while (str_cut(&rest, '/', &piece))
        if (str_is(piece, S("..")))
            return true;
    return str_starts(path, S("/"));
}

int beneath_make(str dir, str path, unsigned mode) {
    str rest = path, piece;
    if (leads_up(path)) {
        errno = EXDEV;
        return -1;
    }
    int at = beneath_open(dir, S(""), O_RDONLY | O_DIRECTORY);
    while (at >= 0 && str_cut(&rest, '/', &piece)) {
        char name[PATH_MAX];
        str upto = str_part(path, 0, (size_t)(piece.ptr - path.ptr) + piece.len);
        if (!piece.len || str_is(piece, S(".")))
            continue;
        int next =
            beneath_cz(piece, name) ? step(dir, upto, at, name, rest.len ? ABOVE_MODE : mode) : -1;
        int why = errno;
        close(at);
        errno = why;
        at = next;
    }
    return at;
}

int beneath_make_top(str dir, unsigned mode) {
    char z[PATH_MAX];
    if (!beneath_cz(dir, z))
        return -1;
    for (char *at = z + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = 0;
        if (mkdir(z, ABOVE_MODE) && errno != EEXIST)
            return -1;
        *at = '/';
    }
    if (mkdir(z, mode) ? errno != EEXIST : chmod(z, mode) != 0)
        return -1;
    return open(z, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}
