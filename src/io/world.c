#include "io/world.h"

#include "base/arena.h"
#include "io/files.h"

#include <errno.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { SECRET_MAX = 64 * 1024, DICE = 256 };

static int64_t read_clock(clockid_t clock) {
    struct timespec t;
    if (clock_gettime(clock, &t))
        abort();
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

instant clock_now(void) {
    return read_clock(CLOCK_REALTIME);
}
int64_t clock_steady(void) {
    return read_clock(CLOCK_MONOTONIC);
}
int64_t clock_fine(void) {
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t))
        abort();
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

err clock_tick(int64_t every_ms, int *fd) {
    struct timespec every = {.tv_sec = every_ms / 1000, .tv_nsec = every_ms % 1000 * 1000000};
    struct itimerspec t = {.it_interval = every, .it_value = every};
    int made = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (made < 0 || timerfd_settime(made, 0, &t, 0))
        return err_make(ERR_SETUP, S("no descriptor for the clock"));
    *fd = made;
    return OK_ERR;
}

void clock_tick_read(int fd) {
    uint64_t times;
    ssize_t got = read(fd, &times, sizeof(times));
    (void)got;
}

void dice_fill(void *bytes, size_t size) {
    char *at = bytes;
    while (size) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno != EINTR)
            abort(); /* without dice no id and no key is safe */
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        }
    }
}

uint64_t dice_throw(void) {
    static _Thread_local unsigned char cup[DICE];
    static _Thread_local size_t left;
    uint64_t number;
    if (left < sizeof(number)) {
        dice_fill(cup, sizeof(cup));
        left = sizeof(cup);
    }
    left -= sizeof(number);
    memcpy(&number, cup + left, sizeof(number));
    memset(cup + left, 0, sizeof(number));
    return number;
}

/* A name is part of a path: letters, digits and _ only. */
static bool is_name(str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool fine = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9' && i) || (c == '_' && i);
        if (!fine)
            return false;
    }
    return name.len > 0;
}

static err absent(struct arena *mem, str name) {
    return err_make(ERR_ABSENT, JOIN(mem, name, S(" is not set")));
}

err world_secret(struct arena *mem, str name, str *out) {
    if (!is_name(name))
        return absent(mem, name);
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    str text = {0};
    err e = err_make(ERR_ABSENT, name);
    if (dir && *dir)
        e = files_read(mem, str_of(dir), name, SECRET_MAX, &text);
    if (e.code != ERR_NONE && e.code != ERR_ABSENT)
        return e;
    if (e.code == ERR_NONE && str_ends(text, S("\n")))
        text.len--;
    if (e.code == ERR_ABSENT) {
        const char *value = getenv(str_cz(mem, name));
        text = value ? str_copy(mem, str_of(value)) : text;
    }
    /* An empty one is a forgotten one: an empty key would sign for everybody. */
    if (!text.len)
        return absent(mem, name);
    *out = text;
    return OK_ERR;
}

err signal_open(int *fd) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (pthread_sigmask(SIG_BLOCK, &set, 0))
        return err_make(ERR_SETUP, S("signals cannot be blocked"));
    int made = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (made < 0)
        return err_make(ERR_SETUP, S("no descriptor for signals"));
    *fd = made;
    return OK_ERR;
}

int signal_read(int fd) {
    struct signalfd_siginfo got;
    ssize_t size = read(fd, &got, sizeof(got));
    return size == (ssize_t)sizeof(got) ? (int)got.ssi_signo : 0;
}
