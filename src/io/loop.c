#include "io/loop.h"

#include "io/world.h"

#include <assert.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void be_woken(void *self) {
    struct loop *l = self;
    uint64_t times;
    ssize_t got = read(l->wake, &times, sizeof(times));
    (void)got;
}

err loop_open(struct loop *l) {
    *l = (struct loop){.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    l->now = clock_steady();
    if (l->wake < 0)
        return err_make(ERR_SETUP, S("no descriptor for the event loop"));
    loop_watch(l, l->wake, be_woken, l);
    return OK_ERR;
}

void loop_watch(struct loop *l, int fd, void (*act)(void *self), void *self) {
    assert(l->count < LOOP_WATCHES);
    l->fds[l->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    l->watches[l->count] = (struct loop_watch){act, self};
    l->count++;
}

/* poll skips negative descriptors; the place stays, so a turn under way is not disturbed. */
void loop_forget(struct loop *l, int fd) {
    for (size_t i = 0; i < l->count; i++)
        if (l->fds[i].fd == fd)
            l->fds[i].fd = -1;
}

err loop_turn(struct loop *l, int wait_ms) {
    int ready = poll(l->fds, l->count, wait_ms);
    if (ready < 0)
        return errno == EINTR ? OK_ERR : err_make(ERR_SETUP, S("the event loop's poll failed"));
    l->now = clock_steady();
    for (size_t i = 0; ready > 0 && i < l->count; i++) {
        if (!l->fds[i].revents)
            continue;
        ready--;
        if (l->fds[i].fd >= 0)
            l->watches[i].act(l->watches[i].self);
    }
    return OK_ERR;
}

void loop_wake(struct loop *l) {
    uint64_t once = 1;
    ssize_t put = write(l->wake, &once, sizeof(once));
    (void)put;
}

void loop_close(struct loop *l) {
    if (l->wake >= 0)
        close(l->wake);
    l->wake = -1;
}
