#include "io/log.h"

#include "io/world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    WAITING_MAX = 128 * 1024,
    HEAD_MAX = 80,
    LINE_BYTES = 2000,
    GATHER_US = 20 * 1000, /* between the first line and the write: one write for many */
    NOW_MS = 1000,
};

struct log {
    pthread_mutex_t lock;
    pthread_cond_t wake, ended;
    pthread_t thread;
    bool started, stopping, over, journal;
    char *waiting, *writing; /* of WAITING_MAX; they change places */
    size_t len;
    _Atomic int64_t dropped;
    int64_t told; /* of dropped */
};

/* systemd says which file its journal is: "device:inode". */
static bool is_journal(void) {
    const char *names = getenv("JOURNAL_STREAM");
    char here[64];
    struct stat is;
    if (!names || fstat(STDERR_FILENO, &is))
        return false;
    (void)snprintf(here, sizeof(here), "%llu:%llu", (unsigned long long)is.st_dev,
        (unsigned long long)is.st_ino);
    return !strcmp(here, names);
}

static const char *priority(str level) {
    static const struct {
        str level;
        const char *mark;
    } rows[] = {
        {S_INIT("fatal"), "<2>"}, {S_INIT("error"), "<3>"}, {S_INIT("warn"), "<4>"}};
    for (size_t i = 0; i < COUNT(rows); i++)
        if (str_is(rows[i].level, level))
            return rows[i].mark;
    return "<6>";
}

/* "<6>time=2026-11-27T10:00:00.123Z level=info " */
static size_t head(char *out, bool journal, str level) {
    instant now = clock_now();
    time_t seconds = (time_t)(now / 1000);
    struct tm t;
    gmtime_r(&seconds, &t);
    int size = snprintf(out, HEAD_MAX, "%stime=%04d-%02d-%02dT%02d:%02d:%02d.%03dZ level=%.*s ",
        journal ? priority(level) : "", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
        t.tm_min, t.tm_sec, (int)(now % 1000), (int)(level.len < 8 ? level.len : 8), level.ptr);
    return size > 0 && size < HEAD_MAX ? (size_t)size : 0;
}

static size_t compose(char *out, bool journal, str level, str pairs) {
    size_t at = head(out, journal, level);
    size_t fits = pairs.len < LINE_BYTES - at - 1 ? pairs.len : LINE_BYTES - at - 1;
    memcpy(out + at, pairs.ptr, fits);
    out[at + fits] = '\n';
    return at + fits + 1;
}

/* False: nobody takes it. A pipe may be non-blocking, and shared with others who made it so. */
static bool write_all(const char *bytes, size_t size, int wait_ms) {
    while (size) {
        struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
        if (wait_ms >= 0 && poll(&ready, 1, wait_ms) <= 0)
            return false;
        ssize_t put = write(STDERR_FILENO, bytes, size);
        if (put < 0 && errno == EAGAIN && wait_ms < 0)
            (void)poll(&ready, 1, NOW_MS);
        else if (put < 0 && errno != EINTR)
            return false;
        if (put > 0) {
            bytes += put;
            size -= (size_t)put;
        }
    }
    return true;
}

void log_now(str level, str pairs) {
    char line[LINE_BYTES];
    (void)write_all(line, compose(line, is_journal(), level, pairs), NOW_MS);
}

/* ---- the thread ---- */

/* With the lock held. */
static void tell_dropped(struct log *l) {
    char words[64];
    int64_t dropped = atomic_load(&l->dropped);
    if (dropped == l->told)
        return;
    int size = snprintf(words, sizeof(words), "what=log dropped=%lld", (long long)dropped);
    l->told = dropped;
    l->len += compose(l->waiting + l->len, l->journal, S("warn"), (str){words, (size_t)size});
}

static void *run(void *self) {
    struct log *l = self;
    pthread_mutex_lock(&l->lock);
    while (l->len || !l->stopping) {
        if (!l->len) {
            pthread_cond_wait(&l->wake, &l->lock);
            continue;
        }
        if (!l->stopping) {
            pthread_mutex_unlock(&l->lock);
            usleep(GATHER_US);
            pthread_mutex_lock(&l->lock);
        }
        tell_dropped(l);
        char *bytes = l->waiting;
        size_t size = l->len;
        l->waiting = l->writing;
        l->writing = bytes;
        l->len = 0;
        pthread_mutex_unlock(&l->lock);
        if (!write_all(bytes, size, -1))
            atomic_fetch_add(&l->dropped, 1);
        pthread_mutex_lock(&l->lock);
    }
    l->over = true;
    pthread_cond_broadcast(&l->ended);
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

/* ---- from outside ---- */

err log_new(struct log **out) {
    struct log *l = calloc(1, sizeof(*l));
    char *both = malloc(2 * (WAITING_MAX + LINE_BYTES));
    pthread_condattr_t steady;
    if (!l || !both)
        abort();
    l->waiting = both;
    l->writing = both + WAITING_MAX + LINE_BYTES;
    l->journal = is_journal();
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&l->wake, &steady);
    pthread_cond_init(&l->ended, &steady);
    *out = l;
    return OK_ERR;
}

err log_start(struct log *l) {
    if (pthread_create(&l->thread, NULL, run, l))
        return err_make(ERR_SETUP, S("the system gives no thread for the log"));
    l->started = true;
    return OK_ERR;
}

void log_add(struct log *l, str level, str pairs) {
    char line[LINE_BYTES];
    size_t size = compose(line, l->journal, level, pairs);
    pthread_mutex_lock(&l->lock);
    bool direct = !l->started || l->stopping;
    bool fits = !direct && l->len + size <= WAITING_MAX;
    if (fits) {
        memcpy(l->waiting + l->len, line, size);
        if (!l->len)
            pthread_cond_signal(&l->wake);
        l->len += size;
    }
    pthread_mutex_unlock(&l->lock);
    if (direct)
        (void)write_all(line, size, NOW_MS);
    else if (!fits)
        atomic_fetch_add(&l->dropped, 1);
}

void log_end(struct log *l, int64_t wait_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += wait_ms % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&l->lock);
    l->stopping = true;
    pthread_cond_signal(&l->wake);
    while (l->started && !l->over
           && pthread_cond_timedwait(&l->ended, &l->lock, &until) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&l->lock);
}

void log_free(struct log *l) {
    if (l->started)
        pthread_join(l->thread, NULL);
    free(l->waiting < l->writing ? l->waiting : l->writing);
    free(l);
}

int64_t log_dropped(const struct log *l) {
    return atomic_load(&l->dropped);
}

void log_keep_streams(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY);
}
