#include "io/output.h"

#include "base/arena.h"
#include "io/beneath.h"
#include "io/files.h"
#include "io/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MANIFEST_MOST = 1 << 28, PIECE = 64 * 1024, NAME_ROOM = 32 };

/* One file of this build. */
struct made {
    struct manifest_entry entry;
    size_t turn;   /* when it takes its place */
    size_t number; /* its name beside */
    bool same;     /* what is there already has these bytes */
    bool fresh;    /* nothing was there, perhaps not even the folder */
    bool placed;
    struct made *next;
};

struct output {
    struct arena *mem;
    str dir;
    int root, beside, lock; /* the folder, .grosz in it, the locked file in that */
    struct manifest old;
    str old_text;
    pthread_mutex_t guard; /* of mem and what follows, while files are put */
    struct made *last;     /* a chain backwards; what failed is in it */
    size_t count;
    char piece[PIECE]; /* of output_put_file */
};

static err failed(struct output *o, str doing, str path) {
    int why = errno;
    pthread_mutex_lock(&o->guard);
    str what = JOIN(o->mem, S("cannot "), doing, S(" "), o->dir, S("/"), path, S(": "),
        str_of(beneath_words(why)));
    pthread_mutex_unlock(&o->guard);
    return err_make(beneath_code(why), what);
}

static void beside_name(char name[NAME_ROOM], size_t number) {
    (void)snprintf(name, NAME_ROOM, "%zu.new", number);
}

/* ---- opening ---- */

static err manifest_open(struct output *o) {
    err e = files_read(o->mem, o->dir, S(".grosz/manifest"), MANIFEST_MOST, &o->old_text);
    if (e.code == ERR_ABSENT)
        return OK_ERR;
    TRY(e);
    e = manifest_read(o->mem, o->old_text, &o->old);
    return err_in(o->mem, e,
        JOIN(o->mem, o->dir,
            S("/.grosz/manifest says what the last build made, and does not read; remove the whole "
              "folder and build again: ")));
}

/* What a build that was killed has left beside. */
static err beside_clear(struct output *o) {
    const str *names = NULL;
    size_t count = 0;
    TRY(files_list(o->mem, o->dir, S(".grosz"), &names, &count));
    for (size_t i = 0; i < count; i++)
        if (str_ends(names[i], S(".new")) || str_ends(names[i], S(".tmp")))
            (void)unlinkat(o->beside, str_cz(o->mem, names[i]), 0);
    return OK_ERR;
}

