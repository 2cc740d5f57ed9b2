#include "io/watch.h"

#include "io/world.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    QUIET_MS = 10,  /* nothing more for so long ends a burst */
    BURST_MS = 150, /* and this, whatever comes */
    FOLDERS = 4096,
    DEPTH = 16,
    NOTES = 1 << 14, /* bytes read at a time */
};

#define CHANGES                                                                                    \
    (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR \
        | IN_DONT_FOLLOW)

/* ---- folders ---- */

static bool is_hidden(str name) {
    return str_starts(name, S(".")) || str_ends(name, S("~"));
}

static bool has(struct watch_names all, str name) {
    for (size_t i = 0; i < all.count; i++)
        if (str_is(all.names[i], name))
            return true;
    return false;
}

/* An id beyond the table is below nothing. */
static bool is_below(const struct watch *w, int id) {
    return id >= 0 && id < WATCH_IDS && w->below[id / 8] & (1u << (id % 8));
}

static void set_below(struct watch *w, int id, bool below) {
    if (id >= WATCH_IDS)
        return;
    unsigned bit = 1u << (id % 8), others = w->below[id / 8] & ~bit;
    w->below[id / 8] = (unsigned char)(below ? others | bit : others);
}

struct walk {
    struct watch *watch;
    char path[PATH_MAX]; /* of the folder we are in */
    size_t count;
    bool apart;
    int why; /* errno of what stopped it */
};

static bool is_folder(const struct walk *k, const struct dirent *d) {
    struct stat s;
    if (d->d_type != DT_UNKNOWN)
        return d->d_type == DT_DIR;
    return !lstat(k->path, &s) && S_ISDIR(s.st_mode);
}

static void walk(struct walk *k, size_t depth);

/* k->path is put back. */
static void walk_into(struct walk *k, const struct dirent *d, size_t depth) {
    size_t len = strlen(k->path);
    str name = str_of(d->d_name);
    if (is_hidden(name) || (!depth && has(k->watch->without, name))
        || len + name.len + 2 > PATH_MAX)
        return;
    k->path[len] = '/';
    memcpy(k->path + len + 1, name.ptr, name.len);
    k->path[len + 1 + name.len] = 0;
    if (!depth)
        k->apart = has(k->watch->apart, name);
    if (is_folder(k, d))
        walk(k, depth + 1);
    k->path[len] = 0;
}

/* Watched before it is read: what comes in meanwhile is told. Once watched, again is no harm. */
static void walk(struct walk *k, size_t depth) {
    if (k->why || depth > DEPTH || k->count++ >= FOLDERS)
        return;
    int id = inotify_add_watch(k->watch->notes, k->path, CHANGES);
    if (id < 0) {
        /* Gone again, or not ours to read: not watched, and no reason to give up. */
        k->why = !depth || errno == ENOSPC || errno == ENOMEM ? errno : 0;
        return;
    }
    if (!depth)
        k->watch->top = id;
    set_below(k->watch, id, k->apart);
    DIR *d = opendir(k->path);
    for (const struct dirent *e; d && (e = readdir(d));)
        walk_into(k, e, depth);
    if (d)
        closedir(d);
}

static int walk_all(struct watch *w) {
    struct walk k = {.watch = w};
    if (w->dir.len >= PATH_MAX)
        return ENAMETOOLONG;
    memcpy(k.path, w->dir.ptr, w->dir.len);
    walk(&k, 0);
    return k.why;
}

/* ---- what the kernel tells ---- */

static bool is_apart(const struct watch *w, const struct inotify_event *n, str name) {
    return n->wd == w->top ? has(w->apart, name) : is_below(w, n->wd);
}

/* What is made counts at once, for links are never closed; a file still being written is told again
 * when it is. */
static bool is_news(struct watch *w, const struct inotify_event *n, bool *folders) {
    str name = n->len ? str_of(n->name) : S("");
    if (n->mask & IN_Q_OVERFLOW)
        return *folders = w->elsewhere = true;
    if (n->mask & IN_IGNORED || !name.len || is_hidden(name)
        || (n->wd == w->top && has(w->without, name)))
        return false;
    w->elsewhere |= !is_apart(w, n, name);
    if (n->mask & IN_ISDIR)
        return *folders = true;
    return true;
}

static bool drain(struct watch *w) {
    _Alignas(struct inotify_event) char bytes[NOTES];
    bool news = false, folders = false;
    ssize_t got;
    while ((got = read(w->notes, bytes, sizeof(bytes))) > 0)
        for (char *at = bytes; at < bytes + got;) {
            const struct inotify_event *n = (const void *)at;
            news = is_news(w, n, &folders) || news;
            at += sizeof(*n) + n->len;
        }
    if (folders)
        (void)walk_all(w);
    return news;
}

static void wait_quiet(struct watch *w) {
    int64_t now = clock_steady();
    if (!w->first)
        w->first = now;
    int64_t left = w->first + BURST_MS - now;
    left = left < 1 ? 1 : left > QUIET_MS ? QUIET_MS : left;
    struct itimerspec t = {.it_value.tv_nsec = left * 1000000};
    (void)timerfd_settime(w->timer, 0, &t, NULL);
}

bool watch_read(struct watch *w, bool *elsewhere) {
    uint64_t times;
    bool over = read(w->timer, &times, sizeof(times)) > 0;
    if (drain(w) && !over)
        wait_quiet(w);
    if (!over)
        return false;
    *elsewhere = w->elsewhere;
    w->elsewhere = false;
    w->first = 0;
    return true;
}

/* ---- opening ---- */

static int open_all(struct watch *w) {
    w->fd = epoll_create1(EPOLL_CLOEXEC);
    w->notes = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    w->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (w->fd < 0 || w->notes < 0 || w->timer < 0)
        return errno;
    const int fds[] = {w->notes, w->timer};
    for (size_t i = 0; i < COUNT(fds); i++) {
        struct epoll_event e = {.events = EPOLLIN};
        if (epoll_ctl(w->fd, EPOLL_CTL_ADD, fds[i], &e))
            return errno;
    }
    return walk_all(w);
}

err watch_open(struct arena *mem, str dir, struct watch_names without, struct watch_names apart,
    struct watch *out) {
    struct watch w = {.dir = dir, .without = without, .apart = apart};
    int why = open_all(&w);
    if (why) {
        watch_close(&w);
        return err_make(
            ERR_SETUP, JOIN(mem, S("the files cannot be watched: "),
                           why == ENOSPC   ? S("fs.inotify.max_user_watches are all in use")
                           : why == EMFILE ? S("fs.inotify.max_user_instances are all in use")
                                           : str_of(strerror(why))));
    }
    *out = w;
    return OK_ERR;
}

void watch_close(struct watch *w) {
    const int fds[] = {w->fd, w->notes, w->timer};
    for (size_t i = 0; i < COUNT(fds); i++)
        if (fds[i] > 0)
            close(fds[i]);
    *w = (struct watch){0};
}
