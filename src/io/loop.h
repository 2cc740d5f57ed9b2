/* loop: waits for descriptors and calls who watches them, in one thread; any may wake it. */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include "base/err.h"

#include <poll.h>

enum { LOOP_WATCHES = 16 };

struct loop {
    struct pollfd fds[LOOP_WATCHES];
    struct loop_watch {
        void (*act)(void *self);
        void *self;
    } watches[LOOP_WATCHES];
    size_t count;
    int wake;
    int64_t now; /* steady; taken once a turn, before anybody is called */
};

MUST err loop_open(struct loop *l);
/* act(self) is called whenever fd is readable; it reads. At most LOOP_WATCHES - 1. */
void loop_watch(struct loop *l, int fd, void (*act)(void *self), void *self);
void loop_forget(struct loop *l, int fd);
/* Waits at most wait_ms (-1: for ever) and calls all that are ready, in the order of watching. */
MUST err loop_turn(struct loop *l, int wait_ms);
/* Any thread, also a signal handler. */
void loop_wake(struct loop *l);
void loop_close(struct loop *l);

#endif