static err folder_open(struct output *o) {
    o->root = open(str_cz(o->mem, o->dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (o->root < 0)
        return failed(o, S("open"), S(""));
    if (mkdirat(o->root, ".grosz", 0755) && errno != EEXIST)
        return failed(o, S("write into"), S(""));
    o->beside = openat(o->root, ".grosz", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (o->beside < 0)
        return failed(o, S("open"), S(".grosz"));
    o->lock = openat(o->beside, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (o->lock < 0)
        return failed(o, S("write"), S(".grosz/lock"));
    if (!flock(o->lock, LOCK_EX | LOCK_NB))
        return OK_ERR;
    if (errno == EWOULDBLOCK)
        return err_make(ERR_BUSY, JOIN(o->mem, S("another build is at work in "), o->dir,
                                      S("; nothing was changed. Try again when it is done.")));
    return failed(o, S("lock"), S(".grosz/lock"));
}

err output_open(struct arena *mem, str dir, struct output **out) {
    struct output *o = NEW(mem, struct output);
    *o = (struct output){.mem = mem, .dir = dir, .root = -1, .beside = -1, .lock = -1};
    pthread_mutex_init(&o->guard, NULL);
    (void)umask(022);
    err e =
        err_in(mem, files_make_dir(dir, S(""), 0755), JOIN(mem, S("cannot make "), dir, S(": ")));
    if (e.code == ERR_NONE)
        e = folder_open(o);
    if (e.code == ERR_NONE)
        e = beside_clear(o);
    if (e.code == ERR_NONE)
        e = manifest_open(o);
    if (e.code == ERR_NONE)
        *out = o;
    else
        output_close(o);
    return e;
}

/* ---- one file ---- */

/* Bytes to come: in memory, or read from a descriptor. */
struct source {
    str bytes;
    int fd; /* -1: bytes */
    off_t size;
    char *piece; /* for the descriptor's */
};

/* The next piece at an offset; nothing at the end, less than nothing on failure. */
static ssize_t source_read(const struct source *s, off_t at, const char **ptr) {
    size_t left = (size_t)(s->size - at);
    size_t want = left < PIECE ? left : PIECE;
    if (s->fd < 0) {
        *ptr = s->bytes.ptr + at;
        return (ssize_t)left;
    }
    *ptr = s->piece;
    ssize_t got;
    do
        got = pread(s->fd, s->piece, want, at);
    while (got < 0 && errno == EINTR);
    return got;
}

static bool has_bytes(int fd, const char *ptr, size_t size, off_t at) {
    char there[PIECE / 4];
    while (size) {
        size_t want = size < sizeof(there) ? size : sizeof(there);
        ssize_t got = pread(fd, there, want, at);
        if (got <= 0 || memcmp(there, ptr, (size_t)got) != 0)
            return false;
        ptr += got;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

static bool is_same(int fd, const struct source *s) {
    struct stat is;
    const char *ptr = NULL;
    if (fstat(fd, &is) || !S_ISREG(is.st_mode) || is.st_size != s->size)
        return false;
    for (off_t at = 0; at < s->size;) {
        ssize_t got = source_read(s, at, &ptr);
        if (got <= 0 || !has_bytes(fd, ptr, (size_t)got, at))
            return false;
        at += got;
    }
    return true;
}

static bool fill(int fd, const struct source *s) {
    const char *ptr = NULL;
    for (off_t at = 0; at < s->size;) {
        ssize_t got = source_read(s, at, &ptr);
        if (got == 0)
            errno = EIO; /* it became shorter while we read it */
        if (got <= 0)
            return false;
        ssize_t put = write(fd, ptr, (size_t)got);
        if (put < 0 && errno != EINTR)
            return false;
        at += put > 0 ? put : 0;
    }
    return true;
}

static err make_beside(struct output *o, str path, const struct source *s, size_t number) {
    char name[NAME_ROOM];
    beside_name(name, number);
    int fd = openat(o->beside, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return failed(o, S("write"), path);
    bool fine = fill(fd, s);
    int why = errno;
    fine = !close(fd) && fine;
    if (fine)
        return OK_ERR;
    (void)unlinkat(o->beside, name, 0);
    errno = why;
    return failed(o, S("write"), path);
}

static err refused(struct output *o, str path, str why) {
    pthread_mutex_lock(&o->guard);
    str what = JOIN(o->mem, o->dir, S("/"), path, why);
    pthread_mutex_unlock(&o->guard);
    return err_make(ERR_INVALID, what);
}

/* O_NONBLOCK: a pipe of that name must not stop us. */
static err look(struct output *o, struct made *m, const struct source *s) {
    const char *path = m->entry.path.ptr;
    int fd = openat(o->root, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    m->fresh = fd < 0 && errno == ENOENT;
    if (m->fresh)
        return OK_ERR;
    if (fd < 0 && errno != ENOTDIR)
        return failed(o, S("read"), str_of(path));
    m->same = fd >= 0 && is_same(fd, s);
    if (fd >= 0)
        close(fd);
    if (!m->same && !manifest_find(&o->old, str_of(path)))
        return refused(o, str_of(path),
            S(": what is there was not made by a build, so it is not replaced; nothing was "
              "changed. Move it away, or build into an empty folder with --to."));
    return OK_ERR;
}

static struct made *made_new(struct output *o, size_t turn, str path, bool lasting) {
    pthread_mutex_lock(&o->guard);
    struct made *m = NEW(o->mem, struct made);
    *m = (struct made){.turn = turn, .number = ++o->count, .next = o->last};
    m->entry.path = str_of(str_cz(o->mem, path));
    m->entry.mark = lasting ? MANIFEST_LASTING : MANIFEST_PAGE;
    o->last = m;
    pthread_mutex_unlock(&o->guard);
    return m;
}

static err put(struct output *o, size_t turn, str path, const struct source *s, bool lasting) {
    struct made *m = made_new(o, turn, path, lasting);
    if (!manifest_path_is(path))
        return refused(o, path, S(": this cannot be a file of the pages: rename what it is"));
    TRY(look(o, m, s));
    return m->same ? OK_ERR : make_beside(o, path, s, m->number);
}

err output_put(struct output *o, size_t turn, str path, str bytes, bool lasting) {
    const struct source s = {.bytes = bytes, .fd = -1, .size = (off_t)bytes.len};
    return put(o, turn, path, &s, lasting);
}

err output_put_file(struct output *o, str path, int fd) {
    struct stat is;
    if (fstat(fd, &is))
        return failed(o, S("read what becomes"), path);
    const struct source s = {.fd = fd, .size = is.st_size, .piece = o->piece};
    return put(o, 0, path, &s, false);
}

/* ---- all take their places ---- */

static err part_done(struct output *o, err e) {
    return err_in(o->mem, e, S("the pages are changed in part; mend this and build again: "));
}

/* The folders above the file, the deepest first: mostly only that one is missing. */
static bool folders_make(const struct output *o, str path) {
    char z[PATH_MAX];
    if (!beneath_cz(path, z))
        return false;
    char *end = strrchr(z, '/');
    if (!end)
        return true;
    *end = 0;
    if (!mkdirat(o->root, z, 0755) || errno == EEXIST)
        return true;
    return errno == ENOENT && folders_make(o, str_of(z))
           && (!mkdirat(o->root, z, 0755) || errno == EEXIST);
}

static err place(struct output *o, const struct made *m) {
    char name[NAME_ROOM];
    beside_name(name, m->number);
    if (!m->fresh && !renameat(o->beside, name, o->root, m->entry.path.ptr))
        return OK_ERR;
    if ((m->fresh || errno == ENOENT) && folders_make(o, m->entry.path)
        && !renameat(o->beside, name, o->root, m->entry.path.ptr))
        return OK_ERR;
    return part_done(o, failed(o, S("write"), m->entry.path));
}

/* The file, and the folders above it that are empty now. */
static void take_away(const struct output *o, str path) {
    char z[PATH_MAX];
    if (!beneath_cz(path, z) || unlinkat(o->root, z, 0))
        return;
    for (char *at; (at = strrchr(z, '/'));) {
        *at = 0;
        if (unlinkat(o->root, z, AT_REMOVEDIR))
            return;
    }
}

static err manifest_keep(struct output *o, const struct manifest *m) {
    str text = manifest_write(o->mem, m);
    if (str_is(text, o->old_text))
        return OK_ERR;
    TRY(err_in(o->mem, files_write(o->dir, S(".grosz/manifest"), text, 0644),
        JOIN(o->mem, S("cannot write "), o->dir, S("/.grosz/manifest: "))));
    o->old_text = text;
    return OK_ERR;
}

static int by_turn(const void *a, const void *b) {
    const struct made *x = *(const struct made *const *)a, *y = *(const struct made *const *)b;
    return x->turn == y->turn ? str_order(x->entry.path, y->entry.path)
                              : (x->turn > y->turn) - (x->turn < y->turn);
}

static struct made **in_turn(struct output *o) {
    struct made **all = arena_array(o->mem, o->count + 1, sizeof(struct made *));
    size_t count = 0;
    for (struct made *m = o->last; m; m = m->next)
        all[count++] = m;
    qsort(all, count, sizeof(struct made *), by_turn);
    return all;
}

static err new_manifest(struct output *o, struct made *const *all, struct manifest *out) {
    out->entries = arena_array(o->mem, o->count, sizeof(*out->entries));
    out->count = o->count;
    for (size_t i = 0; i < o->count; i++)
        out->entries[i] = all[i]->entry;
    return manifest_sort(o->mem, out);
}

err output_finish(struct output *o, struct output_counts *out) {
    struct manifest new, kept, gone;
    struct made **all = in_turn(o);
    TRY(new_manifest(o, all, &new));
    manifest_next(o->mem, &o->old, &new, &kept, &gone);
    /* Before the first file is in its place: whoever comes after a crash knows that it is ours. */
    struct manifest both = manifest_join(o->mem, &o->old, &new);
    TRY(manifest_keep(o, &both));
    *out = (struct output_counts){.removed = gone.count};
    for (size_t i = 0; i < o->count; i++) {
        if (!all[i]->same)
            TRY(place(o, all[i]));
        all[i]->placed = true;
        *(all[i]->same ? &out->unchanged : &out->written) += 1;
    }
    for (size_t i = 0; i < gone.count; i++)
        take_away(o, gone.entries[i].path);
    return part_done(o, manifest_keep(o, &kept));
}

/* What has not taken its place. */
void output_close(struct output *o) {
    for (const struct made *m = o->last; m; m = m->next) {
        char name[NAME_ROOM];
        beside_name(name, m->number);
        if (!m->placed)
            (void)unlinkat(o->beside, name, 0);
    }
    pthread_mutex_destroy(&o->guard);
    const int fds[] = {o->lock, o->beside, o->root};
    for (size_t i = 0; i < COUNT(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
}
