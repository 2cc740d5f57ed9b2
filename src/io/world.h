/* world: the clock, the dice, the environment, signals: the small doors. */
#ifndef IO_WORLD_H
#define IO_WORLD_H

#include "base/err.h"
#include "base/time.h"

instant clock_now(void);
/* Steady milliseconds, for durations. */
int64_t clock_steady(void);
/* The same in microseconds. */
int64_t clock_fine(void);
/* A descriptor that becomes readable every so many ms; clock_tick_read makes it wait again. */
MUST err clock_tick(int64_t every_ms, int *fd);
void clock_tick_read(int fd);
/* From getrandom, buffered per thread. */
uint64_t dice_throw(void);
void dice_fill(void *bytes, size_t size);
/* A credential ($CREDENTIALS_DIRECTORY/NAME, one trailing newline cut) or the environment;
 * ERR_ABSENT. */
MUST err world_secret(struct arena *mem, str name, str *out);
/* An eventfd-like descriptor that becomes readable on SIGTERM, SIGINT, SIGHUP (signalfd); the
 * signals are blocked for all threads made later. signal_read gives the number, 0 when none
 * waits. */
MUST err signal_open(int *fd);
int signal_read(int fd);

#endif
